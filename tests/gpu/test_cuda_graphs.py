"""CUDA graphs on a GPU; skipped without one. The same on a CPU, with recorded operations: tests/unit/training."""

from __future__ import annotations

import logging
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from posner.config.compute import Compute
from posner.model.device import Device, resolve
from posner.training.execution import CudaGraphs, Operations
from posner.training.loop import Evaluation, train
from posner.training.resume import NoResume, Resume, ResumeFolder
from short_training import QUICK, weights
from tiny_models import BASELINE, EARLIEST, LATE, build_model, checkpoint_of, make_sentences, to_examples
from torch import Tensor

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
EXAMPLES = to_examples(make_sentences(30))
SETTINGS = QUICK.model_copy(update={"epochs": 4})


@pytest.fixture(scope="module")
def gpu() -> Device:
    return resolve(Compute(device="cuda", attention="sdpa"))


def run(model: Any, device: Device, resume: Resume | None = None) -> tuple[dict[str, Tensor], list[float]]:
    """Weights and losses of a training."""
    evaluation = Evaluation(5, lambda checkpoint: float(checkpoint.predict(EXAMPLES).logits.mean()))
    with resume or NoResume() as storage:
        trained = train(checkpoint_of(model, device), EXAMPLES, SETTINGS, 3, evaluation, storage)
    return {name: value.cpu() for name, value in weights(model).items()}, [row.loss for row in trained.history]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("precision", ["bf16", "fp16", "fp32"])
@pytest.mark.parametrize("variant", [BASELINE, LATE, EARLIEST], ids=str)
def test_a_training_gives_the_same_bits_twice(
    encoders: dict[str, Path], gpu: Device, variant: Any, precision: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="posner")
    device = replace(gpu, precision=precision)
    (one, losses), (other, same_losses) = (run(build_model(encoders["bert"], variant), device) for _ in range(2))
    assert same(one, other)
    assert losses == same_losses
    assert "cannot be captured" not in caplog.text
    assert "may differ" not in caplog.text


def test_graphs_and_eager_steps_learn_the_same(encoders: dict[str, Path], gpu: Device) -> None:
    eager = replace(gpu, graphs="off", precision="fp32")
    plain = build_model(encoders["bert"], LATE)
    captured = build_model(encoders["bert"], LATE)
    for model in (plain, captured):
        model.config.encoder["hidden_dropout_prob"] = 0.0
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
    expected, losses = run(plain, eager)
    result, other_losses = run(captured, replace(eager, graphs="on"))
    assert other_losses == pytest.approx(losses, rel=1e-2)
    assert all(torch.allclose(result[name], expected[name], atol=1e-2) for name in expected)


@pytest.mark.parametrize("step", [1, 9, 20])
def test_a_training_resumes_to_the_same_bits(encoders: dict[str, Path], gpu: Device, tmp_path: Path, step: int) -> None:
    class Stopped(ResumeFolder):
        def after_step(self, work: Any) -> None:
            if work.step == step:
                signal.raise_signal(signal.SIGTERM)
            super().after_step(work)

    expected, losses = run(build_model(encoders["bert"], LATE), gpu)
    with pytest.raises(SystemExit):
        run(build_model(encoders["bert"], LATE), gpu, Stopped(tmp_path, "key", 1e9))
    result, other_losses = run(build_model(encoders["bert"], LATE), gpu, ResumeFolder(tmp_path, "key", 1e9))
    assert same(result, expected)
    assert other_losses == losses


def test_a_replayed_step_does_not_wait_for_the_gpu(
    encoders: dict[str, Path], gpu: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, replays = CudaGraphs.capture, []

    def capture(self: CudaGraphs, run: Operations) -> Operations:
        replay = plain(self, run)

        def watched() -> None:
            torch.cuda.set_sync_debug_mode("error")
            try:
                replay()
            finally:
                torch.cuda.set_sync_debug_mode("default")
            replays.append(1)

        return watched

    monkeypatch.setattr(CudaGraphs, "capture", capture)
    run(build_model(encoders["bert"], EARLIEST), gpu)
    assert len(replays) == 4 * (len(EXAMPLES) // SETTINGS.train_batch_size)


def test_an_encoder_that_reads_from_the_gpu_is_trained_eagerly(
    encoders: dict[str, Path], gpu: Device, caplog: pytest.LogCaptureFixture
) -> None:
    results = []
    for graphs in ("off", "auto"):
        model = build_model(encoders["bert"], LATE)
        model.encoder.embeddings.register_forward_hook(lambda _, __, rows: bool(rows.sum() > 0) and None)
        results.append(run(model, replace(gpu, graphs=graphs))[0])
    assert same(*results)
    assert "cannot be captured as a CUDA graph" in caplog.text
