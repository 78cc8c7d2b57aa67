"""Late fusion: POS joins after the encoder, before the classifier's decision.

A linear classifier over the concatenation ``[hidden; pos]`` is the sum ``W_h hidden + b + W_pos pos``. It is computed
as that sum: the encoder's part does not depend on POS, and a sweep over POS need not run it again.
"""

from __future__ import annotations

from torch import Tensor

from .fusion import ProjectedFusion


class LateFusion(ProjectedFusion):
    """Adds ``W_pos pos`` to the classifier's logits."""

    def after(self, logits: Tensor, pos: Tensor | None) -> Tensor:
        return logits + self.project(pos)
