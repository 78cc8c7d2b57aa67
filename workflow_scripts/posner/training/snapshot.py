"""What a moment of a training holds, in a form that is stored without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Snapshot:
    """Tensors by name, and all else as JSON."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]


def joined(parts: Mapping[str, Snapshot]) -> Snapshot:
    """One snapshot of several parts."""
    return Snapshot(
        {f"{part}/{name}": tensor for part, made in parts.items() for name, tensor in made.tensors.items()},
        {part: made.values for part, made in parts.items()},
    )


def part(whole: Snapshot, name: str) -> Snapshot:
    """One part of a joined snapshot."""
    prefix = f"{name}/"
    tensors = {key.removeprefix(prefix): t for key, t in whole.tensors.items() if key.startswith(prefix)}
    return Snapshot(tensors, whole.values[name])
