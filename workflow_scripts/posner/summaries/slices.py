"""Tables of scores by slice, that is, by type of mention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from posner.arrays import Floats
from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.evaluation.entities import prf
from posner.evaluation.slices import Slice
from posner.stats.comparison import PairedRuns, mean_difference, pair_runs, seed_mean_f1
from posner.stats.intervals import Estimate, moderate
from posner.stats.resampling import RunCounts
from posner.summaries.names import IDENTITY, identity

RUN_COLUMNS = ("seed", "slice", "value", "support", "predicted", "correct", "precision", "recall", "f1", "difference")
PAIR_COLUMNS = ("seeds", "support", "f1", "baseline_f1", "difference", "low", "high", "seed_std", "unit_std")


def slice_runs_table(counts: RunCounts, slices: Sequence[Slice], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each run and slice: counts of true (`support`), predicted and correct mentions; scores in 0..1.

    `difference` is F1 minus that of the baseline's run of the same seed; missing for the baseline.

    Args:
        counts: ``[slices, units, 3]``, by variant and seed.
    """
    baseline = baseline_of(variants)
    rows = [
        identity(name, variants)
        | {"seed": seed}
        | slice_columns(slices[i])
        | count_columns(total)
        | {"difference": None if name == baseline or reference is None else prf(*total)[2] - prf(*reference[i])[2]}
        for name, by_seed in counts.items()
        for seed, by_slice in by_seed.items()
        for reference in [slice_totals(counts[baseline][seed]) if seed in counts[baseline] else None]
        for i, total in enumerate(slice_totals(by_slice))
    ]
    return pd.DataFrame(rows, columns=[*IDENTITY, *RUN_COLUMNS])


def whole_test_table(counts: RunCounts, variants: Mapping[str, Variant]) -> pd.DataFrame:
    """:func:`slice_runs_table` of a test set that is not sliced, from counts ``[units, 3]``."""
    one_slice = {name: {seed: c[np.newaxis] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
    return slice_runs_table(one_slice, [("all", "all mentions")], variants).drop(columns=["slice", "value"])


def slice_totals(by_slice: Floats) -> list[tuple[int, int, int]]:
    """Correct, predicted and true mentions of each slice, from ``[slices, units, 3]``."""
    return [(int(correct), int(predicted), int(true)) for correct, predicted, true in by_slice.sum(axis=1)]


def slice_columns(slice_: Slice) -> dict[str, str]:
    """The columns that identify a slice."""
    return dict(zip(("slice", "value"), slice_, strict=True))


def count_columns(total: tuple[int, int, int]) -> dict[str, float]:
    """Counts and scores of one slice."""
    correct, predicted, true = total
    scores = dict(zip(("precision", "recall", "f1"), prf(*total), strict=True))
    return {"support": true, "predicted": predicted, "correct": correct, **scores}


def slice_summary_table(
    counts: RunCounts, slices: Sequence[Slice], variants: Mapping[str, Variant], statistics: Estimation
) -> pd.DataFrame:
    """A row for each slice and variant; F1 and difference are means over the seeds that the baseline has, too.

    `low` and `high` bound the interval of the difference (:mod:`posner.stats.intervals`). They hold for one variant and
    slice by itself and are not adjusted for the number of either; the variances over seeds of the variants in a slice
    are moderated together.
    """
    baseline = baseline_of(variants)
    rows = []
    for i, slice_ in enumerate(slices):
        of_slice = {name: {seed: c[i] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
        pairs = pair_runs(of_slice, baseline)
        estimates = moderate({name: mean_difference(pair.values()) for name, pair in pairs.items()})
        for name, pair in pairs.items():
            columns = pair_columns(pair, estimates[name], statistics.level)
            rows.append(identity(name, variants) | slice_columns(slice_) | columns)
    # A study of the baseline alone has the columns only.
    return pd.DataFrame(rows, columns=None if rows else [*IDENTITY, "slice", "value", *PAIR_COLUMNS])


def pair_columns(pair: PairedRuns, estimate: Estimate, level: float) -> dict[str, Any]:
    """The columns :data:`PAIR_COLUMNS` of a variant and the baseline in one slice."""
    low, high = estimate.interval(level) or (None, None)
    return {
        "seeds": estimate.parts.seeds,
        "support": int(pair.baseline[0, :, 2].sum()),
        "f1": seed_mean_f1(pair.variant),
        "baseline_f1": seed_mean_f1(pair.baseline),
        "difference": estimate.mean,
        "low": low,
        "high": high,
        "seed_std": estimate.parts.seed_std,
        "unit_std": estimate.parts.unit_std,
    }
