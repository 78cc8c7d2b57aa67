"""POS features: one-hot rows or standardised logits of each word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posner.arrays import Floats, Ids
from posner.corpora.corpus import Sentence

NO_TAG = -1  # id of a missing tag, or of one that train does not have; its features are zeros


@dataclass(frozen=True)
class Standardisation:
    """``(logit - mean) * scale`` for each tag ``[tags]``, estimated on the out-of-fold logits of train.

    The scale divides by the standard deviation and by the square root of the number of tags, so that the expected norm
    of a row is 1, as that of a one-hot row.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, logits: Floats) -> Standardisation:
        """Estimate it on ``logits`` ``[tokens, tags]``; a column that never varies becomes zeros."""
        deviation = logits.std(axis=0)
        scale = np.divide(1, deviation * np.sqrt(logits.shape[1]), out=np.zeros_like(deviation), where=deviation > 1e-6)
        return cls(logits.mean(axis=0), scale)

    def apply(self, logits: Floats) -> Floats:
        """Standardised logits, of the same shape."""
        return ((logits - self.mean) * self.scale).astype(np.float32)


@dataclass(frozen=True, slots=True)
class PosFeatures:
    """POS features of words.

    Attributes:
        table: ``[rows, tags]``, the distinct features; the last row is zeros, for no tag.
        rows: ``[words]``, the row of each word, -1 for the last one.
    """

    table: Floats
    rows: Ids


def one_hot_features(ids: Ids, n_tags: int) -> PosFeatures:
    """One-hot features of tag ids ``[words]``; -1 is no tag."""
    return PosFeatures(one_hot_table(n_tags), ids)


def logit_features(logits: Floats) -> PosFeatures:
    """Features of words from standardised logits ``[words, tags]``."""
    return PosFeatures(with_zeros(logits), np.arange(len(logits)))


def with_zeros(rows: Floats) -> Floats:
    """`rows` ``[rows, tags]`` and a last row of zeros, which -1 selects."""
    return np.concatenate([rows, np.zeros((1, rows.shape[1]), dtype=np.float32)])


def one_hot_table(n_tags: int) -> Floats:
    """``[tags + 1, tags]``: row i is tag i; the last row, which id -1 selects, is zeros for no tag."""
    return with_zeros(np.eye(n_tags, dtype=np.float32))


def tag_ids(sentences: Sequence[Sentence], tags: Sequence[str]) -> Ids:
    """Ids ``[tokens]`` of the corpus's POS tags, sentence after sentence; -1 for a tag that is not in `tags`."""
    return ids_of([tag for sentence in sentences for tag in sentence.pos], tags)


def ids_of(names: Sequence[str], tags: Sequence[str]) -> Ids:
    """The index in `tags` of each name; -1 for a name that is not in `tags`."""
    id_of = {tag: i for i, tag in enumerate(tags)}
    return np.array([id_of.get(name, NO_TAG) for name in names], dtype=np.int64)


def most_frequent(sentences: Sequence[Sentence], tags: Sequence[str]) -> int:
    """Id of the most frequent POS tag of the dataset: the prediction for words that the tagger cannot read."""
    return tags.index(Counter(tag for sentence in sentences for tag in sentence.pos).most_common(1)[0][0])
