"""Comparisons of variants with the baseline: differences of F1, intervals, tests, power and verdicts.

The variants of one source of POS answer one question ("does gold POS help?"). They are a family: their intervals hold
together, and their p values are adjusted together. The mean of their differences is the answer
(:mod:`posner.stats.pooling`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from posner.arrays import Doubles, Floats
from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.stats.components import Components, components, pseudo_values
from posner.stats.conclusions import Conclusion
from posner.stats.intervals import Design, Estimate, moderate
from posner.stats.joint import SHARED_BASELINE, Family
from posner.stats.resampling import RunCounts, f1, p_randomization, resampled_f1

Source = Literal["gold", "predicted", "random"]  # of POS, whose variants are compared with the baseline
COMPARED_SOURCES: tuple[Source, ...] = get_args(Source)
EFFECT_SIZES = (0.2, 0.3, 0.5)  # F1 points for which the number of seeds needed is reported


@dataclass(frozen=True, kw_only=True)
class F1Difference(Conclusion):
    """One variant against the baseline, for the seeds that both have; the family are the variants of its source of POS.

    Attributes:
        f1: the variant's test F1 in 0..1, mean over the common seeds.
        baseline_f1: the same of the baseline, so `difference` is `f1` minus `baseline_f1`.
        difference: mean over the seeds.
    """

    f1: float
    baseline_f1: float
    difference: float


@dataclass(frozen=True, kw_only=True)
class Comparison(F1Difference):
    """A difference from the baseline, with further tests as a check, and the power of its test.

    Attributes:
        bootstrap_low: lower end of the percentile interval of a bootstrap over seeds and units (MultiBERTs, Sellam et
            al. 2022), for this variant alone, as a check; ``None`` for one seed.
        bootstrap_high: upper end of the percentile interval.
        p_randomization: p value of no difference between these trained models (test set resampled, seeds fixed).
        seeds_needed: by difference in F1 points, the number of seeds that would detect it with 80 % power, ``None``
            where no number would. Empty where nothing is known about the spread over seeds.
    """

    bootstrap_low: float | None
    bootstrap_high: float | None
    p_randomization: float
    seeds_needed: dict[str, int | None]


@dataclass(frozen=True)
class PairedRuns:
    """The runs of a variant and those of the baseline with the same seeds.

    Attributes:
        seeds: the common seeds, sorted.
        variant: entity counts ``[seeds, units, 3]``.
        baseline: entity counts ``[seeds, units, 3]``.
    """

    seeds: tuple[int, ...]
    variant: Floats
    baseline: Floats

    def values(self) -> Doubles:
        """Pseudo-values of the difference of F1, ``[seeds, units]``."""
        return pseudo_values(self.variant) - pseudo_values(self.baseline)


def source_families(variants: Mapping[str, Variant]) -> list[list[str]]:
    """The variants of each source of POS, which are a family."""
    return [[name for name, v in variants.items() if v.pos == source] for source in COMPARED_SOURCES]


def difference_by_source(
    counts: RunCounts, variants: Mapping[str, Variant], statistics: Estimation
) -> dict[str, F1Difference]:
    """:func:`compare_sources` without the bootstrap and the power."""
    estimated = family_estimates(counts, baseline_of(variants), source_families(variants))
    return {
        name: F1Difference.of(
            estimate, family, statistics.margin / 100, statistics.level, **difference_fields(pair, estimate)
        )
        for name, pair, estimate, family in estimated
    }


def compare_sources(
    counts: RunCounts, variants: Mapping[str, Variant], statistics: Estimation
) -> dict[str, Comparison]:
    """Variants against the baseline, a family for each source of POS; variances are moderated over all of them.

    Random POS is a control: running it must not lower the power for POS. Oracles are not compared with the baseline but
    with the F1 that they must reach (:mod:`posner.summaries.oracles`).
    """
    return compare(counts, baseline_of(variants), source_families(variants), statistics)


def compare(
    counts: RunCounts, baseline: str, families: Iterable[Sequence[str]], statistics: Estimation
) -> dict[str, Comparison]:
    """Compare each variant that shares a seed with the baseline; returns the comparisons by variant.

    Args:
        families: names of the variants whose verdicts hold together.
    """
    estimated = family_estimates(counts, baseline, list(families))
    bootstrap = percentile_intervals({name: pair for name, pair, _, _ in estimated}, statistics)
    return {
        name: compare_pair(pair, estimate, family, bootstrap[name], statistics)
        for name, pair, estimate, family in estimated
    }


def family_estimates(
    counts: RunCounts, baseline: str, families: Sequence[Sequence[str]]
) -> list[tuple[str, PairedRuns, Estimate, Family]]:
    """Name, runs, estimate and family of each variant that shares a seed with the baseline."""
    names = [name for family in families for name in family]
    pairs = pair_runs({name: counts[name] for name in (baseline, *names)}, baseline)
    estimates = moderate({name: mean_difference(pair.values()) for name, pair in pairs.items()})
    members = [[name for name in family if name in pairs] for family in families]
    return [
        (name, pairs[name], estimates[name], Family(len(family), SHARED_BASELINE))
        for family in members
        for name in family
    ]


def difference_fields(pair: PairedRuns, estimate: Estimate) -> dict[str, float]:
    """What a difference has besides its conclusion."""
    return {
        "f1": seed_mean_f1(pair.variant),
        "baseline_f1": seed_mean_f1(pair.baseline),
        "difference": estimate.mean,
    }


def pair_runs(counts: RunCounts, baseline: str) -> dict[str, PairedRuns]:
    """Pair each variant with the baseline's runs of the same seeds."""
    pairs = {}
    for name, by_seed in counts.items():
        seeds = tuple(sorted(by_seed.keys() & counts[baseline].keys()))
        if name != baseline and seeds:
            own, reference = (np.stack([runs[seed] for seed in seeds]) for runs in (by_seed, counts[baseline]))
            pairs[name] = PairedRuns(seeds, own, reference)
    return pairs


