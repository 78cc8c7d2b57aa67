"""A training that diverges is an error that names the step; no NaN becomes a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from posner.config.variants import Variant
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.finite import NotFiniteError, require_finite_logits
from posner.model.modeling import PosNerModel
from posner.prediction.ner_predictions import Validation
from posner.prediction.sweep import make_sweeper
from posner.training import loop as training
from posner.training.loop import Evaluation, train
from posner.training.optimizer import SplitAdamW
from posner.training.step_record import StepRecord
from posner.training.word_rows import RowGradients
from short_training import EXAMPLES, QUICK, weights
from tiny_models import (
    BASELINE,
    CPU,
    EARLIEST,
    LATE,
    TAGS,
    checkpoint_of,
    make_model,
    make_sentences,
    stir,
    to_examples,
)

NAN, INFINITY = float("nan"), float("inf")


def damaged(model: PosNerModel, value: float = NAN) -> PosNerModel:
    """The model with one weight that is not finite, in a layer that every word passes."""
    with torch.no_grad():
        model.classifier.weight[1, 0] = value
    return model


@pytest.mark.parametrize("variant", [BASELINE, LATE, EARLIEST], ids=["baseline", "late", "encoder"])
def test_a_learning_rate_that_is_far_too_high_is_an_error(bert: Path, variant: Variant) -> None:
    settings = QUICK.model_copy(update={"learning_rate": 1e30, "new_learning_rate": 1e30})
    message = r"step \d: the (loss|norm of the gradients) is not finite \((nan|inf)\); .*lower learning_rate"
    with pytest.raises(InputError, match=message):
        train(checkpoint_of(make_model(bert, variant)), EXAMPLES, settings, 3)


def test_a_loss_that_is_not_finite_names_the_step(bert: Path) -> None:
    with pytest.raises(NotFiniteError, match=r"^step 1: the loss is not finite \(nan\)"):
        train(checkpoint_of(damaged(make_model(bert))), EXAMPLES, QUICK, 3)


@pytest.mark.parametrize("value", [NAN, INFINITY])
def test_gradients_that_are_not_finite_are_an_error(bert: Path, monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    plain = SplitAdamW.clip
    factors = iter([1.0, 1.0, value] + [1.0] * 9)

    def clip(self: SplitAdamW, rows: RowGradients) -> torch.Tensor:
        return plain(self, rows) * next(factors)

    monkeypatch.setattr(SplitAdamW, "clip", clip)
    with pytest.raises(NotFiniteError, match=r"^step 3: the norm of the gradients is not finite"):
        train(checkpoint_of(make_model(bert)), EXAMPLES, QUICK, 3)


def test_a_step_whose_gradients_are_not_finite_changes_no_weight(bert: Path) -> None:
    model = make_model(bert, LATE)
    optimizer = SplitAdamW(model, QUICK, 8, CPU)
    optimizer.taken.fill_(1)  # a step with a learning rate above 0
    batch = checkpoint_of(model).collator(EXAMPLES)(range(4))
    before = weights(model)
    for factor in (INFINITY, 1.0):
        optimizer.step(factor * model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss)
        is_same = all(torch.equal(value, before[name]) for name, value in weights(model).items())
        assert is_same == (factor == INFINITY)


def record_of(norms: list[float]) -> StepRecord:
    record = StepRecord(len(norms), torch.device("cpu"))
    for step, norm in enumerate(norms):
        record.write(torch.tensor([step]), torch.tensor([0.5 + step]), torch.tensor([norm]))
    return record


def test_a_record_has_the_losses_of_all_steps() -> None:
    record = record_of([1.0] * 6)
    assert record.read(0, 6, 0).tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert record.read(2, 5, 40).tolist() == [2.5, 3.5, 4.5]


def test_steps_that_are_skipped_are_no_error_unless_there_are_many_in_a_row() -> None:
    some = [1.0, NAN, INFINITY, NAN, 1.0, INFINITY]
    assert len(record_of(some).read(0, 6, 3)) == 6
    for start in (0, 3):  # the first two of the three may belong to the row before
        with pytest.raises(NotFiniteError, match=r"^step 4: the norm of the gradients"):
            record_of(some).read(start, 6, 2)
    with pytest.raises(NotFiniteError, match=r"^step 2: the norm of the gradients"):
        record_of(some).read(0, 6, 0)


@pytest.mark.parametrize(("labels", "loss", "is_warned"), [(9, 4.3, False), (9, 4.5, True), (2, 1.5, True)])
def test_a_loss_above_that_of_guessing_is_warned_of(
    caplog: pytest.LogCaptureFixture, labels: int, loss: float, is_warned: bool
) -> None:
    training.warn_of_divergence(loss, labels)
    assert any("far above that of guessing" in line for line in caplog.messages) == is_warned


def test_an_evaluation_that_is_not_finite_names_the_step(bert: Path) -> None:
    def score(checkpoint: Checkpoint) -> float:
        broken = Checkpoint(damaged(checkpoint.model), *rest(checkpoint))
        return Validation.of(broken, EXAMPLES).f1(broken)

    with pytest.raises(NotFiniteError, match=r"evaluation at step 4: .* not finite .*lower learning_rate"):
        train(checkpoint_of(make_model(bert)), EXAMPLES, QUICK, 3, Evaluation(4, score))


def rest(checkpoint: Checkpoint) -> tuple[object, ...]:
    return checkpoint.tokenizer, checkpoint.device, checkpoint.max_length


@pytest.mark.parametrize("value", [NAN, INFINITY])
def test_predictions_that_are_not_finite_are_an_error(bert: Path, value: float) -> None:
    with pytest.raises(NotFiniteError, match="logits are not finite"):
        checkpoint_of(damaged(make_model(bert, LATE), value)).predict(EXAMPLES)


def test_the_sentence_is_named() -> None:
    logits, bounds = np.zeros((5, 3), np.float32), np.array([0, 2, 3, 5])
    require_finite_logits(logits, bounds)
    for word, sentence in enumerate([1, 1, 2, 3, 3]):
        wrong = logits.copy()
        wrong[word, 1] = -INFINITY
        with pytest.raises(NotFiniteError, match=f"in sentence {sentence} of 3"):
            require_finite_logits(wrong, bounds)


@pytest.mark.parametrize("variant", [LATE, EARLIEST], ids=["late", "encoder"])
@pytest.mark.parametrize("part", ["classifier", "fusion"])
def test_a_sweep_that_is_not_finite_is_an_error(bert: Path, variant: Variant, part: str) -> None:
    model = stir(make_model(bert, variant))
    parameters = dict(getattr(model, part).named_parameters())
    with torch.no_grad():
        next(iter(parameters.values())).view(-1)[0] = NAN
    sentences = make_sentences(5)
    text = to_examples(sentences, with_pos=False)
    rows = np.zeros(len(text.labels), dtype=np.int64)
    with pytest.raises(NotFiniteError, match=r"not finite .* in this sweep"):
        list(make_sweeper(checkpoint_of(model), text, np.eye(len(TAGS), dtype=np.float32)).predict([rows]))
