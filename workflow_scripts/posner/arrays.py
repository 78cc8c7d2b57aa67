"""Array type aliases, and the word-level logits of one sentence. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class WordLogits:
    """Model output of one sentence.

    Attributes:
        logits: ``[words, labels]``, zeros for words that were cut off.
        seen: ``[words]``, whether the encoder read the word.
    """

    logits: Floats
    seen: Mask

    def labels(self, unseen: int) -> Ids:
        """Id ``[words]`` of the highest-scoring label; `unseen` for words that were cut off."""
        return np.where(self.seen, self.logits.argmax(axis=1), unseen)
