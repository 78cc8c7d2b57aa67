"""The baseline's way of giving POS: none. It is the interface of the other ways, too."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn


class NoFusion(nn.Module):
    """POS is not read at all."""

    def reset(self, generator: torch.Generator) -> None:
        """Give new parameters their start values."""

    def inside(self, encoder: nn.Module, pos: Tensor | None) -> AbstractContextManager[None]:
        """A context in which the encoder reads `pos` ``[batch, pieces, tags]`` too."""
        return nullcontext()

    def after(self, logits: Tensor, pos: Tensor | None) -> Tensor:
        """Logits ``[batch, pieces, labels]`` of the classifier with what `pos` adds to them."""
        return logits
