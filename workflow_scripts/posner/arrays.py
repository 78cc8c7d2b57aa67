"""Names of numpy arrays, and what a model says of a sentence: for jobs that read predictions and need no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WordLogits:
    """Model output of one sentence.

    Attributes:
        logits: ``[words, labels]``, zeros for words that the encoder did not see.
        seen: ``[words]``, whether the encoder saw the word.
    """

    logits: Floats
    seen: npt.NDArray[np.bool_]

    def labels(self, unseen: int) -> Ids:
        """Id of the best label of each word, `unseen` for a word that the encoder did not see."""
        return np.where(self.seen, self.logits.argmax(axis=1), unseen)
