"""Losses and gradient norms of the steps of a training, on the device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from posner.arrays import Floats
from posner.model.finite import require_finite


class StepRecord:
    """Losses and gradient norms of all steps, kept on the device until they are read: reading waits for all steps."""

    def __init__(self, steps: int, device: torch.device) -> None:
        self.values = torch.zeros(2, steps, device=device)

    def write(self, step: Tensor, loss: Tensor, norm: Tensor) -> None:
        """Store loss and norm, each ``[1]``, of the step with this number ``[1]``."""
        self.values.index_copy_(1, step, torch.stack([loss, norm.to(loss)]))

    def read(self, start: int, end: int, most_skipped: int) -> Floats:
        """Losses of the steps from number `start` to before `end`, the first one being 0.

        Args:
            most_skipped: number of steps in a row whose gradients may not be finite.

        Raises:
            NotFiniteError: a loss is not finite, or the gradients of more steps in a row; the message names the step.
        """
        begin = max(0, start - most_skipped)
        losses, norms = self.values[:, begin:end].double().cpu().numpy()
        skipped = 0
        for number, (loss, norm) in enumerate(zip(losses, norms, strict=True), begin + 1):
            require_finite("loss", loss, number)
            skipped = 0 if np.isfinite(norm) else skipped + 1
            if skipped > most_skipped:
                require_finite("norm of the gradients", norm, number)
        return losses[start - begin :]
