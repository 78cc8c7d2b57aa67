"""Pickle-free container for the state of a training: tensors, and JSON for everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor


@dataclass(frozen=True)
class Snapshot:
    """State at one moment.

    Attributes:
        tensors: tensors by name.
        values: all other values; JSON.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any]

    def copy(self) -> Snapshot:
        """A snapshot that does not change when the training goes on."""
        return Snapshot({name: tensor.detach().clone() for name, tensor in self.tensors.items()}, dict(self.values))

    @classmethod
    def join(cls, parts: Mapping[str, Snapshot]) -> Self:
        """One snapshot of several parts."""
        return cls(
            {f"{name}/{key}": tensor for name, part in parts.items() for key, tensor in part.tensors.items()},
            {name: part.values for name, part in parts.items()},
        )

    def part(self, name: str) -> Snapshot:
        """One part of a joined snapshot."""
        prefix = f"{name}/"
        tensors = {key.removeprefix(prefix): t for key, t in self.tensors.items() if key.startswith(prefix)}
        return Snapshot(tensors, self.values[name])
