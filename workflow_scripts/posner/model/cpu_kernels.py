"""Faster dropout and softmax on a CPU.

Of a training step of a small encoder, torch's own take a fifth: dropout draws a double for each number, and the softmax
of bf16 numbers is several times slower than that of fp32 numbers. They are replaced within a context, so that the
encoders of `transformers` run as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

DRAWS = 2**16  # different random numbers of dropout


class CpuKernels(TorchFunctionMode):
    """A context in which :func:`torch.nn.functional.dropout` and ``softmax`` run faster."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return KERNELS.get(func, func)(*args, **(kwargs or {}))


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: A002
    """As that of torch, with its names; `p` is rounded to a multiple of 2^-16."""
    dropped = round(p * DRAWS)
    if not training or dropped in (0, DRAWS):
        return functional.dropout(input, p, training, inplace)
    return input * keep_factors(input, dropped)


def keep_factors(values: Tensor, dropped: int) -> Tensor:
    """Random factors of `values`: 0 with probability ``dropped / DRAWS``, else such that their mean is 1."""
    n = values.numel()
    draws = torch.empty(-(-n // 4), dtype=torch.int64).random_(-(2**63), None)  # four numbers of 16 bits each
    is_kept = draws.view(torch.int16)[:n] >= dropped - DRAWS // 2
    return is_kept.to(values.dtype).mul_(DRAWS / (DRAWS - dropped)).view(values.shape)


def softmax(
    input: Tensor,  # noqa: A002
    dim: int | None = None,
    _stacklevel: int = 3,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """As that of torch, with its names; bf16 is computed in fp32, as autocast does on a GPU."""
    if input.dtype != torch.bfloat16:
        return functional.softmax(input, dim, _stacklevel, dtype)
    return functional.softmax(input, dim, _stacklevel, torch.float32).to(dtype or input.dtype)


KERNELS: dict[Callable[..., Any], Callable[..., Tensor]] = {functional.dropout: dropout, functional.softmax: softmax}
