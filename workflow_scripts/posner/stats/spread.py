"""Spread over seeds, and differences to the baseline, paired by seed.

A seed sets the new weights, the order of the batches and dropout. The baseline and a variant of one seed share all of
that, so their difference is taken seed by seed and then averaged. How sure it is, :mod:`posner.stats.comparison` tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


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
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float | None
    std: float | None


def paired_difference(variant: Mapping[int, float], baseline: Mapping[int, float]) -> Difference:
    """Difference between two sets of scores by seed; seeds that only one of them has are left out."""
    seeds = tuple(sorted(variant.keys() & baseline.keys()))
    values = tuple(variant[seed] - baseline[seed] for seed in seeds)
    if not values:
        return Difference(seeds, values, None, None)
    spread = Spread.of(values)
    return Difference(seeds, values, spread.mean, spread.std)


def points(difference: float) -> str:
    """A difference of scores in 0..1 as signed points: ``+0.12``."""
    return f"{100 * difference:+.2f}"
