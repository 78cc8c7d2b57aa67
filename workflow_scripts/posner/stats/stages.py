"""Levels of analyses of a study whose seeds are added in stages, such that the error rate of all stages together holds.

Looking at a study after 5 seeds, and again after 8 if it is inconclusive, are two chances of a false claim. The error
rate is therefore spent in parts: the later the stage, the larger its part (the spending function of Lan & DeMets 1983,
Biometrika 70, 659-663, of the type of O'Brien & Fleming), so that the last stage has nearly the level of a study
without stages. The level of each stage follows from the joint normal law of the test statistics (Armitage, McPherson &
Rowe 1969, JRSS A 132, 235-244). It is used for Student's t as well (Jennison & Turnbull 2000, *Group Sequential Methods
with Applications to Clinical Trials*). All stages share the test set, so their statistics are correlated more closely
than this law assumes, which lowers the error rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from scipy import optimize, stats

from posner.arrays import Doubles
from posner.config.statistics import Estimation

AnyEstimation = TypeVar("AnyEstimation", bound=Estimation)

NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
SMALLEST = 1e-10  # error rate that is spent at a stage
DIGITS = 6  # of a level; it is rounded up, which lowers the error rate


def at_stage(statistics: AnyEstimation, seeds: int) -> AnyEstimation:
    """The statistics of an analysis with this number of seeds: its level is that of its stage.

    A number of seeds between two stages has the level of the earlier one.
    """
    if not statistics.stages:
        return statistics
    levels = dict(zip(statistics.stages, stage_levels(statistics.stages, statistics.level), strict=True))
    reached = max((stage for stage in levels if stage <= seeds), default=statistics.stages[0])
    return statistics.model_copy(update={"level": levels[reached]})


@lru_cache
def stage_levels(stages: tuple[int, ...], level: float) -> tuple[float, ...]:
    """The level of intervals and two-sided tests at each stage, in 0..1.

    Args:
        stages: numbers of seeds, ascending.
        level: of all stages together, in 0..1.
    """
    alphas = nominal_alphas([stage / stages[-1] for stage in stages], 1 - level)
    return tuple(rounded_level(1 - alpha) for alpha in alphas)


def rounded_level(level: float) -> float:
    """A level rounded up, but below 1."""
    steps = 10**DIGITS
    return min(float(np.ceil(np.round(steps * level, 3))), steps - 1) / steps


def nominal_alphas(shares: Sequence[float], alpha: float) -> list[float]:
    """Two-sided significance at each stage.

    Args:
        shares: of the information that each stage has, ascending to 1.
        alpha: of all stages together.
    """
    spent = 4 * stats.norm.sf(stats.norm.isf(alpha / 4) / np.sqrt(shares))  # half of it on each side
    # Sums of independent increments that have not crossed a boundary: places `x`, and their probability weights.
    x, weights, share, before = np.zeros(1), np.ones(1), 0.0, 0.0
    alphas = []
    for now, total in zip(shares, spent, strict=True):
        if total < SMALLEST:  # no result is so extreme, and the grid would not resolve it
            alphas.append(float(total))
            continue
        step = np.sqrt(now - share)
        limit = boundary(x, weights, step, total - before)
        alphas.append(2 * float(stats.norm.sf(limit / np.sqrt(now))))
        places = limit * NODES
        density = stats.norm.pdf((places[:, None] - x) / step) @ weights / step
        x, weights, share, before = places, density * limit * WEIGHTS, now, total
    return alphas


def boundary(x: Doubles, weights: Doubles, step: float, probability: float) -> float:
    """The distance that a sum at `x`, with probabilities `weights`, crosses with `probability` in one normal step."""

    def excess(limit: float) -> float:
        beyond = stats.norm.sf((limit - x) / step) + stats.norm.sf((limit + x) / step)
        return float(beyond @ weights) - probability

    return float(optimize.brentq(excess, 0.0, 40.0))
