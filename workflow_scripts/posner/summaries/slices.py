"""Tables of scores by kind of mention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from posner.config.statistics import Statistics
from posner.config.variants import Variant, baseline_of
from posner.evaluation.entities import prf
from posner.evaluation.slices import Counts, Slice
from posner.stats.comparison import Pair, pair_up
from posner.stats.resampling import Array, f1
from posner.summaries.ner import IDENTITY, identity

PAIR_COLUMNS = ("seeds", "support", "f1", "baseline_f1", "difference", "low", "high", "seed_std", "text_std")


# --- tables ----------------------------------------------------------------------------------------------------------


def runs_table(counts: Counts, slices: Sequence[Slice], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a run and slice: true mentions (`support`), predicted and right ones, precision, recall and F1 in 0..1.

    `difference` is F1 minus that of the baseline's run of the same seed; the baseline has none.
    """
    baseline = baseline_of(variants)
    return pd.DataFrame(
        identity(name, variants)
        | {"seed": seed}
        | slice_columns(slices[i])
        | score_columns(total)
        | {"difference": None if name == baseline or theirs is None else prf(*total)[2] - prf(*theirs[i])[2]}
        for name, by_seed in counts.items()
        for seed, by_slice in by_seed.items()
        for theirs in [totals(counts[baseline][seed]) if seed in counts[baseline] else None]
        for i, total in enumerate(totals(by_slice))
    )


def whole_table(counts: Mapping[str, Mapping[int, Array]], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """The same of counts ``[texts, 3]`` that are in no slices: a row a run."""
    one_slice = {name: {seed: c[np.newaxis] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
    return runs_table(one_slice, [("all", "all mentions")], variants).drop(columns=["slice", "value"])


def totals(by_slice: Array) -> list[tuple[int, int, int]]:
    """Right, predicted and true mentions of each slice, from ``[slices, texts, 3]``."""
    return [(int(right), int(predicted), int(true)) for right, predicted, true in by_slice.sum(axis=1)]


def slice_columns(which: Slice) -> dict[str, str]:
    """The columns by which tables name a slice."""
    return dict(zip(("slice", "value"), which, strict=True))


def score_columns(total: tuple[int, int, int]) -> dict[str, float]:
    """Counts and scores of one slice."""
    right, predicted, true = total
    scores = dict(zip(("precision", "recall", "f1"), prf(*total), strict=True))
    return {"support": true, "predicted": predicted, "right": right, **scores}


def summary_table(
    counts: Counts, slices: Sequence[Slice], variants: Mapping[str, Variant], settings: Statistics
) -> pd.DataFrame:
    """A row a slice and variant that shares seeds with the baseline; F1 and differences are means over these seeds.

    `low` and `high` bound the interval of the difference as in :mod:`posner.stats.intervals`, for one variant and slice
    by itself: nothing is adjusted for their number.
    """
    baseline = baseline_of(variants)
    rows = []
    for i, which in enumerate(slices):
        of_slice = {name: {seed: c[i] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
        for name, pair in pair_up(of_slice, baseline, settings).items():
            rows.append(identity(name, variants) | slice_columns(which) | pair_columns(pair, settings.level))
    # A study may have no variant to compare.
    return pd.DataFrame(rows, columns=None if rows else [*IDENTITY, "slice", "value", *PAIR_COLUMNS])


def pair_columns(pair: Pair, level: float) -> dict[str, Any]:
    """What is known of a variant and the baseline in one slice."""
    made = pair.estimate()
    low, high = made.interval(level) or (None, None)
    return {
        "seeds": made.seeds,
        "support": int(pair.baseline[0, :, 2].sum()),
        "f1": float(f1(pair.variant.sum(axis=1)).mean()),
        "baseline_f1": float(f1(pair.baseline.sum(axis=1)).mean()),
        "difference": made.mean,
        "low": low,
        "high": high,
        "seed_std": made.seed_std,
        "text_std": made.text_std,
    }
