"""The training loop: a seed gives the same bits again, the best weights are kept, and variants see the same batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.model import cpu_kernels
from posner.model.batching import Batch, Collator
from posner.model.checkpoint import Checkpoint
from posner.training.loop import Evaluation, train
from posner.training.step_record import StepRecord
from short_training import EXAMPLES, QUICK, weights
from tiny_models import (
    BASELINE,
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
from torch import Tensor
from torch.nn import functional


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


def test_the_last_weights_can_be_kept_and_the_best_step_is_noted(bert: Path) -> None:
    model, kept = make_model(bert), list[dict[str, Tensor]]()
    evaluation = Evaluation(2, scripted([0.1, 0.5, 0.5, 0.2], kept), "last")
    trained = train(checkpoint_of(model), EXAMPLES, QUICK, 3, evaluation)
    assert trained.best_step == 4
    assert same(weights(model), kept[3])
    assert not any(same(kept[3], other) for other in kept[:3])


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
    plain = StepRecord.write

    def recorded(self: StepRecord, step: Tensor, loss: Tensor, norm: Tensor) -> None:
        losses.append(float(loss))
        plain(self, step, loss, norm)

    monkeypatch.setattr(StepRecord, "write", recorded)
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
    plain = Collator.pad

    def recorded(self: Collator, sentences: Tensor, width: int) -> Batch:
        seen[-1].append(plain(self, sentences, width))
        return seen[-1][-1]

    monkeypatch.setattr(Collator, "pad", recorded)
    sentences = make_sentences(14)
    for current in (BASELINE, variant):
        seen.append([])
        train(checkpoint_of(make_model(bert, current)), to_examples(sentences, current is not BASELINE), QUICK, 3)
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
    assert np.array_equal(baseline.logits, with_pos.logits)
    assert np.array_equal(baseline.seen, with_pos.seen)


def test_steps_on_a_cpu_use_its_kernels(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    plain = cpu_kernels.dropout

    def counted(*args: Any, **kwargs: Any) -> Tensor:
        calls.append(1)
        return plain(*args, **kwargs)

    monkeypatch.setitem(cpu_kernels.KERNELS, functional.dropout, counted)
    train(checkpoint_of(make_model(bert)), EXAMPLES, QUICK, 3)
    assert len(calls) > 8, "several in each of eight steps"


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
    assert np.array_equal(checkpoint_of(model).predict(examples).labels(0), examples.labels)


def test_words_without_pieces_do_not_break_the_training(bert: Path) -> None:
    nothing = Sentence((NO_PIECE,), ("NN",), ("O",))
    examples = to_examples([nothing, *make_sentences(3)])
    model = make_model(bert, LATE)
    single = QUICK.model_copy(update={"train_batch_size": 1, "epochs": 5})
    trained = train(checkpoint_of(model), examples, single, 3)
    assert all(value.isfinite().all() for value in weights(model).values())
    assert all(math.isfinite(row.loss) for row in trained.history)
