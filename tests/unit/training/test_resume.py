"""Killed and resumed: a training ends with the same bits, or starts from scratch; never anything else."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch
from posner.config.compute import Compute
from posner.config.corpora import GeneratedCorpus
from posner.config.training import NerTraining, Training
from posner.config.variants import Variant
from posner.corpora.corpus import write_corpus
from posner.corpora.sources import load_corpus
from posner.model.checkpoint import Checkpoint
from posner.training.loop import Evaluation, TrainingResult, train
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.training.state import Step
from posner.workflow.options import flags
from tiny_models import (
    BASELINE,
    EARLIEST,
    LATE,
    build_model,
    checkpoint_of,
    make_sentences,
    make_tokenizer,
    save_encoder,
    to_examples,
)
from torch import Tensor

SETTINGS = Training(epochs=3, train_batch_size=4, learning_rate=5e-3, new_learning_rate=2e-2, warmup_ratio=0.25)
EXAMPLES = to_examples(make_sentences(14))  # 4 batches an epoch
STEPS = 12
EVERY = 3  # steps between evaluations


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]


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
    encoder: Path, variant: Variant, score: Callable[[Checkpoint], float], resume: Resume
) -> tuple[dict[str, Tensor], TrainingResult]:
    model = build_model(encoder, variant)
    with resume:
        trained = train(checkpoint_of(model), EXAMPLES, SETTINGS, 3, Evaluation(EVERY, score), resume)
    return model.state_dict(), trained


def rows(trained: TrainingResult) -> list[tuple[object, ...]]:
    """The history without the time it took."""
    return [(r.step, r.epoch, r.loss, r.learning_rate, r.score) for r in trained.history]


def same(one: tuple[dict[str, Tensor], TrainingResult], other: tuple[dict[str, Tensor], TrainingResult]) -> bool:
    equal = all(torch.equal(one[0][name], other[0][name]) for name in one[0].keys() | other[0].keys())
    return equal and rows(one[1]) == rows(other[1]) and one[1].best_step == other[1].best_step


def ask(number: int) -> Callable[[], None]:
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
def whole(encoders: dict[str, Path]) -> dict[Variant, tuple[dict[str, Tensor], TrainingResult]]:
    """Trainings that nothing stopped."""
    return {v: run(encoders["bert"], v, Scores(), NoResume()) for v in (BASELINE, LATE, EARLIEST)}


# --- in one process --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [BASELINE, LATE, EARLIEST], ids=["baseline", "late", "encoder"])
@pytest.mark.parametrize("step", [1, 3, 4, 11, 12])
def test_a_training_resumes_to_the_same_bits(
    bert: Path,
    tmp_path: Path,
    whole: dict[Variant, tuple[dict[str, Tensor], TrainingResult]],
    variant: Variant,
    step: int,
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(bert, variant, Scores(), StoppedAt(tmp_path / "state", step))
    assert stop.value.code == 128 + signal.SIGTERM
    torch.manual_seed(99)  # a new process has other random states
    resumed = run(bert, variant, Scores(), ResumeFolder(tmp_path / "state", "key", every=1e9))
    assert same(resumed, whole[variant])


def test_only_the_rest_is_trained(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        run(bert, BASELINE, Scores(), StoppedAt(tmp_path, 7))
    from posner.training import loop as training

    steps = []
    monkeypatch.setattr(training, "training_step", lambda *args: steps.append(1) or 0.5)
    run(bert, BASELINE, Scores(), ResumeFolder(tmp_path, "key", every=1e9))
    assert len(steps) == STEPS - 7


def test_an_evaluation_is_left_at_once_and_made_again(
    bert: Path, tmp_path: Path, whole: dict[Variant, tuple[dict[str, Tensor], TrainingResult]]
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(at=6, before=ask(signal.SIGTERM)), ResumeFolder(tmp_path, "key", every=1e9))
    resumed = run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9))
    assert same(resumed, whole[LATE])


def test_sigusr1_saves_and_goes_on(
    bert: Path, tmp_path: Path, whole: dict[Variant, tuple[dict[str, Tensor], TrainingResult]]
) -> None:
    finished = run(bert, LATE, Scores(), StoppedAt(tmp_path, 5, signal.SIGUSR1))
    assert same(finished, whole[LATE])
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), whole[LATE])
    snapshot = ResumeFolder(tmp_path, "key", every=1e9).load()
    assert snapshot is not None
    assert snapshot.values["progress"]["step"] == 5


def test_signals_are_left_as_they_were(bert: Path, tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)]
    run(bert, BASELINE, Scores(), ResumeFolder(tmp_path, "key", every=1e9))
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)] == before


def test_saving_changes_nothing_and_keeps_one_state(
    bert: Path, tmp_path: Path, whole: dict[Variant, tuple[dict[str, Tensor], TrainingResult]]
) -> None:
    state = ResumeFolder(tmp_path / "state", "key", every=0)
    assert same(run(bert, LATE, Scores(), state), whole[LATE])
    assert len(list((tmp_path / "state").iterdir())) == 2
    with ResumeFolder(tmp_path / "state", "key", every=0) as state:
        state.remove()
    assert not (tmp_path / "state").exists()


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
    whole: dict[Variant, tuple[dict[str, Tensor], TrainingResult]],
    damage: Callable[[Path], None],
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    damage(tmp_path)
    assert ResumeFolder(tmp_path, "key", every=1e9).load() is None
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), whole[LATE])


def test_a_state_that_cannot_be_saved_loses_nothing(
    bert: Path,
    tmp_path: Path,
    whole: dict[Variant, tuple[dict[str, Tensor], TrainingResult]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("posner.training.resume.save_file", fail)
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=0)), whole[LATE])
    assert "cannot be saved: no space left" in caplog.text


# --- processes -------------------------------------------------------------------------------------------------------

LONG = NerTraining(epochs=6, train_batch_size=8, learning_rate=5e-3, new_learning_rate=2e-2, eval_steps=25)
COMPARED = ["model/model.safetensors", "model/config.json", "predictions.parquet", "metrics.json"]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """The command line of a NER training of some seconds, which writes to a given folder."""
    folder = tmp_path_factory.mktemp("work")
    write_corpus(
        folder / "corpus", *load_corpus(GeneratedCorpus(source="generated", train=300, validation=40, test=40, seed=0))
    )
    make_tokenizer().save_pretrained(save_encoder(folder / "encoder", "bert"))
    settings = flags(
        seed=1,
        variant=LATE,
        training=LONG.model_copy(update={"max_length": 64}),
        compute=Compute(device="cpu", precision="fp32", threads=1),
    )

    def of(output: Path, *more: str) -> list[str]:
        paths = {"corpus": folder / "corpus", "encoder": folder / "encoder", "output": output}
        return [
            *(sys.executable, "-m", "posner", "train_ner", *settings, *more),
            *(f"--{name}={path}" for name, path in paths.items()),
        ]

    return of


@pytest.fixture(scope="module")
def uninterrupted(command: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("uninterrupted") / "run"
    subprocess.run(command(output), check=True, capture_output=True)
    return output


def assert_same_results(one: Path, other: Path) -> None:
    for name in COMPARED:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    histories = [pd.read_csv(folder / "model" / "history.csv").drop(columns="seconds") for folder in (one, other)]
    pd.testing.assert_frame_equal(*histories, check_exact=True)


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
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "resumed at step" in done.stderr
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
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "resumed at step" in done.stderr
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
    process = started_at_step_50(command(tmp_path / "run", f"--resume={state}", "--save-every=0.05"))
    (state / "lease.json").write_text("{}")
    before = (state / "state.json").read_bytes()
    printed = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert "another process has taken over" in printed
    assert not (tmp_path / "run").exists()
    assert json.loads(before) == json.loads((state / "state.json").read_bytes())


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
    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(command(tmp_path / "run"), capture_output=True, text=True, preexec_fn=full)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr or "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_a_folder_that_cannot_be_created_is_a_clear_error(command: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(command(tmp_path / "file" / "run"), capture_output=True, text=True)
    assert done.returncode == 2
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_record_names_all_that_the_result_depends_on(uninterrupted: Path) -> None:
    record = json.loads((uninterrupted / "model" / "provenance.json").read_text())
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
