"""Stopped and resumed in one process: a training gives the same bits; signals, and states that cannot be saved."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch
from posner.config.variants import Variant
from posner.model.checkpoint import Checkpoint
from posner.training.resume import NoResume, ResumeFolder
from posner.training.step import TrainingStep
from stopped_trainings import STEPS, Scores, StoppedAt, Trained, run, same, send
from tiny_models import BASELINE, EARLIEST, LATE


@pytest.mark.parametrize("variant", [BASELINE, LATE, EARLIEST], ids=["baseline", "late", "encoder"])
@pytest.mark.parametrize("step", [1, 3, 4, 11, 12])
def test_a_training_resumes_to_the_same_bits(
    bert: Path,
    tmp_path: Path,
    uninterrupted: dict[Variant, Trained],
    variant: Variant,
    step: int,
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(bert, variant, Scores(), StoppedAt(tmp_path / "state", step))
    assert stop.value.code == 128 + signal.SIGTERM
    torch.manual_seed(99)  # a new process has other random states
    resumed = run(bert, variant, Scores(), ResumeFolder(tmp_path / "state", "key", every=1e9))
    assert same(resumed, uninterrupted[variant])


@pytest.mark.parametrize("step", [1, 4, 11])
def test_a_training_that_keeps_its_last_weights_resumes_as_well(bert: Path, tmp_path: Path, step: int) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path / "state", step), "last")
    resumed = run(bert, LATE, Scores(), ResumeFolder(tmp_path / "state", "key", every=1e9), "last")
    assert same(resumed, run(bert, LATE, Scores(), NoResume(), "last"))


class Reversed(Scores):
    """The opposite scores, of which the best one comes early."""

    def __call__(self, checkpoint: Checkpoint) -> float:
        return -super().__call__(checkpoint)


@pytest.mark.parametrize("step", [4, 11])
def test_the_best_weights_of_before_are_kept(bert: Path, tmp_path: Path, step: int) -> None:
    uninterrupted = run(bert, LATE, Reversed(), NoResume())
    assert uninterrupted[1].best_step <= 3
    with pytest.raises(SystemExit):
        run(bert, LATE, Reversed(), StoppedAt(tmp_path / "state", step))
    resumed = run(bert, LATE, Reversed(), ResumeFolder(tmp_path / "state", "key", every=1e9))
    assert same(resumed, uninterrupted)


def test_only_the_rest_is_trained(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        run(bert, BASELINE, Scores(), StoppedAt(tmp_path, 7))
    steps = []
    plain = TrainingStep.__call__
    monkeypatch.setattr(TrainingStep, "__call__", lambda *args: steps.append(1) or plain(*args))
    run(bert, BASELINE, Scores(), ResumeFolder(tmp_path, "key", every=1e9))
    assert len(steps) == STEPS - 7


def test_an_evaluation_is_left_at_once_and_made_again(
    bert: Path, tmp_path: Path, uninterrupted: dict[Variant, Trained]
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(at=6, before=send(signal.SIGTERM)), ResumeFolder(tmp_path, "key", every=1e9))
    resumed = run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9))
    assert same(resumed, uninterrupted[LATE])


def test_sigusr1_saves_and_goes_on(bert: Path, tmp_path: Path, uninterrupted: dict[Variant, Trained]) -> None:
    finished = run(bert, LATE, Scores(), StoppedAt(tmp_path, 5, signal.SIGUSR1))
    assert same(finished, uninterrupted[LATE])
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), uninterrupted[LATE])
    snapshot = ResumeFolder(tmp_path, "key", every=1e9).load()
    assert snapshot is not None
    assert snapshot.values["progress"]["step"] == 5


def test_signals_are_left_as_they_were(bert: Path, tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)]
    run(bert, BASELINE, Scores(), ResumeFolder(tmp_path, "key", every=1e9))
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)] == before


def test_saving_changes_nothing_and_keeps_one_state(
    bert: Path, tmp_path: Path, uninterrupted: dict[Variant, Trained]
) -> None:
    state = ResumeFolder(tmp_path / "state", "key", every=0)
    assert same(run(bert, LATE, Scores(), state), uninterrupted[LATE])
    assert len(list((tmp_path / "state").iterdir())) == 2
    with ResumeFolder(tmp_path / "state", "key", every=0) as state:
        state.remove()
    assert not (tmp_path / "state").exists()


def test_files_of_others_in_the_folder_stay(bert: Path, tmp_path: Path) -> None:
    foreign = ["model.safetensors", "notes.txt", "other.json", f"{'g' * 64}.safetensors"]
    for name in foreign:
        (tmp_path / name).write_text("mine")
    run(bert, BASELINE, Scores(), ResumeFolder(tmp_path, "key", every=0))
    assert len(list(tmp_path.iterdir())) == len(foreign) + 2
    with ResumeFolder(tmp_path, "key", every=0) as state:
        state.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(foreign)


@pytest.mark.parametrize("saved_again", [True, False])
def test_nothing_stays_of_a_state_that_was_not_completed(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved_again: bool
) -> None:
    def die(_: object, path: Path, **__: object) -> None:
        (path.parent / ".tmpA1b2C3").write_bytes(b"a part of the tensors")  # as safetensors names it
        raise KeyboardInterrupt

    monkeypatch.setattr("posner.training.resume.save_file", die)
    with pytest.raises(KeyboardInterrupt):
        run(bert, LATE, Scores(), ResumeFolder(tmp_path / "state", "key", every=0))
    assert list((tmp_path / "state").rglob(".tmp*"))
    (tmp_path / "state" / f"{'a' * 32}.safetensors").write_bytes(b"an unfinished file of an earlier version")
    monkeypatch.undo()
    if saved_again:
        run(bert, LATE, Scores(), ResumeFolder(tmp_path / "state", "key", every=0))
        assert len(list((tmp_path / "state").iterdir())) == 2, "the next state takes the place of the unfinished one"
    with ResumeFolder(tmp_path / "state", "key", every=1e9) as state:
        state.remove()
    assert not (tmp_path / "state").exists()


def test_a_hangup_saves_the_state(bert: Path, tmp_path: Path, uninterrupted: dict[Variant, Trained]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may run under nohup
    with pytest.raises(SystemExit) as stop:
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7, signal.SIGHUP))
    assert stop.value.code == 128 + signal.SIGHUP
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), uninterrupted[LATE])


def test_nohup_is_respected(bert: Path, tmp_path: Path, uninterrupted: dict[Variant, Trained]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert same(run(bert, LATE, Scores(), StoppedAt(tmp_path, 7, signal.SIGHUP)), uninterrupted[LATE])
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_state_that_cannot_be_saved_loses_nothing(
    bert: Path,
    tmp_path: Path,
    uninterrupted: dict[Variant, Trained],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("posner.training.resume.save_file", fail)
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=0)), uninterrupted[LATE])
    assert "cannot be saved: no space left" in caplog.text
