"""Intervals, tests and power of a mean difference of F1 between two models.

Two things are sampled: training seeds and the resampling units of the test set (documents where known, else sentences).
The difference is averaged over `S` seeds, paired by seed. Its error has two parts: `seed_std` / sqrt(S), from the
standard deviation over seeds, and `unit_std`, the standard deviation over resampled units with these models fixed
(bootstrap, Efron & Tibshirani 1993). The half-width of an interval combines a Student-t term over seeds (S - 1 degrees
of freedom) with a normal term over units, in quadrature (Howe 1974, JASA 69, 789-794).

These intervals have at least their nominal coverage from about twenty units on. The more common bootstrap over seeds as
well as units is too narrow for three seeds, and so are Satterthwaite's degrees of freedom for two.

Equivalence is tested by two one-sided tests (Schuirmann 1987), the difference on the test set alone by approximate
randomisation (Noreen 1989; for NLP: Dror et al. 2018, doi:10.18653/v1/P18-1128). The p values of several variants are
adjusted by Holm's method (1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from posner.arrays import Doubles, Ids

POWER = 0.8  # conventional power for detectable effects and seed numbers
MAX_SEEDS = 1000  # no study would train more
MIN_P = 1e-12  # smaller p values are reported as this value


@dataclass(frozen=True)
class Estimate:
    """A mean difference of F1 and the components of its uncertainty.

    Attributes:
        mean: difference averaged over seeds, in F1 of 0..1.
        seeds: number of seeds.
        seed_std: standard deviation over seeds (n - 1), ``None`` for one seed.
        unit_std: standard deviation over resampled units.
    """

    mean: float
    seeds: int
    seed_std: float | None
    unit_std: float

    def interval(self, level: float) -> tuple[float, float] | None:
        """Confidence interval of the mean; ``None`` for one seed."""
        if self.seed_std is None:
            return None
        half = half_width((1 - level) / 2, self.seed_std, self.unit_std, self.seeds)
        return self.mean - half, self.mean + half

    def p_difference(self) -> float:
        """Two-sided p value of the hypothesis of no difference; 1 for one seed."""
        return 2 * self._tail_probability(abs(self.mean))

    def p_equivalence(self, margin: float) -> float:
        """The p value of the hypothesis of a difference of at least `margin`: the larger of two one-sided tests."""
        return self._tail_probability(margin - abs(self.mean))

    def _tail_probability(self, distance: float) -> float:
        """Probability of an error above `distance`; 0.5 for one seed, whose spread is unknown."""
        return 0.5 if self.seed_std is None else tail_probability(distance, self.seed_std, self.unit_std, self.seeds)


def tail_probability(distance: float, seed_std: float, unit_std: float, seeds: int) -> float:
    """Probability of an error above `distance` in one direction: the inverse of :func:`half_width`."""
    if distance < 0:
        return 1 - tail_probability(-distance, seed_std, unit_std, seeds)
    if distance == 0:
        return 0.5
    if seed_std == unit_std == 0:
        return 0.0
    excess = lambda log_p: half_width(math.exp(log_p), seed_std, unit_std, seeds) - distance  # noqa: E731
    lowest, highest = math.log(MIN_P), math.log(0.5)
    return MIN_P if excess(lowest) < 0 else math.exp(optimize.brentq(excess, lowest, highest))


def half_width(p: float, seed_std: float, unit_std: float, seeds: int) -> float:
    """Half the width of an interval of level ``1 - 2 p``: errors exceed it on one side with probability `p`."""
    return float(half_widths(p, seed_std, unit_std, np.array([seeds]))[0])


def half_widths(p: float, seed_std: float, unit_std: float, seeds: Ids) -> Doubles:
    """:func:`half_width` for several numbers of seeds ``[n]``."""
    over_seeds = stats.t.isf(p, seeds - 1) * seed_std / np.sqrt(seeds)
    return np.hypot(over_seeds, stats.norm.isf(p) * unit_std)


def detectable(seed_std: float, unit_std: float, seeds: int, level: float) -> float:
    """The smallest true difference that is detected with a power of about `POWER` at significance ``1 - level``."""
    return float(all_detectable(seed_std, unit_std, np.array([seeds]), level)[0])


def all_detectable(seed_std: float, unit_std: float, seeds: Ids, level: float) -> Doubles:
    """:func:`detectable` for several numbers of seeds ``[n]``."""
    tails = ((1 - level) / 2, 1 - POWER)
    return sum((half_widths(p, seed_std, unit_std, seeds) for p in tails), np.zeros(len(seeds)))


def power(difference: float, seed_std: float, unit_std: float, seeds: int, level: float) -> float:
    """Probability that a true difference of this size is detected at significance ``1 - level``."""
    critical = half_width((1 - level) / 2, seed_std, unit_std, seeds)
    return 1 - tail_probability(difference - critical, seed_std, unit_std, seeds)


def seeds_needed(seed_std: float, unit_std: float, difference: float, level: float) -> int | None:
    """Number of seeds that would detect a true difference of this size; ``None`` if the test set is too small."""
    seeds = np.arange(2, MAX_SEEDS + 1)
    enough = seeds[all_detectable(seed_std, unit_std, seeds, level) <= difference]
    return int(enough[0]) if len(enough) else None


def bonferroni_level(level: float, tests: int) -> float:
    """The level of each of `tests` tests with a family-wise level of `level` (Bonferroni; Holm's first step)."""
    return 1 - (1 - level) / tests


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p values (1979), which control the family-wise error rate."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.minimum(1, np.maximum.accumulate(np.asarray(p_values)[order] * factors))
    result = np.empty(len(p_values))
    result[order] = adjusted
    return result.tolist()


def estimate_difference(variant: Doubles, baseline: Doubles, resampled: Doubles) -> Estimate:
    """The mean difference of two sets of runs, paired by seed.

    Args:
        variant: F1 ``[seeds]`` on the test set.
        baseline: F1 ``[seeds]`` of the runs to compare with.
        resampled: differences of F1 ``[resamples, seeds]`` on resampled units.
    """
    differences = variant - baseline
    seeds = len(differences)
    return Estimate(
        mean=float(differences.mean()),
        seeds=seeds,
        seed_std=float(differences.std(ddof=1)) if seeds > 1 else None,
        unit_std=float(resampled.mean(axis=1).std(ddof=1)),
    )
