"""Comparisons of variants with the baseline: differences of F1, intervals, tests, power and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posner.arrays import Doubles, Floats
from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.stats.intervals import Estimate, bonferroni_level, detectable, estimate_difference, holm, seeds_needed
from posner.stats.resampling import RunCounts, f1, p_randomization, resampled_f1

Verdict = Literal["helps", "hurts", "equivalent", "inconclusive"]

FAMILIES = (("gold", "predicted"), ("random",))  # sources of POS whose verdicts are adjusted together
EFFECT_SIZES = (0.2, 0.3, 0.5)  # F1 points for which the number of seeds needed is reported


@dataclass(frozen=True)
class Comparison:
    """One variant against the baseline, for the seeds that both have; differences are of F1 in 0..1.

    Attributes:
        seeds: number of common seeds.
        f1: the variant's test F1 in 0..1, mean over the common seeds.
        baseline_f1: the same of the baseline, so `difference` is `f1` minus `baseline_f1`.
        difference: mean over the seeds.
        low: lower end of its interval over seeds and resampling units; ``None`` for one seed.
        high: upper end of the interval.
        bootstrap_low: lower end of the percentile interval of a bootstrap over seeds and units, for reference.
        bootstrap_high: upper end of the percentile interval.
        seed_std: standard deviation of the difference over seeds; ``None`` for one seed.
        unit_std: standard deviation of the mean difference over resampled units.
        p_difference: two-sided p value of no difference.
        p_difference_holm: the same, Holm-adjusted for the number of variants.
        p_equivalence: p value of a difference of the margin or more.
        p_equivalence_holm: the same, Holm-adjusted for the number of variants.
        p_randomization: p value of no difference between these trained models (test set resampled, seeds fixed).
        detectable: smallest true difference that this number of seeds, units and variants detects with 80 % power.
        seeds_needed: by difference in F1 points, the number of seeds that would detect it with 80 % power, ``None``
            where no number would. Empty where the standard deviation over seeds is unknown; a variant of one seed takes
            that of the other variants. Assumes that all variants are tested.
        verdict: the conclusion from the adjusted p values.
        reason: why the verdict is inconclusive whatever the p values are; ``None`` where they decide.
    """

    seeds: int
    f1: float
    baseline_f1: float
    difference: float
    low: float | None
    high: float | None
    bootstrap_low: float | None
    bootstrap_high: float | None
    seed_std: float | None
    unit_std: float
    p_difference: float
    p_difference_holm: float
    p_equivalence: float
    p_equivalence_holm: float
    p_randomization: float
    detectable: float | None
    seeds_needed: dict[str, int | None]
    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True)
class PairedRuns:
    """The runs of a variant and those of the baseline with the same seeds.

    Attributes:
        variant: entity counts ``[seeds, units, 3]``.
        baseline: entity counts ``[seeds, units, 3]``.
        resampled: differences of F1 ``[resamples, seeds]`` on resampled units.
    """

    variant: Floats
    baseline: Floats
    resampled: Doubles

    def estimate(self) -> Estimate:
        """The mean difference and its uncertainty."""
        return estimate_difference(f1(self.variant.sum(axis=1)), f1(self.baseline.sum(axis=1)), self.resampled)


def compare_families(
    counts: RunCounts, variants: Mapping[str, Variant], statistics: Estimation
) -> dict[str, Comparison]:
    """Variants against the baseline, in two families with separate Holm adjustment: POS, and random POS.

    Random POS is a control: running it must not lower the power for POS. Oracles are not compared with the baseline but
    with the F1 that they must reach (:mod:`posner.summaries.oracles`).
    """
    baseline = baseline_of(variants)
    comparisons: dict[str, Comparison] = {}
    for sources in FAMILIES:
        family = [name for name in variants if name == baseline or variants[name].pos in sources]
        comparisons |= compare({name: counts[name] for name in family}, baseline, statistics)
    return comparisons


def compare(counts: RunCounts, baseline: str, statistics: Estimation) -> dict[str, Comparison]:
    """Compare each variant that shares a seed with the baseline; returns the comparisons by variant."""
    pairs = pair_runs(counts, baseline, statistics)
    estimates = {name: pair.estimate() for name, pair in pairs.items()}
    p_difference = holm_adjusted({name: e.p_difference() for name, e in estimates.items()}, estimates)
    p_equivalence = holm_adjusted(
        {name: e.p_equivalence(statistics.margin / 100) for name, e in estimates.items()}, estimates
    )
    usual_std = pooled_std(estimates)
    level = bonferroni_level(statistics.level, max(len(pairs), 1))
    return {
        name: compare_pair(pair, estimates[name], p_difference[name], p_equivalence[name], usual_std, level, statistics)
        for name, pair in pairs.items()
    }


def pair_runs(counts: RunCounts, baseline: str, statistics: Estimation) -> dict[str, PairedRuns]:
    """Pair each variant with the baseline's runs of the same seeds; all pairs share the resamples."""
    runs = {(name, seed): by_unit for name, by_seed in counts.items() for seed, by_unit in by_seed.items()}
    place = {run: i for i, run in enumerate(runs)}
    stacked = np.stack(list(runs.values()))
    resampled = resampled_f1(stacked, statistics.resamples, statistics.seed)
    pairs = {}
    for name in counts:
        seeds = sorted(counts[name].keys() & counts[baseline].keys())
        if name != baseline and seeds:
            own, reference = ([place[variant, seed] for seed in seeds] for variant in (name, baseline))
            pairs[name] = PairedRuns(stacked[own], stacked[reference], resampled[:, own] - resampled[:, reference])
    return pairs


