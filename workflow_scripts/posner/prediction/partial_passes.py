"""Run an encoder in two parts: record the hidden states before a layer, then run only the layers from there on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from posner.model.hooks import before_layer, encoder_layers


@dataclass
class RecordedInput:
    """Result of :func:`record_input`.

    Attributes:
        states: the input of the layer, one tensor ``[batch, pieces, hidden]`` per forward pass.
        in_tuple: whether the layers of this encoder return their hidden states in a tuple, as those of DeBERTa do.
    """

    states: list[Tensor] = field(default_factory=list)
    in_tuple: bool = False


@contextmanager
def record_input(encoder: nn.Module, layer: int) -> Iterator[RecordedInput]:
    """A context that records the hidden states that layer `layer` of `encoder` reads."""
    layers, record = encoder_layers(encoder), RecordedInput()

    def keep(hidden: Tensor) -> Tensor:
        record.states.append(hidden.detach())
        return hidden

    def note_form(_: nn.Module, __: Any, output: Any) -> None:
        record.in_tuple = isinstance(output, tuple)

    handle = layers[0].register_forward_hook(note_form)
    try:
        with before_layer(layers[layer], keep):
            yield record
    finally:
        handle.remove()


class PassThrough(nn.Module):
    """Replaces a layer that is not to run: returns its input, in the form of the layer's output."""

    def __init__(self, in_tuple: bool) -> None:
        super().__init__()
        self.in_tuple = in_tuple

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor | tuple[Tensor, None]:
        return (hidden_states, None) if self.in_tuple else hidden_states


@contextmanager
def skip_layers(encoder: nn.Module, end: int, in_tuple: bool) -> Iterator[None]:
    """A context in which the layers below `end` do not run; `in_tuple` as recorded by :func:`record_input`."""
    layers = encoder_layers(encoder)
    skipped = list(layers[:end])
    try:
        for i in range(end):
            layers[i] = PassThrough(in_tuple)
        yield
    finally:
        for i, layer in enumerate(skipped):
            layers[i] = layer
