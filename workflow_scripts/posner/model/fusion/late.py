"""Late fusion: POS features enter after the encoder, at the classifier.

A linear classifier over the concatenation ``[hidden; pos]`` is the sum ``W_h hidden + b + W_pos pos``. It is computed
as this sum: the encoder's term does not depend on POS, so that a corruption sweep computes it once.
"""

from __future__ import annotations

import math

from torch import Tensor

from posner.model.fusion.projected import ProjectedFusion


class LateFusion(ProjectedFusion):
    """Adds ``sqrt(hidden) * W_pos pos`` to the classifier's logits.

    Adam changes each weight by about the learning rate, so the change of the logits in one step grows with the norm of
    the input. Hidden states leave the encoder's last layer normalisation with a norm of about ``sqrt(hidden)``, POS
    features have a norm of about 1. Unscaled, they would move the logits too little within the few fine-tuning steps,
    even if they were the NER labels.
    """

    def __init__(self, feature: str, n_tags: int, embed_dim: int, labels: int, hidden: int) -> None:
        super().__init__(feature, n_tags, embed_dim, labels)
        self.scale = math.sqrt(hidden)

    def after(self, logits: Tensor, pos: Tensor | None) -> Tensor:
        return logits + self.scale * self.project(pos)
