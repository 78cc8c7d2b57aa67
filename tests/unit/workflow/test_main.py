"""``posner`` without a command: help is complete and fast, and needs no installed package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from posner.__main__ import main, overview
from posner.commands.names import COMMANDS

CHECKOUT = Path(__file__).parents[3]
SOURCES = CHECKOUT / "workflow_scripts"
POSNER = [sys.executable, "-m", "posner"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(SOURCES)}


def test_help_lists_every_command_with_a_sentence() -> None:
    lines = list(overview())
    for group, names in COMMANDS.items():
        assert f"\n{group.replace('_', ' ')}:" in lines
        for name in names:
            (line,) = [line for line in lines if line.split()[:1] == [name]]
            sentence = line.split(maxsplit=1)[1]
            assert sentence.endswith(".")
            assert sentence[0].isupper()


def test_help_takes_less_than_half_a_second_of_cpu() -> None:
    def spent() -> float:
        before = os.times()
        subprocess.run([*POSNER, "--help"], env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(spent() for _ in range(3)) < 0.5


def test_help_and_version_need_no_installed_package() -> None:
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-S", "-m", "posner", option], env=ENVIRONMENT, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "posner" in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["prepare_corpus", "--help"]])
def test_a_closed_pipe_is_no_traceback(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*POSNER, *arguments], env=ENVIRONMENT, stdout=writing, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writing)
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", ["--help", "--version", "assign_folds --help"])
@pytest.mark.parametrize(("stream", "reason"), [(">&-", "Bad file descriptor"), ("> /dev/full", "No space left")])
def test_an_output_that_cannot_be_written_is_one_line(arguments: str, stream: str, reason: str) -> None:
    done = shell(f"{arguments} {stream}")
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output cannot be written: ")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_work_without_output_needs_no_streams(tmp_path: Path) -> None:
    output = tmp_path / "schema.json"
    assert shell(f"write_schema --output {output} <&- >&- 2>&-").returncode == 0
    assert output.is_file()
    assert shell("--bad 2>&-").returncode == 2
    failed = shell("assign_folds --train no --folds 3 --fold-seed 1 --output x > /dev/full")
    assert (failed.returncode, len(failed.stderr.splitlines())) == (2, 1)


def shell(command: str) -> subprocess.CompletedProcess[str]:
    text = f"{sys.executable} -m posner {command}"
    return subprocess.run(["/bin/sh", "-c", text], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def test_an_unknown_command_is_one_line_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train_nerr"])
    assert caught.value.code == 2
    error, *usage = capsys.readouterr().err.splitlines()
    assert error == "error: unknown command 'train_nerr'; did you mean 'train_ner'?"
    assert usage[0].startswith("usage: posner COMMAND")


def test_help_of_a_command_shows_its_usage() -> None:
    done = subprocess.run([*POSNER, "assign_folds", "--help"], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stdout.startswith("usage: posner assign_folds ")
    assert "--folds VALUE" in done.stdout
