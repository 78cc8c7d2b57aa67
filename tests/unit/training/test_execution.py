"""Steps as graphs: the same bits as eager steps, for every kind of model; eager steps where no graph is possible."""

from __future__ import annotations

import logging
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from posner.config.compute import Compute
from posner.config.variants import Variant
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.training import loop
from posner.training.execution import EagerExecution, Execution, GraphExecution, Widths
from posner.training.loop import train
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.training.state import Progress
from posner.training.step import TrainingStep
from recorded_graphs import RecordedGraphs
from short_training import QUICK, weights
from tiny_models import (
    BASELINE,
    CPU,
    EARLIEST,
    LAST_LAYER,
    LATE,
    build_model,
    checkpoint_of,
    make_sentences,
    to_examples,
)
from torch import Tensor

LOGITS = Variant(fusion="late", pos="gold", feature="trainable_embed")
EXAMPLES = to_examples(make_sentences(14))  # 4 batches an epoch, the last of which is short
SETTINGS = QUICK.model_copy(update={"epochs": 4})


class Setting:
    """Makes executions that pad to multiples of 4 pieces, with or without graphs."""

    def __init__(self, with_graphs: bool) -> None:
        self.with_graphs = with_graphs
        self.graphs: RecordedGraphs | None = None

    def __call__(
        self, step: TrainingStep, checkpoint: Checkpoint, progress: Progress, lengths: np.ndarray, batch_size: int
    ) -> Execution:
        def tensors() -> list[Tensor]:
            state = progress.optimizer.tensors().values()
            return [*checkpoint.model.state_dict().values(), *state, progress.record.values, progress.optimizer.rate]

        eager = EagerExecution(step, Widths(lengths, checkpoint.max_length, 4), CPU.device)
        if not self.with_graphs:
            return eager
        self.graphs = RecordedGraphs(tensors)
        return GraphExecution(eager, progress, batch_size, self.graphs)


def run(
    model: Any, with_graphs: bool, monkeypatch: pytest.MonkeyPatch, resume: Resume | None = None
) -> tuple[dict[str, Tensor], list[Any], RecordedGraphs | None]:
    """Weights and history of a training, and its graphs."""
    setting = Setting(with_graphs)
    monkeypatch.setattr(loop, "make_execution", setting)
    with resume or NoResume() as storage:
        trained = train(checkpoint_of(model), EXAMPLES, SETTINGS, 3, None, storage)
    return weights(model), [(row.step, row.loss, row.learning_rate) for row in trained.history], setting.graphs


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("variant", [BASELINE, LATE, LOGITS, LAST_LAYER, EARLIEST], ids=str)
def test_a_replayed_step_has_the_bits_of_an_eager_one(
    bert: Path, variant: Variant, attention: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, captured = (build_model(bert, variant, attention=attention) for _ in range(2))
    expected, history, _ = run(plain, False, monkeypatch)
    found, other_history, graphs = run(captured, True, monkeypatch)
    assert same(found, expected)
    assert other_history == history
    assert graphs is not None
    assert graphs.replays == 12, "three full batches in each of four epochs"
    assert 1 < graphs.captures < 6, "one graph for each width"


@pytest.mark.parametrize("kind", ["distilbert", "roberta", "electra"])
def test_encoders_of_other_families_are_captured(
    encoders: dict[str, Path], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, captured = (build_model(encoders[kind], EARLIEST, attention="sdpa") for _ in range(2))
    expected, _, _ = run(plain, False, monkeypatch)
    found, _, graphs = run(captured, True, monkeypatch)
    assert same(found, expected)
    assert graphs is not None
    assert graphs.replays == 12


@pytest.mark.parametrize("step", [1, 5, 8, 15])
def test_a_training_with_graphs_resumes_to_the_same_bits(
    bert: Path, tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, history, _ = run(build_model(bert, LATE), True, monkeypatch)

    class Stopped(ResumeFolder):
        def after_step(self, work: Any) -> None:
            if work.step == step:
                signal.raise_signal(signal.SIGTERM)
            super().after_step(work)

    with pytest.raises(SystemExit):
        run(build_model(bert, LATE), True, monkeypatch, Stopped(tmp_path, "key", 1e9))
    torch.manual_seed(99)  # a new process has other random states
    found, other_history, _ = run(build_model(bert, LATE), True, monkeypatch, ResumeFolder(tmp_path, "key", 1e9))
    assert same(found, expected)
    assert other_history == history


def test_an_encoder_that_reads_from_the_device_is_trained_eagerly(
    bert: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def reading() -> Any:
        model = build_model(bert, LATE)
        model.encoder.embeddings.register_forward_hook(lambda *_: bool(torch.ones(1).sum() > 0) and None)
        return model

    caplog.set_level(logging.INFO, logger="posner")
    expected, history, _ = run(reading(), False, monkeypatch)
    caplog.clear()
    found, other_history, graphs = run(reading(), True, monkeypatch)
    assert same(found, expected)
    assert other_history == history
    assert graphs is not None
    assert (graphs.captures, graphs.replays) == (1, 0)
    lines = [line for line in caplog.messages if "eager" in line]
    reason = "_local_scalar_dense is not permitted when a stream is captured"
    assert lines == [f"the encoder cannot be captured as a CUDA graph ({reason}); eager steps, which are slower"]


def test_the_graphs_of_these_tests_freeze_what_python_computes() -> None:
    """Else the tests above would pass with a step that counts in Python."""
    total, counter = torch.zeros(1), iter(range(1, 9))
    replay = RecordedGraphs(lambda: [total]).capture(lambda: total.add_(next(counter)))
    assert total.item() == 0
    for expected in (1, 2, 3):
        replay()
        assert total.item() == expected


def test_a_training_set_smaller_than_a_batch_needs_no_graph(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "SETTINGS", QUICK.model_copy(update={"train_batch_size": 64}))
    _, _, graphs = run(build_model(bert), True, monkeypatch)
    assert graphs is not None
    assert (graphs.captures, graphs.replays, graphs.warm_ups) == (0, 0, 0)


def test_widths_are_multiples_within_the_longest_input() -> None:
    lengths = np.array([3, 8, 9, 17, 20])
    widths = Widths(lengths, longest=20, multiple=8)
    assert [widths([i]) for i in range(5)] == [8, 8, 16, 20, 20]
    assert widths([0, 2, 1]) == 16
    assert [Widths(lengths, 20, 1)([i]) for i in range(5)] == lengths.tolist()


def test_graphs_need_a_gpu() -> None:
    assert not resolve(Compute(device="cpu", threads=1)).graphs
    assert not resolve(Compute(device="cpu", threads=1, graphs="off")).graphs
    with pytest.raises(InputError, match="graphs: on needs a GPU"):
        resolve(Compute(device="cpu", threads=1, graphs="on"))


@pytest.mark.parametrize(("value", "word"), [(True, "on"), (False, "off"), ("auto", "auto")])
def test_yaml_reads_on_and_off_as_truth_values(value: bool | str, word: str) -> None:
    assert Compute.model_validate({"graphs": value}).graphs == word
