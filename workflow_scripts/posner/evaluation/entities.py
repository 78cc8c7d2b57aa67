"""Entities in label sequences, found by array operations, and precision, recall and F1 from their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posner.arrays import Ids
from posner.corpora.corpus import OUTSIDE

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """Entities of each type: found and right, predicted, and in the truth; ``[types]`` each."""

    right: Ids
    predicted: Ids
    true: Ids

    def scores(self) -> tuple[float, float, float]:
        """Micro-averaged precision, recall and F1 in 0..1; 0 where nothing was predicted or is to be found."""
        return prf(int(self.right.sum()), int(self.predicted.sum()), int(self.true.sum()))

    def f1_by_type(self) -> list[float]:
        """F1 of each type."""
        return [prf(*map(int, row))[2] for row in zip(self.right, self.predicted, self.true, strict=True)]


def prf(right: int, predicted: int, true: int) -> tuple[float, float, float]:
    """Precision, recall, F1 in 0..1."""
    precision = right / predicted if predicted else 0.0
    recall = right / true if true else 0.0
    return precision, recall, 2 * right / (predicted + true) if predicted + true else 0.0


class EntityFinder:
    """Finds the entities of label sequences that are laid end to end.

    Args:
        labels: names by id: ``O`` and ``B-``/``I-`` of each type.
        lengths: ``[sentences]``, number of words of each sentence.
    """

    def __init__(self, labels: Sequence[str], lengths: Sequence[int]) -> None:
        self.types = sorted({label[2:] for label in labels if label != OUTSIDE})
        self.type_of = np.array([-1 if label == OUTSIDE else self.types.index(label[2:]) for label in labels])
        self.begins = np.array([label.startswith("B-") for label in labels])
        ends = np.cumsum(lengths)
        self.total = int(ends[-1]) if len(ends) else 0
        self.sentence_start = np.zeros(self.total, dtype=bool)
        self.sentence_start[np.concatenate([[0], ends[:-1]]).astype(int)] = True

    def keys(self, ids: Ids) -> Keys:
        """One sorted integer for each entity of ``ids`` ``[words]``, from its start, its end and its type."""
        kind = self.type_of[ids]
        previous = np.concatenate([[-1], kind[:-1]])
        is_entity = kind >= 0
        starts = is_entity & (self.begins[ids] | self.sentence_start | (previous != kind))
        start = np.flatnonzero(starts)
        # An entity ends before the next word that starts one, is outside, or starts a sentence.
        breaks = np.flatnonzero(starts | ~is_entity)
        end = np.append(breaks, self.total)[np.searchsorted(breaks, start, side="right")]
        return (start * (self.total + 1) + end) * len(self.types) + kind[start]

    def starts(self, keys: Keys) -> Ids:
        """Where the entities of these keys start."""
        return keys // len(self.types) // (self.total + 1)

    def spans(self, keys: Keys) -> tuple[Ids, Ids, Ids]:
        """First word, the word after the last, and number of the type of the entities of these keys."""
        return self.starts(keys), keys // len(self.types) % (self.total + 1), keys % len(self.types)

    def by_text(self, kinds: Sequence[Keys], text_of_token: Ids) -> Ids:
        """How many entities of each kind (as right, predicted, true) begin in each text, ``[texts, kinds]``."""
        texts = int(text_of_token.max()) + 1
        return np.stack([np.bincount(text_of_token[self.starts(keys)], minlength=texts) for keys in kinds], axis=1)

    def counts(self, true: Keys, predicted: Keys) -> Counts:
        """Entities right, predicted and true by type, from their keys."""
        right = np.intersect1d(true, predicted, assume_unique=True)
        n = len(self.types)
        by_type = (np.bincount(keys % n, minlength=n) for keys in (right, predicted, true))
        return Counts(*by_type)
