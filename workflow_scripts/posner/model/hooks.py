"""The layers of the BERT-like encoders of `transformers`, and a hook before one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from posner.errors import InputError


def encoder_layers(encoder: nn.Module) -> nn.ModuleList:
    """The layers of an encoder: ``encoder.layer`` in most, ``transformer.layer`` in DistilBERT.

    Raises:
        InputError: the encoder has neither.
    """
    for stack in ("encoder", "transformer"):
        layers = getattr(getattr(encoder, stack, None), "layer", None)
        if isinstance(layers, nn.ModuleList):
            return layers
    raise InputError(
        f"{type(encoder).__name__} has neither encoder.layer nor transformer.layer; use a BERT-like encoder"
    )


@contextmanager
def before_layer(layer: nn.Module, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """A context in which `layer` reads ``change(hidden)`` instead of the hidden states ``[batch, pieces, hidden]``."""

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": change(kwargs["hidden_states"])}

    handle = layer.register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
