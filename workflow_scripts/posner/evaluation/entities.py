"""Entities in label sequences, and precision, recall and F1 from their counts.

Entities are defined as in conlleval (Tjong Kim Sang & De Meulder 2003) and found by array operations, because a sweep
scores hundreds of predictions; a test compares them with those of seqeval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posner.arrays import Ids
from posner.corpora.corpus import OUTSIDE

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TypeCounts:
    """Entities of each type, ``[types]`` each: correct, predicted and true ones."""

    correct: Ids
    predicted: Ids
    true: Ids

    def scores(self) -> tuple[float, float, float]:
        """Micro-averaged precision, recall and F1 in 0..1; 0 where nothing is predicted or true."""
        return prf(int(self.correct.sum()), int(self.predicted.sum()), int(self.true.sum()))

    def f1_by_type(self) -> list[float]:
        """F1 of each type, in 0..1."""
        return [prf(*map(int, row))[2] for row in zip(self.correct, self.predicted, self.true, strict=True)]


def prf(correct: int, predicted: int, true: int) -> tuple[float, float, float]:
    """Precision, recall and F1 in 0..1, from numbers of correct, predicted and true items."""
    precision = correct / predicted if predicted else 0.0
    recall = correct / true if true else 0.0
    return precision, recall, 2 * correct / (predicted + true) if predicted + true else 0.0


class EntityFinder:
    """Finds entities in the label sequences of a split, laid end to end.

    Args:
        labels: label names by id: ``O``, and ``B-`` and ``I-`` of each type.
        lengths: ``[sentences]``, number of words.
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
        """A sorted integer key for each entity in the label ids ``[words]``; it encodes start, end and type."""
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
        """First word ``[entities]`` of the entities with these keys."""
        return keys // len(self.types) // (self.total + 1)

    def spans(self, keys: Keys) -> tuple[Ids, Ids, Ids]:
        """First word, word after the last, and type number ``[entities]`` of the entities with these keys."""
        return self.starts(keys), keys // len(self.types) % (self.total + 1), keys % len(self.types)

    def by_unit(self, groups: Sequence[Keys], unit_of_word: Ids) -> Ids:
        """Number of entities of each group (such as correct, predicted, true) in each unit, ``[units, groups]``."""
        units = int(unit_of_word.max()) + 1
        return np.stack([np.bincount(unit_of_word[self.starts(keys)], minlength=units) for keys in groups], axis=1)

    def counts(self, true: Keys, predicted: Keys) -> TypeCounts:
        """Correct, predicted and true entities of each type, from the keys of the true and the predicted ones."""
        correct = np.intersect1d(true, predicted, assume_unique=True)
        n = len(self.types)
        by_type = (np.bincount(keys % n, minlength=n) for keys in (correct, predicted, true))
        return TypeCounts(*by_type)
