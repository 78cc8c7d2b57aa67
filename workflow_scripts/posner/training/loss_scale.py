"""The scale of the loss in fp16, whose small gradients would be rounded to zero (Micikevicius et al. 2018,
arXiv:1710.03740), with the rules and defaults of ``torch.amp.GradScaler``.

That one reads from the device at each step whether gradients have overflowed. Here everything stays on the device.
"""

from __future__ import annotations

import torch
from torch import Tensor

START, GROWTH, BACKOFF, INTERVAL = 2.0**16, 2.0, 0.5, 2000
# The scale starts at 2^16 and halves at each skipped step: after so many in a row the gradients are at fault.
MOST_SKIPPED = 40


class LossScale:
    """A constant scale of 1, for fp32 and bf16: all gradients have to be finite.

    Attributes:
        value: ``[1]``, what the loss is multiplied with.
        most_skipped: number of steps in a row whose gradients may not be finite, so that they are skipped.
    """

    most_skipped = 0

    def __init__(self, device: torch.device) -> None:
        self.value = torch.ones(1, device=device)

    @classmethod
    def of(cls, precision: str, device: torch.device) -> LossScale:
        """The scale for this precision."""
        return DynamicScale(device) if precision == "fp16" else cls(device)

    def of_loss(self, loss: Tensor) -> Tensor:
        """The scaled loss, a scalar."""
        return loss * self.value.squeeze()

    def update(self, is_finite: Tensor) -> None:
        """Adapt the scale after a step with finite gradients, or with others: ``[1]``."""

    def tensors(self) -> dict[str, Tensor]:
        """The state, by name."""
        return {}


class DynamicScale(LossScale):
    """Halved at each step whose gradients are not finite, doubled after `INTERVAL` finite ones in a row."""

    most_skipped = MOST_SKIPPED

    def __init__(self, device: torch.device) -> None:
        self.value = torch.full((1,), START, device=device)
        self.finite_steps = torch.zeros(1, dtype=torch.long, device=device)

    def update(self, is_finite: Tensor) -> None:
        self.finite_steps.copy_((self.finite_steps + 1) * is_finite)
        grows = self.finite_steps == INTERVAL
        self.value.mul_(torch.where(grows, GROWTH, torch.where(is_finite, 1.0, BACKOFF)))
        self.finite_steps.masked_fill_(grows, 0)

    def tensors(self) -> dict[str, Tensor]:
        return {"value": self.value, "finite_steps": self.finite_steps}
