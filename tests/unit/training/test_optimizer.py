"""The optimizer: AdamW that updates only the word embeddings of a batch, with clipping and a linear schedule."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
import torch
from posner.config.training import Training
from posner.model.batching import Batch, Collator
from posner.model.modeling import NEW, PosNerModel
from posner.training.loop import train
from posner.training.optimizer import SplitAdamW, linear_schedule
from short_training import EXAMPLES, QUICK, weights
from tiny_models import CPU, EARLIEST, LATE, checkpoint_of, make_model
from torch import Tensor, nn
from transformers import get_linear_schedule_with_warmup

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def batches() -> list[Batch]:
    collate = Collator(EXAMPLES, 0, CPU.device)
    return [collate(range(start, start + 3)) for start in (0, 3, 6, 9, 0)]


def loss_of(model: nn.Module, batch: Batch) -> Tensor:
    return model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss


def words_of(model: PosNerModel) -> nn.Parameter:
    return model.encoder.get_input_embeddings().weight


class Rows:
    """Textbook Adam in float64, on the rows of a matrix that a batch uses."""

    def __init__(self, matrix: Tensor) -> None:
        self.mean, self.square = (torch.zeros_like(matrix, dtype=torch.float64) for _ in range(2))
        self.step = 0

    def update(self, matrix: Tensor, gradient: Tensor, rows: Tensor, rate: float) -> None:
        self.step += 1
        g = gradient[rows].double()
        self.mean[rows] = BETA1 * self.mean[rows] + (1 - BETA1) * g
        self.square[rows] = BETA2 * self.square[rows] + (1 - BETA2) * g**2
        size = rate * math.sqrt(1 - BETA2**self.step) / (1 - BETA1**self.step)
        matrix[rows] -= (size * self.mean[rows] / (self.square[rows].sqrt() + EPS)).to(matrix.dtype)


@pytest.mark.parametrize("max_grad_norm", [0.05, 1e6], ids=["clipped", "free"])
def test_the_optimizer_is_adamw_with_lazy_rows(bert: Path, max_grad_norm: float) -> None:
    settings = Training(
        learning_rate=2e-3, new_learning_rate=1e-2, weight_decay=0.1, warmup_ratio=0.0, max_grad_norm=max_grad_norm
    )
    steps = len(batches())
    model = make_model(bert, EARLIEST).eval()
    nn.init.normal_(model.fusion.projection.weight, std=0.1, generator=torch.Generator().manual_seed(1))
    reference = copy.deepcopy(model)
    words = words_of(reference)
    dense = {key: value for key, value in reference.named_parameters() if value is not words}
    adamw = torch.optim.AdamW(
        [
            {
                "params": [value],
                "lr": settings.new_learning_rate if key.startswith(NEW) else settings.learning_rate,
                "weight_decay": settings.weight_decay if value.ndim > 1 else 0.0,
            }
            for key, value in dense.items()
        ],
        foreach=False,
    )
    base = [group["lr"] for group in adamw.param_groups]
    rows = Rows(words)
    optimizer = SplitAdamW(model, settings, steps, CPU)
    for number, batch in enumerate(batches()):
        share = (steps - number) / steps
        for group, rate in zip(adamw.param_groups, base, strict=True):
            group["lr"] = rate * share
        loss_of(reference, batch).backward()
        nn.utils.clip_grad_norm_(reference.parameters(), max_grad_norm)
        adamw.step()
        touched = batch.input_ids[batch.input_ids != 0].unique()
        assert words.grad is not None
        with torch.no_grad():
            rows.update(words, words.grad, touched, settings.learning_rate * share)
        reference.zero_grad()
        optimizer.step(loss_of(model, batch))
        for key, value in reference.named_parameters():
            assert torch.allclose(model.get_parameter(key), value, rtol=1e-4, atol=2e-6), (number, key)


def test_rows_that_no_batch_uses_do_not_change(bert: Path) -> None:
    model = make_model(bert)
    before = words_of(model).detach().clone()
    train(checkpoint_of(model), EXAMPLES, QUICK, 3)
    moved = (words_of(model) != before).any(dim=1)
    touched = set(EXAMPLES.pieces.input_ids.tolist())
    assert set(moved.nonzero().flatten().tolist()) == touched


@pytest.mark.parametrize("max_norm", [1e-3, 0.5, 1e6])
def test_clipping_is_that_of_torch_on_dense_gradients(bert: Path, max_norm: float) -> None:
    model = make_model(bert, LATE).eval()
    reference = copy.deepcopy(model)
    optimizer = SplitAdamW(model, Training(max_grad_norm=max_norm), 10, CPU)
    batch = batches()[0]
    for clipped in (model, reference):
        (1e3 * loss_of(clipped, batch)).backward()
    rows = optimizer.words.gradients()
    norm = optimizer.clip(rows)
    assert float(norm) == pytest.approx(float(nn.utils.clip_grad_norm_(reference.parameters(), max_norm)), rel=1e-5)
    words = torch.zeros_like(words_of(model)).index_add_(0, rows.ids, rows.values)
    for key, value in reference.named_parameters():
        parameter = model.get_parameter(key)
        gradient = words if parameter is words_of(model) else parameter.grad
        assert (gradient is None) == (value.grad is None), key
        if gradient is not None and value.grad is not None:
            if parameter is not words_of(model):
                gradient = gradient / optimizer.adamw.grad_scale  # AdamW divides by it
            assert torch.allclose(gradient, value.grad, rtol=1e-4, atol=1e-9), key


def rates(optimizer: SplitAdamW) -> dict[int, tuple[float, float]]:
    """Learning rate and weight decay by the id of the parameter."""
    dense = {
        id(parameter): (float(group["lr"]), group["weight_decay"])
        for group in optimizer.adamw.param_groups
        for parameter in group["params"]
    }
    return dense | {id(optimizer.words.weight): (float(optimizer.rate), 0.0)}


@pytest.mark.parametrize(("steps", "warmup"), [(20, 0.1), (7, 0.3), (5, 0.0), (4, 1.0)])
def test_the_learning_rate_rises_and_falls_linearly(bert: Path, steps: int, warmup: float) -> None:
    settings = Training(learning_rate=1e-3, new_learning_rate=1e-2, warmup_ratio=warmup)
    model = make_model(bert, LATE)
    optimizer = SplitAdamW(model, settings, steps, CPU)
    rise = round(warmup * steps)
    for step in range(steps):
        share = step / rise if step < rise else (steps - step) / max(1, steps - rise)
        assert optimizer.schedule[step] == pytest.approx(1e-3 * share)
        optimizer.step(loss_of(model, batches()[0]))
        by_parameter = rates(optimizer)
        assert len(by_parameter) == len(list(model.parameters())), "every parameter has one learning rate"
        for key, parameter in model.named_parameters():
            peak = 1e-2 if key.startswith(("classifier.", "fusion.")) else 1e-3
            assert by_parameter[id(parameter)][0] == pytest.approx(peak * share), (step, key)
    if rise < steps:
        assert optimizer.schedule[steps] == pytest.approx(0)


@pytest.mark.parametrize(("steps", "warmup"), [(20, 2), (7, 0), (5, 5), (3, 1)])
def test_the_schedule_is_that_of_transformers(steps: int, warmup: int) -> None:
    schedule = get_linear_schedule_with_warmup(torch.optim.SGD([torch.zeros(1)]), warmup, steps)
    assert linear_schedule(warmup, steps).tolist() == [schedule.lr_lambdas[0](step) for step in range(steps + 1)]


def test_weights_decay_and_biases_norms_and_words_do_not(bert: Path) -> None:
    model = make_model(bert, EARLIEST)
    by_parameter = rates(SplitAdamW(model, Training(weight_decay=0.07), 4, CPU))
    for key, parameter in model.named_parameters():
        is_free = key.endswith("bias") or "LayerNorm" in key or "word_embeddings" in key
        assert by_parameter[id(parameter)][1] == (0.0 if is_free else 0.07), key


def test_new_parameters_learn_at_their_own_rate(bert: Path) -> None:
    frozen = QUICK.model_copy(update={"learning_rate": 1e-30})
    model = make_model(bert, LATE)
    before = weights(model)
    train(checkpoint_of(model), EXAMPLES, frozen, 3)
    for key, value in weights(model).items():
        moved = float((value - before[key]).abs().max())
        assert (moved > 1e-3) if key.startswith(NEW) else (moved < 1e-20), key
