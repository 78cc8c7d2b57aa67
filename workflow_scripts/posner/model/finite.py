"""Numbers that are not finite (NaN or infinity) are errors: an argmax would turn them into a label without notice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from posner.arrays import WordLogits
from posner.errors import InputError

ADVICE = "the training diverged; use a lower learning_rate or new_learning_rate, or compute.precision fp32"

DAMAGED = "its weights are damaged, or its training diverged and needs a lower learning rate"


class NotFiniteError(InputError):
    """A loss, gradient or logit is NaN or infinite."""


def require_finite_words(words: Sequence[WordLogits]) -> None:
    """Check the logits of sentences.

    Raises:
        NotFiniteError: a logit is not finite.
    """
    for sentence, part in enumerate(words, start=1):
        if not np.isfinite(part.logits).all():
            raise NotFiniteError(
                f"the model's logits are not finite (NaN or infinity) in sentence {sentence} of {len(words)}; {DAMAGED}"
            )


def require_finite(name: str, value: float, step: int) -> None:
    """Check a number of the training step `step`.

    Raises:
        NotFiniteError: it is not finite; the message names the step.
    """
    if not math.isfinite(value):
        raise NotFiniteError(f"step {step}: the {name} is not finite ({value}); {ADVICE}")
