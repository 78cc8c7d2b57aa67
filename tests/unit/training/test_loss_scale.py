"""The scale of the loss in fp16: that of torch's GradScaler, step by step."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from posner.model.device import Device
from posner.training import loss_scale
from posner.training.loss_scale import DynamicScale, LossScale
from posner.training.optimizer import SplitAdamW
from short_training import EXAMPLES, QUICK, weights
from tiny_models import checkpoint_of, make_model

CPU = torch.device("cpu")
INFINITY = float("inf")


@pytest.mark.parametrize("interval", [1, 3, 2000])
def test_the_scale_is_that_of_torch(interval: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_scale, "INTERVAL", interval)
    ours = DynamicScale(CPU)
    theirs = torch.amp.GradScaler("cpu", growth_interval=interval)
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=0.0)
    generator = torch.Generator().manual_seed(1)
    assert float(ours.value) == theirs.get_scale() == 2.0**16
    for _ in range(60):
        is_finite = bool(torch.rand((), generator=generator) < 0.8)
        theirs.scale(parameter.sum() * (1.0 if is_finite else INFINITY)).backward()
        theirs.step(optimizer)
        theirs.update()
        optimizer.zero_grad()
        ours.update(torch.tensor([is_finite]))
        assert float(ours.value) == theirs.get_scale()


def test_other_precisions_have_no_scale() -> None:
    for precision in ("fp32", "bf16"):
        scale = LossScale.of(precision, CPU)
        scale.update(torch.tensor([False]))
        assert (float(scale.value), scale.most_skipped, scale.tensors()) == (1.0, 0, {})
    assert LossScale.of("fp16", CPU).most_skipped == loss_scale.MOST_SKIPPED


def test_a_scaled_loss_gives_the_same_update(bert: Path) -> None:
    results = []
    for precision in ("fp32", "fp16"):
        model = make_model(bert).eval()
        optimizer = SplitAdamW(model, QUICK, 10, Device(CPU, precision))
        batch = checkpoint_of(model).collator(EXAMPLES)(range(4))
        norms = [
            optimizer.step(model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss) for _ in range(3)
        ]
        results.append((weights(model), torch.cat(norms)))
    (plain, norms), (scaled, other_norms) = results
    assert torch.allclose(norms, other_norms, rtol=1e-5)
    for name, value in plain.items():
        assert torch.allclose(value, scaled[name], rtol=1e-4, atol=1e-6), name


def test_a_training_goes_on_when_the_scale_is_low_enough(bert: Path) -> None:
    model = make_model(bert)
    optimizer = SplitAdamW(model, QUICK, 100, Device(CPU, "fp16"))
    optimizer.scale.value.fill_(2.0**80)  # with which the norm of the gradients overflows
    before = weights(model)["classifier.weight"]
    batch = checkpoint_of(model).collator(EXAMPLES)(range(4))
    finite = []
    for step in range(loss_scale.MOST_SKIPPED):
        norm = optimizer.step(model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss)
        finite.append(bool(norm.isfinite()))
        assert torch.equal(weights(model)["classifier.weight"], before) == (not any(finite)), step
    skipped = finite.index(True)
    assert 0 < skipped < loss_scale.MOST_SKIPPED
    assert all(finite[skipped:])
    assert {float(optimizer.adamw.state[p]["step"]) for p in optimizer.dense} == {loss_scale.MOST_SKIPPED - skipped}
