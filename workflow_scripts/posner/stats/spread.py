"""Mean and standard deviation over training seeds, and differences from the baseline, paired by seed.

A seed fixes the initial weights of new layers, the order of the batches and dropout. The baseline and a variant of the
same seed share all of these, so their difference is taken seed by seed and then averaged. Intervals and tests of that
mean are in :mod:`posner.stats.comparison`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean of `n` values and their standard deviation (n - 1; ``None`` for one value)."""

    n: int
    mean: float
    std: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(len(values), float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None)


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """A variant's score minus the baseline's, for the seeds that both have.

    Attributes:
        seeds: the common seeds, sorted.
        values: the difference of each seed.
        mean: their mean, ``None`` without a common seed.
        std: their standard deviation (n - 1), ``None`` for fewer than two seeds.
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float | None
    std: float | None


def root_mean_square(values: Iterable[float]) -> float:
    """Root mean square of at least one value: the common one of several standard deviations."""
    return float(np.sqrt(np.mean(np.square(list(values)))))


def paired_difference(variant: Mapping[int, float], baseline: Mapping[int, float]) -> PairedDifference:
    """Difference of two sets of scores by seed; seeds that only one of them has are ignored."""
    seeds = tuple(sorted(variant.keys() & baseline.keys()))
    values = tuple(variant[seed] - baseline[seed] for seed in seeds)
    if not values:
        return PairedDifference(seeds, values, None, None)
    spread = Spread.of(values)
    return PairedDifference(seeds, values, spread.mean, spread.std)
