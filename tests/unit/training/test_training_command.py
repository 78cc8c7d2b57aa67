"""A training in a process of its own: killed or stopped at any moment, run twice, or without space on the disk."""

from __future__ import annotations

import json
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from training_command import LONG, assert_same_results, training_command


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    return training_command(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def uninterrupted(command: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("uninterrupted") / "run"
    subprocess.run(command(output), check=True, capture_output=True)
    return output


@pytest.mark.slow
@pytest.mark.parametrize("chance", [1, 2, 3])
def test_killed_at_any_moment_it_ends_with_the_same_bits(
    command: Callable[..., list[str]], uninterrupted: Path, tmp_path: Path, chance: int
) -> None:
    output, state = tmp_path / "run", tmp_path / "state"
    arguments = command(output, f"--resume={state}", "--save-every=0.05")
    wait = random.Random(chance)
    for _ in range(3):
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
        before = (state / "state.json").stat().st_mtime_ns if state.exists() else 0
        while process.poll() is None and not is_newer(state / "state.json", before):
            time.sleep(0.01)
        time.sleep(wait.uniform(0, 0.7))
        process.kill()
        process.communicate()
    completed = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "resumed at step" in completed.stderr
    assert_same_results(output, uninterrupted)
    assert not state.exists()


def is_newer(path: Path, than: int) -> bool:
    """Whether a file was written after `than`, in ns."""
    try:
        return path.stat().st_mtime_ns > than
    except FileNotFoundError:
        return False


def started_at_step_50(arguments: Sequence[str]) -> subprocess.Popen[str]:
    """A training that has reached step 50."""
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "step 50/" not in process.stderr.readline():
        assert process.poll() is None
    return process


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_before_the_end(
    command: Callable[..., list[str]], uninterrupted: Path, tmp_path: Path, number: int
) -> None:
    arguments = command(tmp_path / "run", f"--resume={tmp_path / 'state'}")
    process = started_at_step_50(arguments)
    process.send_signal(number)
    printed = process.communicate()[1]
    assert process.returncode == 128 + number
    assert "the same command resumes from there" in printed
    assert not (tmp_path / "run").exists()
    completed = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "resumed at step" in completed.stderr
    assert_same_results(tmp_path / "run", uninterrupted)


@pytest.mark.slow
def test_a_second_training_stops_the_first_and_resumes_it(
    command: Callable[..., list[str]], uninterrupted: Path, tmp_path: Path
) -> None:
    arguments = command(tmp_path / "run", f"--resume={tmp_path / 'state'}")
    first = started_at_step_50(arguments)
    first.send_signal(signal.SIGSTOP)  # it does not end before the second starts
    second = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    assert second.stderr is not None
    while f"process {first.pid} on" not in second.stderr.readline():
        assert second.poll() is None
    first.send_signal(signal.SIGCONT)
    first.communicate()
    assert first.returncode == 128 + signal.SIGTERM
    assert "resumed at step" in second.communicate()[1]
    assert second.returncode == 0
    assert_same_results(tmp_path / "run", uninterrupted)
    assert not (tmp_path / "state").exists()


@pytest.mark.slow
def test_a_training_that_lost_its_lease_writes_nothing(command: Callable[..., list[str]], tmp_path: Path) -> None:
    state = tmp_path / "state"
    process = started_at_step_50(command(tmp_path / "run", f"--resume={state}"))
    process.send_signal(signal.SIGSTOP)  # it saves on request only, so no save is under way
    assert not (tmp_path / "run").exists()
    (state / "state.json").write_text('{"of": "the other process"}')
    (state / "lease.json").write_text("{}")
    process.send_signal(signal.SIGUSR1)
    process.send_signal(signal.SIGCONT)
    printed = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert "another process has taken over" in printed
    assert not (tmp_path / "run").exists()
    assert (state / "state.json").read_text() == '{"of": "the other process"}'


@pytest.mark.slow
def test_a_training_that_lost_its_lease_to_one_that_has_finished_ends_without_an_error(
    command: Callable[..., list[str]], uninterrupted: Path, tmp_path: Path
) -> None:
    """Else its Snakemake would remove the results of the other one."""
    state = tmp_path / "state"
    process = started_at_step_50(command(tmp_path / "run", f"--resume={state}"))
    process.send_signal(signal.SIGSTOP)
    shutil.copytree(uninterrupted, tmp_path / "run")
    (state / "lease.json").write_text("{}")
    process.send_signal(signal.SIGUSR1)
    process.send_signal(signal.SIGCONT)
    printed = process.communicate(timeout=60)[1]
    assert process.returncode == 0, printed
    assert "another process has taken over" in printed
    assert_same_results(tmp_path / "run", uninterrupted)


@pytest.mark.slow
def test_a_finished_training_is_not_repeated(
    command: Callable[..., list[str]], uninterrupted: Path, tmp_path: Path
) -> None:
    shutil.copytree(uninterrupted, tmp_path / "run")
    dates = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    arguments = command(tmp_path / "run", f"--resume={tmp_path / 'state'}")
    again = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "nothing to do" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == dates
    (tmp_path / "run" / "metrics.json").unlink()
    again = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "step 50/" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20_000, 1_000])  # bytes: less than the model, and than any file
def test_a_full_disk_is_a_clear_error_and_leaves_nothing(
    command: Callable[..., list[str]], tmp_path: Path, limit: int
) -> None:
    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    completed = subprocess.run(command(tmp_path / "run"), capture_output=True, text=True, preexec_fn=limit_file_size)
    assert completed.returncode == 2
    assert "cannot be written" in completed.stderr or "File too large" in completed.stderr
    assert "Traceback" not in completed.stderr
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_a_folder_that_cannot_be_created_is_a_clear_error(command: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    completed = subprocess.run(command(tmp_path / "file" / "run"), capture_output=True, text=True)
    assert completed.returncode == 2
    assert str(tmp_path / "file") in completed.stderr
    assert "Traceback" not in completed.stderr


@pytest.mark.slow
def test_the_record_names_all_that_the_result_depends_on(uninterrupted: Path) -> None:
    record = json.loads((uninterrupted / "provenance.json").read_text())
    assert record["settings"]["training"]["eval_steps"] == LONG.eval_steps
    assert [Path(name).name for name in record["inputs"]][:2] == ["corpus.json", "train.parquet"]
    assert record["packages"]["torch"] == torch.__version__
    assert record["device"].startswith("cpu ")
    assert record["seconds"] > 0
    assert not {"output", "resume", "save_every"} & record["settings"].keys()


def changed(command: Sequence[str], old: str, new: str) -> list[str]:
    assert any(old in part for part in command)
    return [part.replace(old, new) for part in command]


@pytest.mark.slow
def test_a_state_of_other_settings_is_not_resumed(command: Callable[..., list[str]], tmp_path: Path) -> None:
    arguments = command(tmp_path / "run", f"--resume={tmp_path / 'state'}")
    process = started_at_step_50(arguments)
    process.terminate()
    process.communicate()
    other = subprocess.run(changed(arguments, "--seed=1", "--seed=2"), check=True, capture_output=True, text=True)
    assert "starting from scratch" in other.stderr
    assert "resumed" not in other.stderr
