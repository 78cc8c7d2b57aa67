"""Joint law of the errors of several estimates that are tested together: quantiles of max |T|.

The `T` are multivariate t with one correlation between any two of them, as for many variants that are compared with one
baseline (Dunnett 1955, JASA 50, 1096-1121): the shared baseline alone gives 0.5. The probability that none exceeds a
distance is a double integral over the common part of the numerators and over the common denominator; it is computed by
Gauss-Legendre quadrature, and compared with scipy's in tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import special, stats
from scipy.interpolate import PchipInterpolator

from posner.arrays import Doubles

Sides = Literal[1, 2]

SHARED_BASELINE = 0.5  # correlation of two differences from one baseline, if all variances are equal
UNRELATED = 0.0  # correlation of effects that share no baseline: on different variants, or from different controls
MIN_P = 1e-12  # smaller p values are reported as this value
NORMAL_DF = 1e6  # from here on, Student's t is the normal distribution
MANY_DF = np.array([20, 22, 25, 28, 32, 37, 45, 55, 70, 90, 120, 170, 250, 400, 800, 2000, 10_000, NORMAL_DF])
DISTANCES = np.geomspace(1e-4, 1e13, 450)  # to the quantile of MIN_P for one degree of freedom
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True)
class Family:
    """Estimates whose errors are considered together.

    Attributes:
        size: their number.
        correlation: between the errors of any two, from 0 to below 1.
    """

    size: int
    correlation: float = SHARED_BASELINE

    def quantiles(self, p: Doubles, df: float, sides: Sides = 2) -> Doubles:
        """The distances that the largest ``|T|`` (of one side: ``T``) exceeds with probabilities `p`, ``[n]`` each."""
        log_distances = log_distances_by_tail(self, rounded(df), sides)
        return np.exp(log_distances(np.clip(np.log(p), log_distances.x[0], log_distances.x[-1])))


ALONE = Family(1, 0.0)


def rounded(df: float) -> float:
    """Degrees of freedom, many of them rounded down a little, so that few curves have to be computed."""
    return float(MANY_DF[df >= MANY_DF][-1]) if df >= MANY_DF[0] else round(df, 2)


@lru_cache(maxsize=512)
def log_distances_by_tail(family: Family, df: float, sides: Sides) -> PchipInterpolator:
    """Logarithm of the distance by logarithm of the probability that the maximum exceeds it."""
    tails = sides * stats.t.sf(DISTANCES, df) if family.size == 1 else maximum_tails(family, df, sides)
    known = tails > MIN_P / 10
    log_tails, log_distances = np.log(tails[known]), np.log(DISTANCES[known])
    distinct = np.append(np.diff(log_tails) < -1e-12, True)  # near 1 the tail is flat
    return PchipInterpolator(log_tails[distinct][::-1], log_distances[distinct][::-1])


def maximum_tails(family: Family, df: float, sides: Sides) -> Doubles:
    """Probability that the maximum exceeds each of :data:`DISTANCES`."""
    common, common_weights = quadrature(-9.0, 9.0)
    common_weights = common_weights * stats.norm.pdf(common)
    scales, scale_weights = denominators(df)
    limits = DISTANCES[:, None, None] * scales[:, None]  # [distances, scales, 1]
    own = np.sqrt(1 - family.correlation)
    shift = np.sqrt(family.correlation) * common  # [common]
    inside = special.log_ndtr((limits - shift) / own)
    if sides == 2:
        inside = inside + np.log1p(-np.minimum(np.exp(special.log_ndtr((-limits - shift) / own) - inside), 1 - 1e-16))
    beyond = -np.expm1(family.size * inside)  # [distances, scales, common]
    tails = (beyond @ common_weights) @ scale_weights
    return np.minimum(tails, 1.0)


def denominators(df: float) -> tuple[Doubles, Doubles]:
    """Nodes ``[n]`` and weights ``[n]`` for the square root of chi-squared over its degrees of freedom."""
    if df >= NORMAL_DF:
        return np.ones(1), np.ones(1)
    low, high = stats.chi2.ppf(1e-14, df), stats.chi2.isf(1e-14, df)
    logs, weights = quadrature(float(np.log(low)), float(np.log(high)))
    values = np.exp(logs)
    return np.sqrt(values / df), weights * values * stats.chi2.pdf(values, df)


def quadrature(low: float, high: float) -> tuple[Doubles, Doubles]:
    """Nodes and weights of Gauss-Legendre between two limits."""
    return (high - low) / 2 * NODES + (high + low) / 2, (high - low) / 2 * WEIGHTS
