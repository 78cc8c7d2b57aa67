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


def one_hot_table(n_tags: int) -> Floats:
    """``[tags + 1, tags]``: row i is tag i; the last row, which id -1 selects, is zeros for no tag."""
    return np.concatenate([np.eye(n_tags), np.zeros((1, n_tags))]).astype(np.float32)


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


def by_sentence(values: np.ndarray, sentences: Sequence[Sentence]) -> list[np.ndarray]:
    """Split an array over tokens ``[tokens, ...]`` into one array per sentence."""
    return np.split(values, np.cumsum([len(sentence) for sentence in sentences])[:-1])
