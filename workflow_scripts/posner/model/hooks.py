"""The layers inside BERT-like encoders of `transformers`, and how to step in between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from posner.errors import InputError


def encoder_layers(encoder: nn.Module) -> nn.ModuleList:
    """The list of an encoder's layers: ``encoder.layer`` in most, ``transformer.layer`` in DistilBERT.

    Raises:
        InputError: the encoder has no such list.
    """
    for stack in ("encoder", "transformer"):
        layers = getattr(getattr(encoder, stack, None), "layer", None)
        if isinstance(layers, nn.ModuleList):
            return layers
    raise InputError(f"{type(encoder).__name__} is not BERT-like: it has neither encoder.layer nor transformer.layer")


@contextmanager
def before_layer(layer: nn.Module, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """A context in which `layer` reads ``change(hidden)`` in place of its hidden states ``[batch, pieces, hidden]``."""

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": change(kwargs["hidden_states"])}

    handle = layer.register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


class Skipped(nn.Module):
    """Stands in for a layer that need not run: gives its input back, in the form that the layer's output has."""

    def __init__(self, in_tuple: bool) -> None:
        super().__init__()
        self.in_tuple = in_tuple

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor | tuple[Tensor, None]:
        return (hidden_states, None) if self.in_tuple else hidden_states


@contextmanager
def only_from(encoder: nn.Module, start: int, in_tuple: bool) -> Iterator[None]:
    """A context in which the layers below `start` do not run; `in_tuple` as :func:`captured` found it."""
    layers = encoder_layers(encoder)
    below = list(layers[:start])
    try:
        for i in range(start):
            layers[i] = Skipped(in_tuple)
        yield
    finally:
        for i, layer in enumerate(below):
            layers[i] = layer


@dataclass
class Captured:
    """What :func:`captured` collects.

    Attributes:
        states: what the layer read: one tensor ``[batch, pieces, hidden]`` a pass.
        in_tuple: whether this encoder's layers give their hidden states in a tuple, as DeBERTa's do.
    """

    states: list[Tensor] = field(default_factory=list)
    in_tuple: bool = False


@contextmanager
def captured(encoder: nn.Module, layer: int) -> Iterator[Captured]:
    """A context that collects the hidden states before layer `layer`."""
    layers, seen = encoder_layers(encoder), Captured()

    def keep(hidden: Tensor) -> Tensor:
        seen.states.append(hidden.detach())
        return hidden

    def look(_: nn.Module, __: Any, output: Any) -> None:
        seen.in_tuple = isinstance(output, tuple)

    handle = layers[0].register_forward_hook(look)
    try:
        with before_layer(layers[layer], keep):
            yield seen
    finally:
        handle.remove()
