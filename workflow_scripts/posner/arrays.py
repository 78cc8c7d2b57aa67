"""Array type aliases, and the word-level logits of one sentence. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

COUNT_COLUMNS = (
    "unit_correct",
    "unit_predicted",
    "unit_true",
)  # of sweeps: entities of each unit, as in counts [..., 3]


def bounds(lengths: Sequence[int] | Ids | Mask) -> Ids:
    """Where consecutive parts of these lengths begin and end in a flat array: ``[parts + 1]``, from 0."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def ranges(start: Ids, size: Ids) -> Ids:
    """The ranges ``start[i], start[i] + 1, ...`` of length ``size[i]``, concatenated."""
    return np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)


@dataclass(frozen=True, slots=True)
class WordLogits:
    """Model output of words, of one sentence or of several in turn.

    Attributes:
        logits: ``[words, labels]``, zeros for words that were cut off.
        seen: ``[words]``, whether the encoder read the word.
    """

    logits: Floats
    seen: Mask

    def labels(self, unseen: int) -> Ids:
        """Id ``[words]`` of the highest-scoring label; `unseen` for words that were cut off."""
        return np.where(self.seen, self.logits.argmax(axis=1), unseen)

    def split(self, bounds: Ids) -> list[WordLogits]:
        """The parts between consecutive `bounds`."""
        return [WordLogits(self.logits[a:b], self.seen[a:b]) for a, b in pairwise(bounds)]
