"""Scores of NER, by seqeval, and confusion counts of POS tagging."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from posner.arrays import Ids
from posner.corpora.corpus import OUTSIDE


def ner_scores(
    true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], truncated: int, without_pieces: int
) -> dict[str, Any]:
    """Scores of one split, by seqeval.

    Args:
        true: IOB2 labels by sentence.
        predicted: IOB2 labels by sentence; words that the model did not see are predicted as ``O``.
        truncated: number of words that were cut off.
        without_pieces: number of words that the tokenizer gives no piece, such as control characters.

    Returns:
        Micro-averaged F1, precision and recall in 0..1; `f1_macro`, the mean over entity types; the same scores
        `by_type`, and under strict IOB2 (`strict`); `accuracy` over tokens; `invalid_tags`, the number of ``I-`` labels
        that continue no entity; `truncated_tokens`, `tokens_without_pieces`, `tokens` and `sentences`.
    """
    tokens = sum(map(len, true))
    agreeing = sum(t == p for ts, ps in zip(true, predicted, strict=True) for t, p in zip(ts, ps, strict=True))
    return {
        **seqeval_scores(true, predicted),
        "strict": seqeval_scores(true, predicted, strict=True),
        "accuracy": agreeing / tokens,
        "invalid_tags": sum(map(invalid_tags, predicted)),
        "truncated_tokens": truncated,
        "tokens_without_pieces": without_pieces,
        "tokens": tokens,
        "sentences": len(true),
    }


def seqeval_scores(
    true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, strict: bool = False
) -> dict[str, Any]:
    """Micro, macro and per-type scores of seqeval, in its default mode or under strict IOB2."""
    # Here, because seqeval imports scikit-learn, which is slow, and a training needs scores at its end only.
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    mode = {"mode": "strict", "scheme": IOB2} if strict else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # types that are never predicted: their precision is 0, see zero_division
        report = classification_report(
            list(map(list, true)), list(map(list, predicted)), output_dict=True, zero_division=0, **mode
        )
    averages = {"micro avg", "macro avg", "weighted avg"}
    by_type = {name: renamed_scores(row) for name, row in report.items() if name not in averages}
    return {
        **renamed_scores(report["micro avg"]),
        "f1_macro": float(report["macro avg"]["f1-score"]) if by_type else 0.0,  # seqeval: NaN without types
        "by_type": by_type,
    }


def renamed_scores(row: dict[str, float]) -> dict[str, float]:
    """A row of seqeval's report under our names."""
    return {
        "f1": float(row["f1-score"]),
        "precision": float(row["precision"]),
        "recall": float(row["recall"]),
        "support": int(row["support"]),
    }


def invalid_tags(labels: Sequence[str]) -> int:
    """Number of ``I-`` labels that continue no entity of their type."""
    preceding = [OUTSIDE, *labels[:-1]]
    return sum(tag.startswith("I-") and last[2:] != tag[2:] for last, tag in zip(preceding, labels, strict=True))


def confusion_counts(gold: Ids, predicted: Ids, n_tags: int) -> npt.NDArray[np.int64]:
    """Confusion counts ``[true tags, predicted tags]``; tokens with a gold id below 0 (unknown tag) are excluded."""
    known = gold >= 0
    return np.bincount(gold[known] * n_tags + predicted[known], minlength=n_tags**2).reshape(n_tags, n_tags)