def compare_pair(
    pair: PairedRuns,
    estimate: Estimate,
    p_difference: float,
    p_equivalence: float,
    usual_std: float | None,
    level: float,
    statistics: Estimation,
) -> Comparison:
    """The comparison of one variant with the baseline.

    Args:
        p_difference: Holm-adjusted p value.
        p_equivalence: Holm-adjusted p value.
        usual_std: standard deviation over seeds to assume for a variant of one seed.
        level: level of this test among those of all variants.
    """
    margin = statistics.margin / 100
    low, high = estimate.interval(statistics.level) or (None, None)
    has_interval = estimate.seed_std is not None
    bootstrap_low, bootstrap_high = bootstrap_interval(pair.resampled, statistics) if has_interval else (None, None)
    seed_std = usual_std if estimate.seed_std is None else estimate.seed_std
    return Comparison(
        seeds=estimate.seeds,
        f1=seed_mean_f1(pair.variant),
        baseline_f1=seed_mean_f1(pair.baseline),
        difference=estimate.mean,
        low=low,
        high=high,
        bootstrap_low=bootstrap_low,
        bootstrap_high=bootstrap_high,
        seed_std=estimate.seed_std,
        unit_std=estimate.unit_std,
        p_difference=estimate.p_difference(),
        p_difference_holm=p_difference,
        p_equivalence=estimate.p_equivalence(margin),
        p_equivalence_holm=p_equivalence,
        p_randomization=p_randomization(pair.variant, pair.baseline, statistics.resamples, statistics.seed),
        detectable=None
        if estimate.seed_std is None
        else detectable(estimate.seed_std, estimate.unit_std, estimate.seeds, level),
        seeds_needed={}
        if seed_std is None
        else {
            f"{size:g}": seeds_needed(seed_std, estimate.unit_std, size / 100, level)
            for size in (*EFFECT_SIZES, statistics.margin)
        },
        verdict=verdict_on(estimate.mean, p_difference, p_equivalence, 1 - statistics.level),
    )


def seed_mean_f1(counts: Floats) -> float:
    """F1 in 0..1, mean over seeds, of entity counts ``[seeds, units, 3]``."""
    return float(f1(counts.sum(axis=1)).mean())


def holm_adjusted(p_values: Mapping[str, float], estimates: Mapping[str, Estimate]) -> dict[str, float]:
    """Holm-adjusted p values by variant; those of one seed are not tested, so they are neither adjusted nor counted."""
    tested = [name for name, estimate in estimates.items() if estimate.seed_std is not None]
    adjusted = holm([p_values[name] for name in tested])
    return dict(p_values) | dict(zip(tested, adjusted, strict=True))


def bootstrap_interval(differences: Doubles, statistics: Estimation) -> tuple[float, float]:
    """Percentile interval of a bootstrap over seeds as well as units.

    Args:
        differences: ``[resamples, seeds]``, on resampled units.
    """
    resamples, seeds = differences.shape
    drawn = np.random.default_rng(statistics.seed).integers(0, seeds, (resamples, seeds))
    means = np.take_along_axis(differences, drawn, axis=1).mean(axis=1)
    tail = (1 - statistics.level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def pooled_std(estimates: Mapping[str, Estimate]) -> float | None:
    """Pooled standard deviation over seeds of all variants; ``None`` if each has one seed."""
    variances = [estimate.seed_std**2 for estimate in estimates.values() if estimate.seed_std is not None]
    return float(np.sqrt(np.mean(variances))) if variances else None


def verdict_on(difference: float, p_difference: float, p_equivalence: float, alpha: float) -> Verdict:
    """The verdict that follows from Holm-adjusted p values at significance `alpha`."""
    if p_difference < alpha:
        return "helps" if difference > 0 else "hurts"
    return "equivalent" if p_equivalence < alpha else "inconclusive"
