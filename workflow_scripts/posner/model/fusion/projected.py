"""What all ways of giving POS to a model share: the feature, and a projection of it.

New paths end in a projection that starts at zero: an untrained POS model computes what its baseline computes, to the
bit. New random weights are drawn from a generator of their own, so that the streams of the shared parts do not move.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from posner.model.fusion.base import NoFusion


class PosFeature(nn.Module):
    """Feature vectors of POS: the given one-hot or logit rows, or trainable embeddings of them.

    All start on one scale: one-hot rows have norm 1, logits are standardised to an expected norm of 1, and embeddings
    are drawn with an expected norm of 1.
    """

    def __init__(self, feature: str, n_tags: int, embed_dim: int) -> None:
        super().__init__()
        self.width = embed_dim if feature == "trainable_embed" else n_tags
        self.embedding = nn.Parameter(torch.empty(n_tags, embed_dim)) if feature == "trainable_embed" else None

    def reset(self, generator: torch.Generator) -> None:
        """Draw fresh embeddings."""
        if self.embedding is not None:
            nn.init.normal_(self.embedding, std=1 / math.sqrt(self.embedding.shape[1]), generator=generator)

    def forward(self, pos: Tensor) -> Tensor:
        """``[..., tags]`` -> ``[..., width]``; a row of zeros (no tag) stays zero."""
        return pos if self.embedding is None else pos @ self.embedding


class ProjectedFusion(NoFusion):
    """A POS feature and a projection of it that starts at zero."""

    def __init__(self, feature: str, n_tags: int, embed_dim: int, output: int) -> None:
        super().__init__()
        self.feature = PosFeature(feature, n_tags, embed_dim)
        self.projection = nn.Linear(self.feature.width, output, bias=False)

    def reset(self, generator: torch.Generator) -> None:
        self.feature.reset(generator)
        nn.init.zeros_(self.projection.weight)

    def project(self, pos: Tensor | None) -> Tensor:
        """``[..., tags]`` -> ``[..., output]``."""
        if pos is None:
            raise ValueError("this variant needs POS features and got none")
        return self.projection(self.feature(pos))
