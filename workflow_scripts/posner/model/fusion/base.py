"""The interface of all fusions, and the fusion of the baseline."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn


class Fusion(nn.Module):
    """Input of POS features to the model. Each method does nothing here; a fusion overrides those that it needs."""

    def reset(self, generator: torch.Generator) -> None:
        """Initialise the fusion's own parameters."""

    def inside(self, encoder: nn.Module, pos: Tensor | None) -> AbstractContextManager[None]:
        """A context in which `encoder` also reads the POS features `pos` ``[batch, pieces, tags]``."""
        return nullcontext()

    def after(self, logits: Tensor, pos: Tensor | None) -> Tensor:
        """The classifier's logits ``[batch, pieces, labels]`` plus the contribution of `pos`."""
        return logits


class NoFusion(Fusion):
    """The fusion of the baseline and of POS taggers: POS is not read."""
