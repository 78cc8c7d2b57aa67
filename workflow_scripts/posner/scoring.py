"""Scores of NER and of POS tagging.

Entities are found as conlleval does (Tjong Kim Sang & De Meulder 2003), by array operations, because a sweep scores
hundreds of predictions; that they are what seqeval finds is a test. Published numbers come from seqeval itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from .arrays import Ids
from .corpus import OUTSIDE

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


def ner_scores(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], lost: int) -> dict[str, Any]:
    """Scores of one split, by seqeval.

    Args:
        true, predicted: IOB2 labels by sentence; words that the encoder did not see are predicted as ``O``.
        lost: how many words those are.

    Returns:
        F1, precision and recall (0..1), micro; `f1_macro` over entity types; the same `by_type`; `strict`: the same
        under strict IOB2; `accuracy` over tokens; `invalid_tags`: ``I-`` that continue nothing; counts of tokens and
        of lost ones.
    """
    tokens = sum(map(len, true))
    agreeing = sum(t == p for ts, ps in zip(true, predicted, strict=True) for t, p in zip(ts, ps, strict=True))
    return {
        **seqeval_scores(true, predicted),
        "strict": seqeval_scores(true, predicted, mode="strict", scheme=IOB2),
        "accuracy": agreeing / tokens,
        "invalid_tags": sum(map(invalid_tags, predicted)),
        "truncated_tokens": lost,
        "tokens": tokens,
        "sentences": len(true),
    }


def seqeval_scores(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], **mode: Any) -> dict[str, Any]:
    """Micro, macro and per-type scores of seqeval in one of its modes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a type that was never predicted: its precision counts as 0, as we say
        report = classification_report(
            list(map(list, true)), list(map(list, predicted)), output_dict=True, zero_division=0, **mode
        )
    averages = {"micro avg", "macro avg", "weighted avg"}
    by_type = {name: as_scores(row) for name, row in report.items() if name not in averages}
    return {
        **as_scores(report["micro avg"]),
        "f1_macro": float(report["macro avg"]["f1-score"]) if by_type else 0.0,  # seqeval: the mean of nothing is NaN
        "by_type": by_type,
    }


def as_scores(row: dict[str, float]) -> dict[str, float]:
    """One row of seqeval's report in our names."""
    return {
        "f1": float(row["f1-score"]),
        "precision": float(row["precision"]),
        "recall": float(row["recall"]),
        "support": int(row["support"]),
    }


def invalid_tags(labels: Sequence[str]) -> int:
    """Number of ``I-`` tags that continue no entity of their type."""
    before = [OUTSIDE, *labels[:-1]]
    return sum(tag.startswith("I-") and last[2:] != tag[2:] for last, tag in zip(before, labels, strict=True))


def confusion_counts(gold: Ids, predicted: Ids, n_tags: int) -> npt.NDArray[np.int64]:
    """How often each tag (row) was predicted as each tag (column), ``[tags, tags]``; gold ids below 0 are left out."""
    known = gold >= 0
    return np.bincount(gold[known] * n_tags + predicted[known], minlength=n_tags**2).reshape(n_tags, n_tags)
