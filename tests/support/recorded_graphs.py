"""CUDA graphs as a CPU can have them: a capture records every operation with its tensors, and a replay repeats these.

As in a CUDA graph, a replay runs no Python: numbers and branches are those of the capture, every tensor keeps its
place in memory, and random numbers are drawn again. Operations that a capture on a GPU refuses are refused here, too:
those that read from the device, and those whose shapes depend on the data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from posner.training.execution import CaptureError, Operations
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

READS = ("_local_scalar_dense", "is_nonzero")
SHAPES = ("nonzero", "masked_select", "_unique2", "unique_dim", "unique_consecutive", "repeat_interleave")
Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]


class Recording(TorchDispatchMode):
    """Records all operations within the context, while they are executed.

    Raises:
        CaptureError: one of them reads from the device, or has a shape that depends on the data.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        has_mask = name in ("index", "index_put_", "_index_put_impl_") and any(
            isinstance(leaf, Tensor) and leaf.dtype == torch.bool for leaf in tree_leaves(args[1])
        )
        if name in (*READS, *SHAPES) or has_mask:
            raise CaptureError(f"{name} is not permitted when a stream is captured")
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        """Repeat all operations, each with the same tensors as inputs and as outputs."""
        for func, args, kwargs, result in self.calls:
            repeated = func(*args, **kwargs)
            for old, new in zip(tree_leaves(result), tree_leaves(repeated), strict=True):
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.detach().copy_(new.detach())


def refuse(name: str) -> Callable[..., Any]:
    """In place of a method that reads from the device."""

    def read(*_: Any) -> Any:
        raise CaptureError(f"{name} is not permitted when a stream is captured")

    return read


class RecordedGraphs:
    """Captures and replays on a CPU, and counts both.

    Args:
        tensors: all tensors that outlive a step, whose values a capture must not change.
    """

    def __init__(self, tensors: Callable[[], list[Tensor]]) -> None:
        self.tensors, self.captures, self.replays, self.warm_ups = tensors, 0, 0, 0

    def beside(self, run: Operations) -> None:
        self.warm_ups += 1
        run()

    def capture(self, run: Operations) -> Operations:
        self.captures += 1
        tensors, random_state = self.tensors(), torch.get_rng_state()
        before = [tensor.detach().clone() for tensor in tensors]
        try:
            with pytest.MonkeyPatch.context() as patch, Recording() as recording:
                patch.setattr("transformers.utils.import_utils.is_cuda_stream_capturing", lambda: True)
                for name in ("cpu", "item", "numpy", "tolist"):  # on a CPU, no operation of torch shows some of them
                    patch.setattr(Tensor, name, refuse(name))
                run()
        finally:
            with torch.no_grad():
                for tensor, value in zip(tensors, before, strict=True):
                    tensor.copy_(value)
            torch.set_rng_state(random_state)

        def replay() -> None:
            self.replays += 1
            with torch.no_grad():
                recording.replay()

        return replay
