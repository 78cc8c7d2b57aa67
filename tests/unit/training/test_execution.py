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
from posner.model.device import Device, resolve
from posner.training import loop
from posner.training.execution import EagerExecution, Execution, GraphExecution, Widths, require_determinism
from posner.training.loop import Evaluation, train
from posner.training.optimizer import SplitAdamW
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.training.state import BestScore, Progress
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

    def __init__(self, with_graphs: bool, are_required: bool = False) -> None:
        self.with_graphs, self.are_required = with_graphs, are_required
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
        return GraphExecution(eager, progress, batch_size, self.graphs, self.are_required)


def run(
    model: Any,
    with_graphs: bool,
    monkeypatch: pytest.MonkeyPatch,
    resume: Resume | None = None,
    device: Device = CPU,
) -> tuple[dict[str, Tensor], list[Any], RecordedGraphs | None]:
    """Weights and history of a training that is evaluated between its steps, and its graphs."""
    setting = Setting(with_graphs)
    monkeypatch.setattr(loop, "make_execution", setting)
    evaluation = Evaluation(3, lambda checkpoint: float(np.tanh(checkpoint.predict(EXAMPLES).logits).mean()))
    with resume or NoResume() as storage:
        trained = train(checkpoint_of(model, device), EXAMPLES, SETTINGS, 3, evaluation, storage)
    rows = [(row.step, row.loss, row.learning_rate, row.score) for row in trained.history]
    return weights(model), rows, setting.graphs


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("variant", [BASELINE, LATE, LOGITS, LAST_LAYER, EARLIEST], ids=str)
def test_a_replayed_step_has_the_bits_of_an_eager_one(
    bert: Path, variant: Variant, attention: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, captured = (build_model(bert, variant, attention=attention) for _ in range(2))
    expected, history, _ = run(plain, False, monkeypatch)
    result, other_history, graphs = run(captured, True, monkeypatch)
    assert same(result, expected)
    assert other_history == history
    assert graphs is not None
    assert graphs.replays == 12, "three full batches in each of four epochs"
    assert 1 < graphs.captures < 6, "one graph for each width"


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_is_captured(bert: Path, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(torch.device("cpu"), precision)
    plain, captured = (build_model(bert, LAST_LAYER) for _ in range(2))
    expected, history, _ = run(plain, False, monkeypatch, device=device)
    result, other_history, graphs = run(captured, True, monkeypatch, device=device)
    assert same(result, expected)
    assert other_history == history
    assert graphs is not None
    assert graphs.replays == 12


@pytest.mark.parametrize("kind", ["distilbert", "roberta", "electra", "deberta-v2"])
def test_encoders_of_other_families_are_captured(
    encoders: dict[str, Path], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, captured = (build_model(encoders[kind], EARLIEST, attention="sdpa") for _ in range(2))
    expected, _, _ = run(plain, False, monkeypatch)
    result, _, graphs = run(captured, True, monkeypatch)
    assert same(result, expected)
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
    result, other_history, _ = run(build_model(bert, LATE), True, monkeypatch, ResumeFolder(tmp_path, "key", 1e9))
    assert same(result, expected)
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
    result, other_history, graphs = run(reading(), True, monkeypatch)
    assert same(result, expected)
    assert other_history == history
    assert graphs is not None
    assert (graphs.captures, graphs.replays) == (1, 0)
    lines = [line for line in caplog.messages if "eager" in line]
    reason = "_local_scalar_dense is not permitted when a stream is captured"
    assert lines == [f"the encoder cannot be captured as a CUDA graph ({reason}); eager steps, which are slower"]


def test_graphs_that_are_required_and_impossible_are_an_error(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model(bert)
    model.encoder.embeddings.register_forward_hook(lambda *_: torch.ones(1).tolist() and None)
    monkeypatch.setattr(loop, "make_execution", Setting(with_graphs=True, are_required=True))
    with pytest.raises(InputError, match=r"cannot be captured .tolist is not permitted"):
        train(checkpoint_of(model), EXAMPLES, SETTINGS, 3)
    assert model.encoder.get_input_embeddings().weight.requires_grad, "the model is as it was"


def test_operations_without_a_deterministic_version_are_reported(bert: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = build_model(bert)
    with SplitAdamW(model, SETTINGS, 8, CPU) as optimizer:
        progress = Progress(model, optimizer, 8, BestScore())
        before, started = weights(model), progress.started

        def step() -> None:
            model.classifier.weight.data.add_(1)
            if (
                torch.are_deterministic_algorithms_enabled()
                and not torch.is_deterministic_algorithms_warn_only_enabled()
            ):
                raise RuntimeError("some_operation does not have a deterministic implementation, but you set ...")

        try:
            require_determinism(progress, step)
            assert torch.is_deterministic_algorithms_warn_only_enabled()
            assert "may differ on a GPU: some_operation" in caplog.text
            require_determinism(progress, lambda: None)
            assert not torch.is_deterministic_algorithms_warn_only_enabled()
        finally:
            torch.use_deterministic_algorithms(False)
        assert same(weights(model), before)
        assert progress.started == started


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
    assert resolve(Compute(device="cpu", threads=1)).graphs == "off"
    assert resolve(Compute(device="cpu", threads=1, graphs="off")).graphs == "off"
    with pytest.raises(InputError, match="graphs: on needs a GPU"):
        resolve(Compute(device="cpu", threads=1, graphs="on"))


@pytest.mark.parametrize(("value", "word"), [(True, "on"), (False, "off"), ("auto", "auto")])
def test_yaml_reads_on_and_off_as_truth_values(value: bool | str, word: str) -> None:
    assert Compute.model_validate({"graphs": value}).graphs == word
