"""Stopped and resumed in one process: a training gives the same bits, or starts afresh if its state is damaged."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from posner.config.training import Kept, Training
from posner.config.variants import Variant
from posner.files import sha256
from posner.model.checkpoint import Checkpoint
from posner.training.loop import Evaluation, TrainingResult, train
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.training.state import Step
from posner.training.step import TrainingStep
from safetensors import safe_open
from safetensors.torch import save_file
from tiny_models import BASELINE, EARLIEST, LATE, build_model, checkpoint_of, make_sentences, to_examples
from torch import Tensor

SETTINGS = Training(epochs=3, train_batch_size=4, learning_rate=5e-3, new_learning_rate=2e-2, warmup_ratio=0.25)
EXAMPLES = to_examples(make_sentences(14))  # 4 batches an epoch
STEPS = 12
EVERY = 3  # steps between evaluations

Trained = tuple[dict[str, Tensor], TrainingResult]  # weights, and what the training reports


class Scores:
    """A score that depends on the weights, and runs `before` in the evaluation at one step."""

    def __init__(self, at: int = 0, before: Callable[[], None] = lambda: None) -> None:
        self.at, self.before, self.step = at, before, 0

    def __call__(self, checkpoint: Checkpoint) -> float:
        self.step += EVERY
        if self.step == self.at:
            self.before()
        return float(checkpoint.model.classifier.weight.detach().sum().sin())


def run(
    encoder: Path, variant: Variant, score: Callable[[Checkpoint], float], resume: Resume, kept: Kept = "best"
) -> Trained:
    model = build_model(encoder, variant)
    with resume:
        trained = train(checkpoint_of(model), EXAMPLES, SETTINGS, 3, Evaluation(EVERY, score, kept), resume)
    return model.state_dict(), trained


def history(trained: TrainingResult) -> list[tuple[object, ...]]:
    """The history without the time it took."""
    return [(r.step, r.epoch, r.loss, r.learning_rate, r.score) for r in trained.history]


def same(one: Trained, other: Trained) -> bool:
    equal = all(torch.equal(one[0][name], other[0][name]) for name in one[0].keys() | other[0].keys())
    return equal and history(one[1]) == history(other[1]) and one[1].best_step == other[1].best_step


def send(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


class StoppedAt(ResumeFolder):
    """A state that is asked to stop after one step."""

    def __init__(self, folder: Path, step: int, number: int = signal.SIGTERM) -> None:
        super().__init__(folder, "key", every=1e9)
        self.step, self.number = step, number

    def after_step(self, work: Step) -> None:  # type: ignore[override]
        if work.step == self.step:
            os.kill(os.getpid(), self.number)
        super().after_step(work)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def uninterrupted(encoders: dict[str, Path]) -> dict[Variant, Trained]:
    """Trainings that nothing stopped."""
    return {v: run(encoders["bert"], v, Scores(), NoResume()) for v in (BASELINE, LATE, EARLIEST)}


# --- a training that is stopped --------------------------------------------------------------------------------------


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


# --- states that are not used ----------------------------------------------------------------------------------------


def flip_a_byte(folder: Path) -> None:
    path = next(folder.glob("*.safetensors"))
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(raw)


def cut(folder: Path) -> None:
    path = next(folder.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:1000])


def lose_tensors(folder: Path) -> None:
    next(folder.glob("*.safetensors")).unlink()


def scribble(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "state.json").write_text(text) and None


def of_other_work(folder: Path) -> None:
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps(state | {"key": "other"}))


@pytest.mark.parametrize(
    "damage",
    [flip_a_byte, cut, lose_tensors, of_other_work, scribble("{"), scribble("[]"), scribble('{"key": "key"}')],
)
def test_a_damaged_state_or_one_of_other_work_is_ignored(
    bert: Path,
    tmp_path: Path,
    uninterrupted: dict[Variant, Trained],
    damage: Callable[[Path], None],
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    damage(tmp_path)
    assert ResumeFolder(tmp_path, "key", every=1e9).load() is None
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), uninterrupted[LATE])


def rewritten(edit: Callable[[dict[str, Tensor], dict[str, Any]], None]) -> Callable[[Path], None]:
    """An edit of tensors and values after which all hashes of the state fit again."""

    def rewrite(folder: Path) -> None:
        path = next(folder.glob("*.safetensors"))
        with safe_open(path, framework="pt") as file:
            values = json.loads(file.metadata()["values"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        edit(tensors, values)
        save_file(tensors, path, metadata={"values": json.dumps(values), "names": json.dumps(sorted(tensors))})
        new = path.rename(folder / f"{sha256(path)}.safetensors")
        (folder / "state.json").write_text(json.dumps({"key": "key", "sha256": new.stem}))

    return rewrite


def widen(tensors: dict[str, Tensor], _: dict[str, Any]) -> None:
    tensors["model/classifier.weight"] = torch.zeros(3, 3)


@pytest.mark.parametrize(
    "edit",
    [
        lambda tensors, _: tensors.pop("model/classifier.weight"),
        widen,
        lambda _, values: values["progress"].update(step=STEPS + 1),
        lambda _, values: values["progress"].update(step=-1),
        lambda _, values: values["progress"].update(step="7"),
        lambda _, values: values.pop("best"),
        lambda tensors, _: tensors.pop("optimizer/taken"),
        lambda tensors, _: tensors.update({"optimizer/taken": torch.tensor(7)}),  # would be broadcast
        lambda tensors, _: tensors.update({"progress/cpu": torch.zeros(3, dtype=torch.uint8)}),
    ],
    ids=[
        "missing tensor",
        "shape",
        "after the end",
        "negative",
        "no number",
        "missing part",
        "optimizer",
        "scalar",
        "random",
    ],
)
def test_a_state_that_does_not_fit_is_ignored_and_reported(
    bert: Path,
    tmp_path: Path,
    uninterrupted: dict[Variant, Trained],
    caplog: pytest.LogCaptureFixture,
    edit: Callable[[dict[str, Tensor], dict[str, Any]], None],
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    rewritten(edit)(tmp_path)
    caplog.set_level("INFO")
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), uninterrupted[LATE])
    assert "starting from scratch" in caplog.text
    assert "resumed" not in caplog.text


def test_a_lost_tensor_of_the_optimizer_is_noticed(bert: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    path = next(tmp_path.glob("*.safetensors"))
    with safe_open(path, framework="pt") as file:
        metadata, names = file.metadata(), file.keys()
        lost = next(name for name in names if name.startswith("optimizer/"))
        tensors = {name: file.get_tensor(name) for name in names if name != lost}
    save_file(tensors, path, metadata=metadata)
    new = path.rename(tmp_path / f"{sha256(path)}.safetensors")
    (tmp_path / "state.json").write_text(json.dumps({"key": "key", "sha256": new.stem}))
    assert ResumeFolder(tmp_path, "key", every=1e9).load() is None


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
