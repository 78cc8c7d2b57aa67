"""The base of late and encoder fusion: a POS feature and a linear projection of it.

The projection starts at zero, so that an untrained POS model computes exactly what its baseline computes. Embeddings
are drawn from a separate generator, so that the random streams of shared parameters do not change.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from posner.model.fusion.base import Fusion


class PosFeature(nn.Module):
    """POS features: one-hot or logit rows as they are, or trainable embeddings of them.

    All have the same scale at the start: one-hot rows have norm 1, standardised logits and new embeddings an expected
    norm of 1.
    """

    def __init__(self, feature: str, n_tags: int, embed_dim: int) -> None:
        super().__init__()
        self.width = embed_dim if feature == "trainable_embed" else n_tags
        self.embedding = nn.Parameter(torch.empty(n_tags, embed_dim)) if feature == "trainable_embed" else None

    def reset(self, generator: torch.Generator) -> None:
        """Draw new embeddings."""
        if self.embedding is not None:
            nn.init.normal_(self.embedding, std=1 / math.sqrt(self.embedding.shape[1]), generator=generator)

    def forward(self, pos: Tensor) -> Tensor:
        """``[..., tags]`` -> ``[..., width]``; a row of zeros (no tag) stays zero."""
        return pos if self.embedding is None else pos @ self.embedding


class ProjectedFusion(Fusion):
    """A POS feature and a projection of it, without bias, that starts at zero."""

    def __init__(self, feature: str, n_tags: int, embed_dim: int, output: int) -> None:
        super().__init__()
        self.feature = PosFeature(feature, n_tags, embed_dim)
        self.projection = nn.Linear(self.feature.width, output, bias=False)

    def reset(self, generator: torch.Generator) -> None:
        self.feature.reset(generator)
        nn.init.zeros_(self.projection.weight)

    def project(self, pos: Tensor | None) -> Tensor:
        """``[..., tags]`` -> ``[..., output]``.

        Raises:
            ValueError: `pos` is ``None``.
        """
        if pos is None:
            raise ValueError("this variant needs POS features, but pos is None")
        return self.projection(self.feature(pos))
