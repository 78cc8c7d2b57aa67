"""POS as numbers: one-hot rows or standardised logits for each word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posner.arrays import Floats, Ids
from posner.corpora.corpus import Sentence

UNKNOWN = -1  # id of a tag that train never had: its feature is a row of zeros


@dataclass(frozen=True)
class Standardisation:
    """``(logit - mean) * scale`` for each tag ``[tags]``; estimated on out-of-fold train, used everywhere.

    The scale divides by the standard deviation and by the root of the number of tags: the expected norm of a vector
    is 1, that of a one-hot row.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, logits: Floats) -> Standardisation:
        """Estimate it on ``logits`` ``[tokens, tags]``; a tag whose logit never varies gives zeros."""
        deviation = logits.std(axis=0)
        scale = np.divide(1, deviation * np.sqrt(logits.shape[1]), out=np.zeros_like(deviation), where=deviation > 1e-6)
        return cls(logits.mean(axis=0), scale)

    def apply(self, logits: Floats) -> Floats:
        """Standardised logits, of the same shape."""
        return ((logits - self.mean) * self.scale).astype(np.float32)


def one_hot_table(n_tags: int) -> Floats:
    """``[tags + 1, tags]``: row i is tag i, and the last row, which id -1 picks, is no tag."""
    return np.concatenate([np.eye(n_tags), np.zeros((1, n_tags))]).astype(np.float32)


def tag_ids(sentences: Sequence[Sentence], tags: Sequence[str]) -> Ids:
    """Ids of the corpus's POS tags ``[tokens]``, sentences end to end; -1 for a tag that is not in `tags`."""
    return ids_of([tag for sentence in sentences for tag in sentence.pos], tags)


def ids_of(names: Sequence[str], tags: Sequence[str]) -> Ids:
    """The place of each name among `tags`; -1 for one that is not there."""
    number = {tag: i for i, tag in enumerate(tags)}
    return np.array([number.get(name, UNKNOWN) for name in names], dtype=np.int64)


def most_frequent(sentences: Sequence[Sentence], tags: Sequence[str]) -> int:
    """Id of the corpus's most frequent POS tag: the best guess where nothing else is known."""
    return tags.index(Counter(tag for sentence in sentences for tag in sentence.pos).most_common(1)[0][0])


def by_sentence(values: np.ndarray, sentences: Sequence[Sentence]) -> list[np.ndarray]:
    """Split an array over tokens ``[tokens, ...]`` into one array a sentence."""
    return np.split(values, np.cumsum([len(sentence) for sentence in sentences])[:-1])
