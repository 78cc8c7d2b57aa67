"""Command lines through a real shell: names with special characters, and errors without a traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from posner.corpora.corpus import read_split
from posner.workflow.command import Command, Folder
from posner.workflow.options import parse
from pydantic import Field

ROOT = Path(__file__).parents[3]


def shell(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    line = shlex.join([sys.executable, "-m", "posner", "prepare_corpus", *arguments])
    return subprocess.run(
        ["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}
    )


def test_names_with_spaces_and_shell_characters(tmp_path: Path) -> None:
    folder = tmp_path / "a b; echo $HOME `id` 'q' \"p\" *é"
    folder.mkdir()
    for split in ("train", "validation", "test"):
        (folder / f"-{split} &").write_text(
            "\n".join(f"Ann{i} NNP - I-PER\n{split}{i} NN - O\nruns VBZ - O\n" for i in range(40))
        )
    arguments = [
        *("--corpus.source", "columns"),
        *(
            part
            for split in ("train", "validation", "test")
            for part in (f"--corpus.{split}", str(folder / f"-{split} &"))
        ),
        *("--output", str(folder / "out $(x)")),
    ]
    done = shell(arguments)
    assert done.returncode == 0, done.stderr
    assert "train 40 sentences, 120 tokens" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert read_split(folder / "out $(x)" / "train.parquet")[0].tokens == ("Ann0", "train0", "runs")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [
                "--corpus.source",
                "columns",
                "--corpus.train",
                "no/a",
                "--corpus.validation",
                "no/b",
                "--corpus.test",
                "no/c",
            ],
            "error: no/a: no such file",
        ),
        (["--corpus.source", "disk", "--corpus.path", "no/folder"], "error: no/folder: no such folder"),
        (["--corpus.source", "generated", "--corpus.train", "0"], "error: --corpus.train: Input should be greater"),
    ],
)
def test_bad_input_is_a_message_without_a_traceback(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = shell([*arguments, "--output", str(tmp_path / "out")])
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("out/*"))


def test_a_folder_may_be_named_by_a_file_in_it(tmp_path: Path) -> None:
    class Reads(Command):
        corpus: Folder = Field(description="Folder.")

        def execute(self) -> None: ...

    (tmp_path / "corpus.json").touch()
    for named in (tmp_path, tmp_path / "corpus.json"):
        assert parse(Reads, [f"--corpus={named}"]).corpus == tmp_path
    assert parse(Reads, ["--corpus=not/there"]).corpus == Path("not/there")
