"""What a few training seeds can tell: the spread over seeds, and differences to the baseline, paired by seed.

A seed sets the new weights, the order of the batches and dropout. The baseline and a variant of one seed share all of
that, so their difference is taken seed by seed and then averaged, with Student's t interval for a mean of differences.

Such an interval speaks of other seeds on the same test set, not of other texts. And it speaks of one variant: of twenty
variants without any effect, one is expected to have an interval that excludes 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

LEVEL = 0.95  # of the intervals
Verdict = Literal["helps", "hurts", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean of `n` values and their standard deviation (with n - 1; ``None`` for fewer than two values)."""

    n: int
    mean: float
    std: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(len(values), float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None)


@dataclass(frozen=True, slots=True)
class Difference:
    """A variant's score minus the baseline's, for the seeds that both have.

    Attributes:
        seeds: the common seeds, sorted.
        values: the difference of each seed.
        mean: their mean, ``None`` without a common seed.
        std: their standard deviation (n - 1), ``None`` for fewer than two seeds.
        low: lower end of the 95 % interval of the mean, ``None`` for fewer than two seeds.
        high: its upper end.
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float | None
    std: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> Verdict:
        """What the interval says: it excludes 0 on one side, or nothing can be told."""
        if self.low is not None and self.low > 0:
            return "helps"
        if self.high is not None and self.high < 0:
            return "hurts"
        return "cannot tell"


def paired_difference(variant: Mapping[int, float], baseline: Mapping[int, float]) -> Difference:
    """Difference between two sets of scores by seed; seeds that only one of them has are left out."""
    seeds = tuple(sorted(variant.keys() & baseline.keys()))
    values = tuple(variant[seed] - baseline[seed] for seed in seeds)
    if not values:
        return Difference(seeds, values, None, None, None, None)
    spread = Spread.of(values)
    if spread.std is None:
        return Difference(seeds, values, spread.mean, None, None, None)
    half = float(stats.t.ppf((1 + LEVEL) / 2, spread.n - 1)) * spread.std / math.sqrt(spread.n)
    return Difference(seeds, values, spread.mean, spread.std, spread.mean - half, spread.mean + half)


def answer(label: str, difference: Difference) -> str:
    """One sentence on what a variant does to test F1 (0..1, told in points of 0..100), and what can be known of it."""
    if difference.mean is None:
        return f"{label} shares no seed with the baseline: {difference.verdict}."
    change = f"{label} changes test F1 by {points(difference.mean)} points"
    if difference.low is None or difference.high is None:
        seed = difference.seeds[0]
        return f"{change} (seed {seed}; one seed tells nothing about the spread): {difference.verdict}."
    interval = f"95 % interval {points(difference.low)} to {points(difference.high)}, {len(difference.seeds)} seeds"
    return f"{change} ({interval}): {difference.verdict}."


def points(difference: float) -> str:
    """A difference of scores in 0..1 as signed points: ``+0.12``."""
    return f"{100 * difference:+.2f}"
