"""A training that diverges is an error that names the step; no NaN becomes a label."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from posner.config.variants import Variant
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.finite import NotFiniteError, require_finite_logits
from posner.model.modeling import PosNerModel
from posner.prediction.ner_predictions import NerPredictions
from posner.prediction.sweep import make_sweeper
from posner.training import loop as training
from posner.training.loop import Evaluation, train
from posner.training.optimizer import MOST_SKIPPED, SplitAdamW
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
    norms = iter([None, None, value])

    def clip(self: SplitAdamW) -> torch.Tensor:
        norm, other = plain(self), next(norms)
        return norm if other is None else torch.tensor(other)

    monkeypatch.setattr(SplitAdamW, "clip", clip)
    with pytest.raises(NotFiniteError, match=r"^step 3: the norm of the gradients is not finite"):
        train(checkpoint_of(make_model(bert)), EXAMPLES, QUICK, 3)


def test_steps_that_the_scaler_skips_are_no_error(bert: Path) -> None:
    optimizer = SplitAdamW(make_model(bert), QUICK, 8, CPU)
    assert not optimizer.was_skipped(INFINITY), "there is no scaler without fp16"
    optimizer.scaler = SimpleNamespace(is_enabled=lambda: True)  # torch enables its own on a GPU only
    for _ in range(2):
        assert all(optimizer.was_skipped(INFINITY) for _ in range(MOST_SKIPPED))
        assert not optimizer.was_skipped(1.5), "this step was not skipped"
    assert [optimizer.was_skipped(NAN) for _ in range(MOST_SKIPPED + 1)] == [True] * MOST_SKIPPED + [False]


def test_a_training_goes_on_when_the_scaler_has_lowered_its_scale(bert: Path) -> None:
    checkpoint = checkpoint_of(make_model(bert))
    optimizer = SplitAdamW(checkpoint.model, QUICK, 100, CPU)
    optimizer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)  # which no loss can be multiplied with
    before = weights(checkpoint.model)["classifier.weight"]
    batch = checkpoint.collator(EXAMPLES)(range(4))
    for step in range(1, MOST_SKIPPED):
        training.training_step(checkpoint, batch, optimizer, step)
        if step == 1:
            assert torch.equal(weights(checkpoint.model)["classifier.weight"], before), "the update was skipped"
    assert optimizer.skipped == 0
    assert not torch.equal(weights(checkpoint.model)["classifier.weight"], before)


def test_gradients_that_no_scale_makes_finite_are_an_error(bert: Path) -> None:
    checkpoint = checkpoint_of(make_model(bert))
    optimizer = SplitAdamW(checkpoint.model, QUICK, 100, CPU)
    optimizer.scaler = torch.amp.GradScaler("cpu", init_scale=INFINITY)
    optimizer.schedules = []  # torch warns of schedules without updates
    batch = checkpoint.collator(EXAMPLES)(range(4))
    for step in range(1, MOST_SKIPPED + 1):
        training.training_step(checkpoint, batch, optimizer, step)
    with pytest.raises(NotFiniteError, match=r"^step 41: the norm of the gradients is not finite"):
        training.training_step(checkpoint, batch, optimizer, 41)


@pytest.mark.parametrize(("labels", "loss", "is_warned"), [(9, 4.3, False), (9, 4.5, True), (2, 1.5, True)])
def test_a_loss_above_that_of_guessing_is_warned_of(
    caplog: pytest.LogCaptureFixture, labels: int, loss: float, is_warned: bool
) -> None:
    training.warn_of_divergence(loss, labels)
    assert any("far above that of guessing" in line for line in caplog.messages) == is_warned


def test_an_evaluation_that_is_not_finite_names_the_step(bert: Path) -> None:
    def score(checkpoint: Checkpoint) -> float:
        return NerPredictions.of(Checkpoint(damaged(checkpoint.model), *rest(checkpoint)), EXAMPLES).f1()

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


def test_loss_and_norm_are_read_in_one_transfer(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read waits for the device: a step has one."""
    reads = []
    for name in ("item", "tolist"):
        plain = getattr(torch.Tensor, name)
        monkeypatch.setattr(torch.Tensor, name, lambda self, plain=plain: reads.append(1) or plain(self))
    checkpoint = checkpoint_of(make_model(bert))
    optimizer = SplitAdamW(checkpoint.model, QUICK, 8, CPU)
    optimizer.optimizers, optimizer.schedules = (), []  # torch's own read their step counts, which are on the host
    batch = checkpoint.collator(EXAMPLES)(range(4))
    loss = training.training_step(checkpoint, batch, optimizer, 1)
    assert len(reads) == 1
    assert math.isfinite(loss)
