"""Late fusion: POS joins after the encoder, before the classifier's decision.

A linear classifier over the concatenation ``[hidden; pos]`` is the sum ``W_h hidden + b + W_pos pos``. It is computed
as that sum: the encoder's part does not depend on POS, and a sweep over POS need not run it again.
"""

from __future__ import annotations

import math

from torch import Tensor

from posner.model.fusion.projected import ProjectedFusion


class LateFusion(ProjectedFusion):
    """Adds ``W_pos pos`` to the classifier's logits, with POS as large as the hidden states that it stands beside.

    Adam moves each weight by about the learning rate, so how far an input can move the logits in a step grows with the
    input. Hidden states leave the encoder's last normalisation with a norm of about ``sqrt(hidden)``, features have one
    of 1: as they are, they are not heard in the few steps of fine-tuning, not even if they are the NER labels.
    """

    def __init__(self, feature: str, n_tags: int, embed_dim: int, labels: int, hidden: int) -> None:
        super().__init__(feature, n_tags, embed_dim, labels)
        self.scale = math.sqrt(hidden)

    def after(self, logits: Tensor, pos: Tensor | None) -> Tensor:
        return logits + self.scale * self.project(pos)
