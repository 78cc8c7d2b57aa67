"""Numbers that are not finite (NaN or infinity) are errors: an argmax would turn them into a label without notice."""

from __future__ import annotations

import math

import numpy as np

from posner.arrays import Floats, Ids
from posner.errors import InputError

ADVICE = "the training diverged; use a lower learning_rate or new_learning_rate, or compute.precision fp32"

DAMAGED = "its weights are damaged, or its training diverged and needs a lower learning rate"


class NotFiniteError(InputError):
    """A loss, gradient or logit is NaN or infinite."""


def require_finite_logits(logits: Floats, bounds: Ids) -> None:
    """Check the logits ``[words, labels]`` of sentences, which these `bounds` separate.

    Raises:
        NotFiniteError: a logit is not finite.
    """
    is_finite = np.isfinite(logits).all(axis=1)
    if not is_finite.all():
        sentence = int(np.searchsorted(bounds, is_finite.argmin(), side="right"))
        raise NotFiniteError(
            f"the model's logits are not finite (NaN or infinity) in sentence {sentence} of {len(bounds) - 1}; "
            f"{DAMAGED}"
        )


def require_finite(name: str, value: float, step: int) -> None:
    """Check a number of the training step `step`.

    Raises:
        NotFiniteError: it is not finite; the message names the step.
    """
    if not math.isfinite(value):
        raise NotFiniteError(f"step {step}: the {name} is not finite ({value}); {ADVICE}")
