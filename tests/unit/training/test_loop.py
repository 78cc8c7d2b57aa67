"""Training: the same seed gives the same bits, the best weights are kept, and the optimizer is AdamW."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from posner.config.training import Training
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.model.batching import Batch, Example, collate
from posner.model.checkpoint import Checkpoint
from posner.model.modeling import NEW, PosNerModel
from posner.training import loop as training
from posner.training.loop import Evaluation, train
from posner.training.optimizer import SplitAdamW
from tiny_models import (
    BASELINE,
    CPU,
    EARLIEST,
    LAST_LAYER,
    LATE,
    NO_PIECE,
    build_model,
    checkpoint_of,
    make_model,
    make_sentences,
    to_examples,
)
from torch import Tensor, nn

QUICK = Training(epochs=2, train_batch_size=4, learning_rate=5e-3, new_learning_rate=2e-2, warmup_ratio=0.25)
EXAMPLES = to_examples(make_sentences(14))  # 4 batches an epoch, the last of which is short


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]


def weights(model: PosNerModel) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def scripted(scores: list[float], kept: list[dict[str, Tensor]]) -> Callable[[Checkpoint], float]:
    """A score function that returns `scores` one by one and records the weights."""
    left = iter(scores)

    def score(checkpoint: Checkpoint) -> float:
        assert not checkpoint.model.training
        kept.append(weights(checkpoint.model))
        return next(left)

    return score


# --- the loop --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [BASELINE, LATE, EARLIEST], ids=["baseline", "late", "encoder"])
def test_the_same_seed_gives_the_same_bits(bert: Path, variant: Variant) -> None:
    runs = []
    for noise in (1, 2):
        torch.manual_seed(noise)  # what ran before must not matter
        model = build_model(bert, variant)
        trained = train(checkpoint_of(model), EXAMPLES, QUICK, 3)
        runs.append((weights(model), [(row.step, row.loss, row.learning_rate) for row in trained.history]))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


def test_another_seed_gives_another_model(bert: Path) -> None:
    first, second = make_model(bert, LATE), make_model(bert, LATE)
    train(checkpoint_of(first), EXAMPLES, QUICK, 3)
    train(checkpoint_of(second), EXAMPLES, QUICK, 4)
    assert not same(weights(first), weights(second))


def test_every_parameter_is_trained(bert: Path) -> None:
    model = make_model(bert, EARLIEST)
    before = weights(model)
    train(checkpoint_of(model), EXAMPLES, QUICK, 3)
    after = weights(model)
    # Softmax is the same for any shift of all keys: the gradient of a key's bias is zero but for rounding.
    for key in (key for key in before if not key.endswith("key.bias")):
        assert not torch.equal(before[key], after[key]), key
    assert all(value.isfinite().all() for value in after.values())


def test_the_earliest_weights_of_the_best_score_are_kept(bert: Path) -> None:
    model, kept = make_model(bert), list[dict[str, Tensor]]()
    trained = train(checkpoint_of(model), EXAMPLES, QUICK, 3, Evaluation(2, scripted([0.1, 0.5, 0.5, 0.2], kept)))
    assert trained.steps == 8
    assert trained.best_step == 4
    assert same(weights(model), kept[1])
    assert not any(same(kept[1], other) for other in (kept[0], kept[2], kept[3]))
    assert not model.training
    assert [(row.step, row.score) for row in trained.history if row.score is not None] == [
        (2, 0.1),
        (4, 0.5),
        (6, 0.5),
        (8, 0.2),
    ]


def test_a_model_that_scores_nothing_is_kept_too(bert: Path) -> None:
    model, kept = make_model(bert), list[dict[str, Tensor]]()
    trained = train(checkpoint_of(model), EXAMPLES, QUICK, 3, Evaluation(4, scripted([0.0, 0.0], kept)))
    assert trained.best_step == 4
    assert same(weights(model), kept[0])


@pytest.mark.parametrize(("every", "evaluated"), [(3, [3, 6, 8]), (8, [8]), (100, [8]), (1, list(range(1, 9)))])
def test_evaluations_come_at_every_nth_step_and_at_the_end(bert: Path, every: int, evaluated: list[int]) -> None:
    trained = train(checkpoint_of(make_model(bert)), EXAMPLES, QUICK, 3, Evaluation(every, lambda _: 0.5))
    assert [row.step for row in trained.history if row.score is not None] == evaluated
    assert trained.best_step == evaluated[0]


def test_evaluations_do_not_change_the_training(bert: Path) -> None:
    plain, watched = make_model(bert, LATE), make_model(bert, LATE)
    without = train(checkpoint_of(plain), EXAMPLES, QUICK, 3)
    scores = iter(range(100))

    def score(checkpoint: Checkpoint) -> float:
        checkpoint.predict(EXAMPLES)
        return float(next(scores))  # the last is the best

    trained = train(checkpoint_of(watched), EXAMPLES, QUICK, 3, Evaluation(1, score))
    assert same(weights(plain), weights(watched))
    assert (without.best_step, trained.best_step) == (8, 8)
    assert all(row.score is None for row in without.history)


def test_the_history_has_the_mean_loss_since_the_row_before(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    plain = training.training_step

    def recorded(*args: object) -> float:
        losses.append(plain(*args))  # type: ignore[arg-type]
        return losses[-1]

    monkeypatch.setattr(training, "training_step", recorded)
    long = QUICK.model_copy(update={"epochs": 12})
    trained = train(checkpoint_of(make_model(bert)), EXAMPLES, long, 3, Evaluation(7, lambda _: 0.0))
    assert len(losses) == trained.steps == 48
    before = 0
    for row in trained.history:
        assert row.loss == pytest.approx(sum(losses[before : row.step]) / (row.step - before))
        assert row.epoch == row.step / 4
        before = row.step
    assert before == trained.steps
    assert {7, 14, 21, 28, 35, 42, 48} <= {row.step for row in trained.history}
    assert trained.speed > 0


@pytest.mark.parametrize("variant", [LATE, EARLIEST], ids=["late", "encoder"])
def test_all_variants_see_the_same_batches(bert: Path, variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Batch]] = []

    def recorded(examples: list[Example], pad_id: int) -> Batch:
        seen[-1].append(collate(examples, pad_id))
        return seen[-1][-1]

    monkeypatch.setattr(training, "collate", recorded)
    sentences = make_sentences(14)
    for each in (BASELINE, variant):
        seen.append([])
        train(checkpoint_of(make_model(bert, each)), to_examples(sentences, each is not BASELINE), QUICK, 3)
    assert len(seen[0]) == len(seen[1]) == 8
    epochs = [[batch.input_ids.tolist() for batch in seen[0][start : start + 4]] for start in (0, 4)]
    assert epochs[0] != epochs[1], "every epoch has an order of its own"
    for one, other in zip(*seen, strict=True):
        assert torch.equal(one.input_ids, other.input_ids)
        assert torch.equal(one.labels, other.labels)
        assert one.pos is None
        assert other.pos is not None


def test_the_first_step_is_taken_from_the_same_loss(bert: Path) -> None:
    one_step = QUICK.model_copy(update={"epochs": 1, "train_batch_size": 64})
    losses = {
        train(checkpoint_of(make_model(bert, variant)), EXAMPLES, one_step, 3).history[0].loss
        for variant in (BASELINE, LATE, LAST_LAYER, EARLIEST)
    }
    assert len(losses) == 1


@pytest.mark.parametrize("variant", [LATE, LAST_LAYER, EARLIEST], ids=["late", "last", "earliest"])
def test_an_untrained_pos_variant_predicts_what_its_baseline_predicts(bert: Path, variant: Variant) -> None:
    baseline, with_pos = (checkpoint_of(make_model(bert, v)).predict(EXAMPLES) for v in (BASELINE, variant))
    for one, other in zip(baseline, with_pos, strict=True):
        assert np.array_equal(one.logits, other.logits)
        assert np.array_equal(one.seen, other.seen)


@pytest.mark.parametrize("variant", [BASELINE, LATE, EARLIEST], ids=["baseline", "late", "encoder"])
def test_a_small_set_is_memorised(bert: Path, variant: Variant) -> None:
    # One letter per class, so that the text determines the label.
    rows = [("a", "NNP", "B-PER"), ("b", "NN", "O"), ("c", "DT", "B-LOC"), ("d", "VB", "O")]
    sentences = [Sentence(*zip(*(rows[(i + j) % 4] for j in range(1 + i % 4)), strict=True)) for i in range(12)]
    examples = to_examples(sentences, variant is not BASELINE)
    model = make_model(bert, variant)
    settings = QUICK.model_copy(update={"epochs": 25, "learning_rate": 1e-2})
    trained = train(checkpoint_of(model), examples, settings, 3)
    assert trained.history[-1].loss < 0.1 * trained.history[0].loss
    for example, words in zip(examples, checkpoint_of(model).predict(examples), strict=True):
        assert np.array_equal(words.labels(0), example.labels)


def test_words_without_pieces_do_not_break_the_training(bert: Path) -> None:
    nothing = Sentence((NO_PIECE,), ("NN",), ("O",))
    examples = to_examples([nothing, *make_sentences(3)])
    model = make_model(bert, LATE)
    single = QUICK.model_copy(update={"train_batch_size": 1, "epochs": 5})
    trained = train(checkpoint_of(model), examples, single, 3)
    assert all(value.isfinite().all() for value in weights(model).values())
    assert all(math.isfinite(row.loss) for row in trained.history)


# --- the optimizer ---------------------------------------------------------------------------------------------------

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def batches() -> list[Batch]:
    return [collate(EXAMPLES[start : start + 3], 0) for start in (0, 3, 6, 9, 0)]


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
    touched = set(np.concatenate([example.pieces.input_ids for example in EXAMPLES]).tolist())
    assert set(moved.nonzero().flatten().tolist()) == touched


@pytest.mark.parametrize("max_norm", [1e-3, 0.5, 1e6])
def test_clipping_is_that_of_torch_on_dense_gradients(bert: Path, max_norm: float) -> None:
    model = make_model(bert, LATE).eval()
    reference = copy.deepcopy(model)
    optimizer = SplitAdamW(model, Training(max_grad_norm=max_norm), 10, CPU)
    batch = batches()[0]
    for each in (model, reference):
        (1e3 * loss_of(each, batch)).backward()
    assert words_of(model).grad.is_sparse  # type: ignore[union-attr]
    optimizer.clip()
    nn.utils.clip_grad_norm_(reference.parameters(), max_norm)
    for key, value in reference.named_parameters():
        gradient = model.get_parameter(key).grad
        assert (gradient is None) == (value.grad is None), key
        if gradient is not None and value.grad is not None:
            assert torch.allclose(gradient.to_dense(), value.grad, rtol=1e-4, atol=1e-9), key
    norms = [g.to_dense().norm() for p in model.parameters() if (g := p.grad) is not None]
    assert float(torch.stack(norms).norm()) <= max_norm * (1 + 1e-4)


def rates(optimizer: SplitAdamW) -> dict[int, tuple[float, float]]:
    """Learning rate and weight decay by the id of the parameter."""
    return {
        id(parameter): (group["lr"], group.get("weight_decay", 0.0))
        for each in optimizer.optimizers
        for group in each.param_groups
        for parameter in group["params"]
    }


@pytest.mark.parametrize(("steps", "warmup"), [(20, 0.1), (7, 0.3), (5, 0.0), (4, 1.0)])
def test_the_learning_rate_rises_and_falls_linearly(bert: Path, steps: int, warmup: float) -> None:
    settings = Training(learning_rate=1e-3, new_learning_rate=1e-2, warmup_ratio=warmup)
    model = make_model(bert, LATE)
    optimizer = SplitAdamW(model, settings, steps, CPU)
    rise = round(warmup * steps)
    for step in range(steps):
        share = step / rise if step < rise else (steps - step) / max(1, steps - rise)
        by_parameter = rates(optimizer)
        assert len(by_parameter) == len(list(model.parameters())), "every parameter has one learning rate"
        for key, parameter in model.named_parameters():
            peak = 1e-2 if key.startswith(("classifier.", "fusion.")) else 1e-3
            assert by_parameter[id(parameter)][0] == pytest.approx(peak * share), (step, key)
        assert optimizer.learning_rate == pytest.approx(1e-3 * share)
        optimizer.step(loss_of(model, batches()[0]))
    if rise < steps:
        assert optimizer.learning_rate == pytest.approx(0)


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