def mean_difference(values: Doubles) -> tuple[float, Components]:
    """Mean and variance components of a difference with pseudo-values `values` ``[seeds, units]``."""
    return float(values.mean()), components(values)


def compare_pair(
    pair: PairedRuns,
    estimate: Estimate,
    family: Family,
    bootstrap: tuple[float, float] | None,
    statistics: Estimation,
) -> Comparison:
    """The comparison of one variant with the baseline.

    Args:
        family: the variants whose verdicts hold together.
        bootstrap: percentile interval.
    """
    low, high = bootstrap or (None, None)
    design = None if estimate.error is None else Design(estimate.error, family, statistics.level)
    sizes = (*EFFECT_SIZES, statistics.margin)
    return Comparison.of(
        estimate,
        family,
        statistics.margin / 100,
        statistics.level,
        **difference_fields(pair, estimate),
        bootstrap_low=low,
        bootstrap_high=high,
        p_randomization=p_randomization(pair.variant, pair.baseline, statistics.resamples, statistics.seed),
        seeds_needed={} if design is None else {f"{size:g}": design.seeds_to_detect(size / 100) for size in sizes},
    )


def seed_mean_f1(counts: Floats) -> float:
    """F1 in 0..1, mean over seeds, of entity counts ``[seeds, units, 3]``."""
    return float(f1(counts.sum(axis=1)).mean())


def percentile_intervals(
    pairs: Mapping[str, PairedRuns], statistics: Estimation
) -> dict[str, tuple[float, float] | None]:
    """Percentile intervals of a bootstrap over seeds as well as units; ``None`` for one seed.

    All variants share the resamples, so each is drawn once.
    """
    if not pairs:
        return {}
    runs = np.concatenate([part for pair in pairs.values() for part in (pair.variant, pair.baseline)])
    resampled = resampled_f1(runs, statistics.resamples, statistics.seed)
    intervals: dict[str, tuple[float, float] | None] = {}
    start = 0
    for name, pair in pairs.items():
        seeds = len(pair.seeds)
        variant, baseline = (resampled[:, start + i : start + i + seeds] for i in (0, seeds))
        start += 2 * seeds
        intervals[name] = percentile_interval(variant - baseline, statistics) if seeds > 1 else None
    return intervals


def percentile_interval(differences: Doubles, statistics: Estimation) -> tuple[float, float]:
    """Percentiles of the mean over resampled seeds.

    Args:
        differences: ``[resamples, seeds]``, on resampled units.
    """
    seeds = differences.shape[1]
    drawn = np.random.default_rng(statistics.seed).integers(0, seeds, differences.shape)
    means = np.take_along_axis(differences, drawn, axis=1).mean(axis=1)
    tail = (1 - statistics.level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
