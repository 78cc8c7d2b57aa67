"""Encoder-level fusion: projected POS features are added to the hidden states before one of the encoder's layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from posner.errors import InputError
from posner.model.fusion.projected import ProjectedFusion
from posner.model.hooks import before_layer, encoder_layers


class EncoderFusion(ProjectedFusion):
    """Adds ``W pos`` to the input of layer `layer`, without another normalisation: the layer has its own."""

    def __init__(self, layer: int, feature: str, n_tags: int, embed_dim: int, hidden: int) -> None:
        super().__init__(feature, n_tags, embed_dim, hidden)
        self.layer = layer

    @contextmanager
    def inside(self, encoder: nn.Module, pos: Tensor | None) -> Iterator[None]:
        added = self.project(pos)

        def add(hidden: Tensor) -> Tensor:
            return hidden + added.to(hidden.dtype)

        with before_layer(encoder_layers(encoder)[self.layer], add):
            yield


def injection_layer(offset: int | str, n_layers: int) -> int:
    """Index of the layer before which POS is added: ``n_layers - offset``, or 0 for ``earliest``.

    Raises:
        InputError: the offset is larger than the number of layers.
    """
    layer = 0 if offset == "earliest" else n_layers - int(offset)
    if layer < 0:
        raise InputError(
            f"inject_layer_offset_from_end: {offset} is deeper than the encoder, which has {n_layers} layers"
        )
    return layer
