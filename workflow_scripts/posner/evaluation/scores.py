"""Scores of NER and of POS tagging.

Entities are found as conlleval does (Tjong Kim Sang & De Meulder 2003), by array operations, because a sweep scores
hundreds of predictions; that they are what seqeval finds is a test. Published numbers come from seqeval itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from posner.arrays import Ids
from posner.corpora.corpus import OUTSIDE


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
