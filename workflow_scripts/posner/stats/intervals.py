"""Whether two models differ, and how sure that is: from the entities that they found, text by text.

Two things are samples: the training seeds, and the texts of the test set. The error of a difference of F1 that is
averaged over `S` seeds, paired by seed, has two parts: `seed_std` / sqrt(S), from the standard deviation over seeds on
these texts, and `text_std`, its standard deviation over resampled texts for these models (bootstrap, Efron & Tibshirani
1993). The seeds are few, so their part reaches as far as Student's t with S - 1 degrees of freedom says, that of the
texts as far as the normal distribution, and the two reaches are added as squares (Howe 1974, JASA 69, 789-794). Such
intervals cover the truth at least as often as they claim, from about twenty texts on. To resample the seeds as well
would be the usual way; from three of them it finds intervals that are too short, and so do Satterthwaite's degrees of
freedom from two.

Equivalence is told by two one-sided tests (Schuirmann 1987), the test set alone by approximate randomization (Noreen
1989; for NLP: Dror et al. 2018, doi:10.18653/v1/P18-1128). The p values of several variants are adjusted by Holm
(1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

Doubles = npt.NDArray[np.float64]
POWER = 0.8  # the chance of finding a difference that is there, by convention
MOST_SEEDS = 1000  # beyond this a study would not be run
LEAST_P = 1e-12  # smaller ones are told as this


@dataclass(frozen=True)
class Estimate:
    """A difference, and what its uncertainty is made of.

    Attributes:
        mean: the difference averaged over seeds, in F1 of 0..1.
        seeds: number of seeds.
        seed_std: standard deviation over seeds (n - 1), ``None`` for one seed.
        text_std: standard deviation over resampled texts.
    """

    mean: float
    seeds: int
    seed_std: float | None
    text_std: float

    def interval(self, level: float) -> tuple[float, float] | None:
        """Interval of the mean; ``None`` for one seed."""
        if self.seed_std is None:
            return None
        half = reach((1 - level) / 2, self.seed_std, self.text_std, self.seeds)
        return self.mean - half, self.mean + half

    def p_difference(self) -> float:
        """Two-sided p value of no difference; 1 for one seed."""
        return 2 * self._chance_beyond(abs(self.mean))

    def p_equivalence(self, margin: float) -> float:
        """The p value of a difference of at least `margin` in either direction: the larger of two one-sided tests."""
        return self._chance_beyond(margin - abs(self.mean))

    def _chance_beyond(self, distance: float) -> float:
        """Chance of an error larger than `distance`; even for one seed."""
        return 0.5 if self.seed_std is None else chance_beyond(distance, self.seed_std, self.text_std, self.seeds)


def chance_beyond(distance: float, seed_std: float, text_std: float, seeds: int) -> float:
    """Chance of an error larger than `distance` in one direction: the inverse of :func:`reach`."""
    if distance < 0:
        return 1 - chance_beyond(-distance, seed_std, text_std, seeds)
    if distance == 0:
        return 0.5
    if seed_std == text_std == 0:
        return 0.0
    excess = lambda log_p: reach(math.exp(log_p), seed_std, text_std, seeds) - distance  # noqa: E731
    lowest, highest = math.log(LEAST_P), math.log(0.5)
    return LEAST_P if excess(lowest) < 0 else math.exp(optimize.brentq(excess, lowest, highest))


def reach(p: float, seed_std: float, text_std: float, seeds: int) -> float:
    """The distance that an error exceeds, in one direction, with a chance of at most `p`."""
    return float(reaches(p, seed_std, text_std, np.array([seeds]))[0])


def reaches(p: float, seed_std: float, text_std: float, seeds: npt.NDArray[np.int64]) -> Doubles:
    """The same for several numbers of seeds."""
    of_seeds = stats.t.isf(p, seeds - 1) * seed_std / np.sqrt(seeds)
    return np.hypot(of_seeds, stats.norm.isf(p) * text_std)


def detectable(seed_std: float, text_std: float, seeds: int, level: float) -> float:
    """The smallest true difference that is found with a chance of about `POWER` at significance ``1 - level``."""
    return float(all_detectable(seed_std, text_std, np.array([seeds]), level)[0])


def all_detectable(seed_std: float, text_std: float, seeds: npt.NDArray[np.int64], level: float) -> Doubles:
    """The same for several numbers of seeds."""
    return sum((reaches(p, seed_std, text_std, seeds) for p in ((1 - level) / 2, 1 - POWER)), np.zeros(len(seeds)))


def power(difference: float, seed_std: float, text_std: float, seeds: int, level: float) -> float:
    """The chance that a true difference of this size is found at significance ``1 - level``: `POWER` if it is just
    :func:`detectable`.
    """
    needed = reach((1 - level) / 2, seed_std, text_std, seeds)
    return 1 - chance_beyond(difference - needed, seed_std, text_std, seeds)


def seeds_needed(seed_std: float, text_std: float, difference: float, level: float) -> int | None:
    """Seeds with which a true difference of this size would be found; ``None`` where these texts are too few for it."""
    seeds = np.arange(2, MOST_SEEDS + 1)
    enough = seeds[all_detectable(seed_std, text_std, seeds, level) <= difference]
    return int(enough[0]) if len(enough) else None


def level_among(level: float, tests: int) -> float:
    """The level that each of `tests` tests needs for all to hold together at `level`: Holm's first and hardest step."""
    return 1 - (1 - level) / tests


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values (Holm 1979): with them, the chance of any false claim among all is held."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.minimum(1, np.maximum.accumulate(np.asarray(p_values)[order] * factors))
    result = np.empty(len(p_values))
    result[order] = adjusted
    return result.tolist()


def estimate(variant: Doubles, baseline: Doubles, resampled: Doubles) -> Estimate:
    """The difference of two sets of runs, paired by seed.

    Args:
        variant, baseline: ``[seeds]``, F1 on the texts as they are.
        resampled: ``[resamples, seeds]``, differences on resampled texts.
    """
    differences = variant - baseline
    seeds = len(differences)
    return Estimate(
        mean=float(differences.mean()),
        seeds=seeds,
        seed_std=float(differences.std(ddof=1)) if seeds > 1 else None,
        text_std=float(resampled.mean(axis=1).std(ddof=1)),
    )
