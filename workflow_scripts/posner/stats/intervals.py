"""Intervals, tests and power of a mean difference of F1 between two models.

Two things are sampled: training seeds, and the resampling units of the test set (documents where known, else
sentences); see :mod:`posner.stats.components`. Few seeds determine the variance over seeds poorly, so the variances of
all differences of a study are moderated: each is shrunk towards their mean, and the more, the more alike they are
(empirical Bayes; Smyth 2004, doi:10.2202/1544-6115.1027). The half-width of an interval combines a Student-t term for
the seeds with one for the units, in quadrature (Howe 1974, JASA 69, 789-794).

Estimates that are tested together have a joint law (:mod:`posner.stats.joint`): their intervals hold for all of them at
once, and a p value is adjusted so that it is below 5 % where the 95 % interval excludes 0. Equivalence is tested by two
one-sided tests (Schuirmann 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import stats

from posner.arrays import Doubles
from posner.stats.components import Components
from posner.stats.joint import ALONE, MIN_P, SHARED_BASELINE, Family, Sides

POWER = 0.8  # conventional power for detectable effects and seed numbers
MAX_SEEDS = 1000  # no study would train more
PROBABILITIES = np.geomspace(MIN_P, 1.0, 300)
PRIOR_DF = np.array([0.01, 0.1, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 40, 100, 1e6])  # variances are all unlike, all alike


@dataclass(frozen=True)
class ErrorModel:
    """The law of the error of a mean difference of F1 in 0..1.

    Attributes:
        seeds: number of seeds.
        seed_std: moderated standard deviation over seeds; it includes the interaction of seeds and units.
        seed_df: its degrees of freedom.
        unit_std: standard deviation over test sets, without the interaction.
        interaction_std: part of `seed_std` that is the interaction.
        unit_df: degrees of freedom of the last two, the number of units minus 1.
    """

    seeds: int
    seed_std: float
    seed_df: float
    unit_std: float
    interaction_std: float
    unit_df: float

    def half_widths(self, p: Doubles, family: Family = ALONE, sides: Sides = 1) -> Doubles:
        """Distances ``[n]`` that the largest error of a family like this one exceeds with probabilities `p` ``[n]``.

        With few units, the interaction is not known well enough to be subtracted from the variance over units.
        """
        of_seeds = family.quantiles(p, self.seed_df, sides)
        of_units = family.quantiles(p, self.unit_df, sides)
        of_many = family.quantiles(p, np.inf, sides)
        seed_variance, interaction = self.seed_std**2 / self.seeds, self.interaction_std**2 / self.seeds
        unknown = np.maximum(of_units**2 - of_many**2, 0) * interaction
        return np.sqrt(of_seeds**2 * seed_variance + of_units**2 * self.unit_std**2 + unknown)

    def half_width(self, p: float, family: Family = ALONE, sides: Sides = 1) -> float:
        """:meth:`half_widths` for one probability."""
        return float(self.half_widths(np.array([p]), family, sides)[0])

    def tail(self, distance: float, family: Family = ALONE, sides: Sides = 1) -> float:
        """Probability that the largest error exceeds `distance`; below 0, that of a family is taken as 1."""
        is_one = sides == 1 and family.size == 1
        highest = 0.5 if is_one else 1.0
        if distance <= 0:
            return 1 - self.tail(-distance) if is_one and distance < 0 else highest
        widths = self.half_widths(PROBABILITIES, family, sides)
        if widths[0] == 0:
            return 0.0
        inverse = np.interp(np.log(distance), np.log(widths[::-1]), np.log(PROBABILITIES[::-1]))
        return min(float(np.exp(inverse)), highest)

    def with_seeds(self, seeds: int) -> ErrorModel:
        """The same study with another number of seeds, of which the variances are known better or worse."""
        df = self.seed_df * max(seeds - 1, 1) / max(self.seeds - 1, 1)
        return replace(self, seeds=seeds, seed_df=df)


@dataclass(frozen=True)
class Estimate:
    """A mean difference of F1 in 0..1 and the law of its error.

    Attributes:
        mean: difference averaged over seeds.
        parts: the components of its variance, from this difference alone.
        error: the law of its error; ``None`` if nothing is known about the spread over seeds: there is one seed, and
            other variants have one as well, or spreads that differ beyond comparison.
    """

    mean: float
    parts: Components
    error: ErrorModel | None

    def interval(self, level: float, family: Family = ALONE) -> tuple[float, float] | None:
        """Interval of the mean, simultaneous for a family; ``None`` where the spread over seeds is unknown."""
        if self.error is None:
            return None
        half = self.error.half_width(1 - level, family, 2)
        return self.mean - half, self.mean + half

    def p_difference(self, family: Family = ALONE) -> float:
        """Two-sided p value of no difference; 1 where the spread over seeds is unknown."""
        return 1.0 if self.error is None else self.error.tail(abs(self.mean), family, 2)

    def p_equivalence(self, margin: float, family: Family = ALONE) -> float:
        """The p value of a difference of at least `margin`: the larger of two one-sided tests."""
        return 1.0 if self.error is None else self.error.tail(margin - abs(self.mean), family, 1)


def moderate(differences: Mapping[str, tuple[float, Components]]) -> dict[str, Estimate]:
    """Estimates whose variances over seeds are moderated together.

    A difference of one seed has the common variance. The degrees of freedom never exceed those of the mean of all
    variances, which is less than their sum, because the differences share the baseline.

    Args:
        differences: mean and components by name.
    """
    parts = {name: own for name, (_, own) in differences.items()}
    prior = Prior.of([(own.seed_std**2, own.seeds - 1) for own in parts.values() if own.seed_std is not None])
    return {name: Estimate(mean, parts[name], prior.error(parts[name])) for name, (mean, _) in differences.items()}


@dataclass(frozen=True)
class Prior:
    """The common variance over seeds of the differences of a study.

    Attributes:
        variance: mean of their variances.
        df: degrees of freedom that a new variance is worth: many if all are alike, few if they differ.
        max_df: degrees of freedom of the mean; 0 if no difference has two seeds.
    """

    variance: float
    df: float
    max_df: float

    @classmethod
    def of(cls, variances: list[tuple[float, int]]) -> Prior:
        """From variances and their degrees of freedom."""
        if not variances:
            return cls(0.0, 0.0, 0.0)
        values, df = (np.array(column, dtype=np.float64) for column in zip(*variances, strict=True))
        mean = float(values @ df / df.sum())
        max_df = float(df.sum()) / (1 + (len(values) - 1) * SHARED_BASELINE**2)
        return cls(mean, prior_df(values, df, mean), max_df)

    def moderated(self, variance: float, df: int) -> tuple[float, float]:
        """Moderated variance and its degrees of freedom."""
        total = self.df + df
        return (self.df * self.variance + df * variance) / total, min(total, self.max_df)

    def error(self, own: Components) -> ErrorModel | None:
        """The law of the error of a difference; ``None`` if nothing is known about its spread over seeds."""
        if self.max_df == 0:
            return None
        variance, seed_df = self.moderated(0.0 if own.seed_std is None else own.seed_std**2, own.seeds - 1)
        if seed_df < 1:
            return None  # one seed, and variances that have nothing in common
        # The interaction is known from many units, and the variance over seeds contains it.
        seed_std = max(float(np.sqrt(variance)), own.interaction_std)
        return ErrorModel(own.seeds, seed_std, seed_df, own.unit_std, own.interaction_std, max(own.units - 1, 1))


def prior_df(variances: Doubles, df: Doubles, mean: float) -> float:
    """Degrees of freedom of the common variance: those under which the observed variances are most likely.

    A variance divided by the common one follows an F distribution (Smyth 2004). Without any variance there is nothing
    to choose, and all count as alike.
    """
    if mean == 0:
        return float(PRIOR_DF[-1])
    ratios = np.maximum(variances / mean, 1e-6)  # the density of 0 can be infinite
    likelihood = [stats.f.logpdf(ratios, df, candidate).sum() for candidate in PRIOR_DF]
    return float(PRIOR_DF[int(np.argmax(likelihood))])


# --- power -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """What a study with errors like these can detect.

    Attributes:
        error: the law of the errors.
        family: the estimates that are tested together.
        level: of their tests, in 0.5..1.
        seed_std: true standard deviation over seeds of an estimate's differences, where intervals assume another, that
            of `error`: a mean of variants varies less than single variants, and variances are moderated.
    """

    error: ErrorModel
    family: Family
    level: float
    seed_std: float | None = None

    @cached_property
    def critical(self) -> float:
        """The smallest observed difference that is significant."""
        return self.error.half_width(1 - self.level, self.family, 2)

    def detectable(self) -> float:
        """The smallest true difference that is detected with a power of about :data:`POWER`."""
        return self.critical + self.actual.half_width(1 - POWER)

    def power(self, difference: float) -> float:
        """Probability that a true difference of this size is detected."""
        return 1 - self.tail(difference - self.critical)

    def equivalence_power(self, margin: float, difference: float = 0.0) -> float:
        """Probability that a true difference of this size is shown to be within the margin."""
        allowed = margin - self.error.half_width(1 - self.level, self.family, 1)
        if allowed <= 0:
            return 0.0
        return max(0.0, 1 - self.tail(allowed - difference) - self.tail(allowed + difference))

    def tail(self, distance: float) -> float:
        """Probability that an estimate exceeds its expectation by `distance`."""
        return self.actual.tail(distance)

    @property
    def actual(self) -> ErrorModel:
        """The law of the error of an estimate, where `error` is the one that intervals assume."""
        return self.error if self.seed_std is None else replace(self.error, seed_std=self.seed_std)

    def with_seeds(self, seeds: int) -> Design:
        """The same study with another number of seeds."""
        return replace(self, error=self.error.with_seeds(seeds))

    def seeds_to_detect(self, difference: float) -> int | None:
        """Number of seeds that would detect a true difference of this size; ``None`` if the test set is too small."""
        return fewest_seeds(lambda seeds: self.with_seeds(seeds).detectable() <= difference)

    def seeds_to_conclude(self, difference: float, margin: float) -> int | None:
        """Number of seeds that would detect a true difference of this size, or show that it is within `margin`."""
        size = abs(difference)

        def concludes(seeds: int) -> bool:
            design = self.with_seeds(seeds)
            return design.power(size) >= POWER or design.equivalence_power(margin, size) >= POWER

        return fewest_seeds(concludes)


def fewest_seeds(suffice: Callable[[int], bool]) -> int | None:
    """The fewest seeds, from two on, that suffice; ``None`` if :data:`MAX_SEEDS` do not.

    Args:
        suffice: false up to some number of seeds and true from there on.
    """
    if not suffice(MAX_SEEDS):
        return None
    low, high = 1, MAX_SEEDS  # `high` suffices, `low` does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffice(middle) else (middle, high)
    return high
