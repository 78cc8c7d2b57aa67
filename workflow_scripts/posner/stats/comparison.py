"""Comparisons of variants with the baseline: differences of F1, intervals, tests, power and verdicts.

The variants of one source of POS answer one question ("does gold POS help?"). They are a family: their intervals hold
together, and their p values are adjusted together. The mean of their differences is the answer, with an interval and a
verdict of its own (:class:`Pooled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import stats

from posner.arrays import Doubles, Floats
from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.stats.components import Components, components, pseudo_values
from posner.stats.intervals import Design, Estimate, moderate
from posner.stats.joint import ALONE, SHARED_BASELINE, Family
from posner.stats.resampling import RunCounts, f1, p_randomization, resampled_f1

Verdict = Literal["helps", "hurts", "equivalent", "inconclusive"]

Source = Literal["gold", "predicted", "random"]  # of POS, whose variants are compared with the baseline
COMPARED_SOURCES: tuple[Source, ...] = get_args(Source)
EFFECT_SIZES = (0.2, 0.3, 0.5)  # F1 points for which the number of seeds needed is reported


@dataclass(frozen=True)
class Comparison:
    """One variant against the baseline, for the seeds that both have; differences are of F1 in 0..1.

    Attributes:
        seeds: number of common seeds.
        f1: the variant's test F1 in 0..1, mean over the common seeds.
        baseline_f1: the same of the baseline, so `difference` is `f1` minus `baseline_f1`.
        difference: mean over the seeds.
        low: lower end of its interval, which holds for all variants of the family at once; ``None`` if no variant of
            the study has two seeds.
        high: upper end of the interval.
        bootstrap_low: lower end of the percentile interval of a bootstrap over seeds and units (MultiBERTs, Sellam et
            al. 2022), for this variant alone, as a check; ``None`` for one seed.
        bootstrap_high: upper end of the percentile interval.
        seed_std: standard deviation of the difference over seeds; ``None`` for one seed.
        moderated_std: the same, shrunk towards that of all variants.
        seed_df: degrees of freedom of `moderated_std`.
        unit_std: standard deviation of the mean difference over test sets, without the interaction of seeds and units.
        interaction_std: part of `seed_std` that is this interaction.
        p_difference: two-sided p value of no difference.
        p_difference_adjusted: the same, adjusted for the variants of the family.
        p_equivalence: p value of a difference of the margin or more.
        p_equivalence_adjusted: the same, adjusted for the variants of the family.
        p_randomization: p value of no difference between these trained models (test set resampled, seeds fixed).
        detectable: smallest true difference that this number of seeds, units and variants detects with 80 % power.
        seeds_needed: by difference in F1 points, the number of seeds that would detect it with 80 % power, ``None``
            where no number would. Empty where nothing is known about the spread over seeds.
        seeds_to_conclude: the number of seeds after which a true difference of the observed size would be detected, or
            shown to be within the margin, with 80 % power; ``None`` where no number would do.
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
    moderated_std: float | None
    seed_df: float | None
    unit_std: float
    interaction_std: float
    p_difference: float
    p_difference_adjusted: float
    p_equivalence: float
    p_equivalence_adjusted: float
    p_randomization: float
    detectable: float | None
    seeds_needed: dict[str, int | None]
    seeds_to_conclude: int | None
    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True)
class Pooled:
    """The mean difference of the variants of one source of POS from the baseline; differences are of F1 in 0..1.

    Attributes:
        variants: the variants that it is the mean of: those with the most seeds in common with the baseline.
        seeds: number of their common seeds.
        difference: mean over variants and seeds.
        low: lower end of its interval; ``None`` if no variant of the study has two seeds.
        high: upper end of the interval.
        p_difference: two-sided p value of no difference.
        p_equivalence: p value of a difference of the margin or more.
        variant_std: standard deviation of the true differences of the variants, estimated; 0 if their spread is no
            larger than that of errors.
        p_variants: p value of equal true differences of all variants; ``None`` for one variant or seed.
        detectable: smallest true difference that is detected with 80 % power.
        seeds_to_conclude: as in :class:`Comparison`.
        verdict: the conclusion from the p values.
        reason: why the verdict is inconclusive whatever the p values are; ``None`` where they decide.
    """

    variants: tuple[str, ...]
    seeds: int
    difference: float
    low: float | None
    high: float | None
    p_difference: float
    p_equivalence: float
    variant_std: float
    p_variants: float | None
    detectable: float | None
    seeds_to_conclude: int | None
    verdict: Verdict
    reason: str | None = None


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


def compare_sources(
    counts: RunCounts, variants: Mapping[str, Variant], statistics: Estimation
) -> dict[str, Comparison]:
    """Variants against the baseline, a family for each source of POS; variances are moderated over all of them.

    Random POS is a control: running it must not lower the power for POS. Oracles are not compared with the baseline but
    with the F1 that they must reach (:mod:`posner.summaries.oracles`).
    """
    families = [[name for name, v in variants.items() if v.pos == source] for source in COMPARED_SOURCES]
    return compare(counts, baseline_of(variants), families, statistics)


def compare(
    counts: RunCounts, baseline: str, families: Iterable[Sequence[str]], statistics: Estimation
) -> dict[str, Comparison]:
    """Compare each variant that shares a seed with the baseline; returns the comparisons by variant.

    Args:
        families: names of the variants whose verdicts hold together.
    """
    families = list(families)
    names = [name for family in families for name in family]
    pairs = pair_runs({name: counts[name] for name in (baseline, *names)}, baseline)
    estimates = moderate({name: mean_difference(pair.values()) for name, pair in pairs.items()})
    bootstrap = percentile_intervals(pairs, statistics)
    comparisons: dict[str, Comparison] = {}
    for family in families:
        members = [name for name in family if name in pairs]
        joint = Family(max(len(members), 1), SHARED_BASELINE)
        for name in members:
            comparisons[name] = compare_pair(pairs[name], estimates[name], joint, bootstrap[name], statistics)
    return comparisons


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
    margin = statistics.margin / 100
    error, parts = estimate.error, estimate.parts
    low, high = estimate.interval(statistics.level, family) or (None, None)
    design = None if error is None else Design(error, family, statistics.level)
    bootstrap_low, bootstrap_high = bootstrap or (None, None)
    sizes = (*EFFECT_SIZES, statistics.margin)
    p_difference, p_equivalence = estimate.p_difference(family), estimate.p_equivalence(margin, family)
    return Comparison(
        seeds=parts.seeds,
        f1=seed_mean_f1(pair.variant),
        baseline_f1=seed_mean_f1(pair.baseline),
        difference=estimate.mean,
        low=low,
        high=high,
        bootstrap_low=bootstrap_low,
        bootstrap_high=bootstrap_high,
        seed_std=parts.seed_std,
        moderated_std=None if error is None else error.seed_std,
        seed_df=None if error is None else error.seed_df,
        unit_std=parts.unit_std,
        interaction_std=parts.interaction_std,
        p_difference=estimate.p_difference(),
        p_difference_adjusted=p_difference,
        p_equivalence=estimate.p_equivalence(margin),
        p_equivalence_adjusted=p_equivalence,
        p_randomization=p_randomization(pair.variant, pair.baseline, statistics.resamples, statistics.seed),
        detectable=None if design is None else design.detectable(),
        seeds_needed={} if design is None else {f"{size:g}": design.seeds_to_detect(size / 100) for size in sizes},
        seeds_to_conclude=None if design is None else design.seeds_to_conclude(estimate.mean, margin),
        verdict=verdict_on(estimate.mean, p_difference, p_equivalence, 1 - statistics.level),
    )


def seed_mean_f1(counts: Floats) -> float:
    """F1 in 0..1, mean over seeds, of entity counts ``[seeds, units, 3]``."""
    return float(f1(counts.sum(axis=1)).mean())


def percentile_intervals(
    pairs: Mapping[str, PairedRuns], statistics: Estimation
) -> dict[str, tuple[float, float] | None]:
    """Percentile intervals of a bootstrap over seeds as well as units; ``None`` for one seed."""
    intervals: dict[str, tuple[float, float] | None] = {}
    for name, pair in pairs.items():
        seeds = len(pair.seeds)
        runs = resampled_f1(np.concatenate([pair.variant, pair.baseline]), statistics.resamples, statistics.seed)
        differences = runs[:, :seeds] - runs[:, seeds:]
        drawn = np.random.default_rng(statistics.seed).integers(0, seeds, differences.shape)
        means = np.take_along_axis(differences, drawn, axis=1).mean(axis=1)
        tail = (1 - statistics.level) / 2
        low, high = np.quantile(means, [tail, 1 - tail])
        intervals[name] = (float(low), float(high)) if seeds > 1 else None
    return intervals


def verdict_on(difference: float, p_difference: float, p_equivalence: float, alpha: float) -> Verdict:
    """The verdict that follows from p values at significance `alpha`."""
    if p_difference < alpha:
        return "helps" if difference > 0 else "hurts"
    return "equivalent" if p_equivalence < alpha else "inconclusive"


# --- the answer to a question ----------------------------------------------------------------------------------------


def pool_sources(counts: RunCounts, variants: Mapping[str, Variant], statistics: Estimation) -> dict[Source, Pooled]:
    """The mean difference of the variants of each source of POS; without sources that no variant reads.

    Args:
        variants: the baseline among them, or none at all.
    """
    if not variants:
        return {}
    compared = {name: counts[name] for name, v in variants.items() if v.pos in ("none", *COMPARED_SOURCES)}
    pairs = pair_runs(compared, baseline_of(variants))
    values = {name: pair.values() for name, pair in pairs.items()}
    alone = {name: mean_difference(own) for name, own in values.items()}
    pooled = {}
    for source in COMPARED_SOURCES:
        members = most_seeds({name: pair for name, pair in pairs.items() if variants[name].pos == source})
        if members:
            pooled[source] = pool(tuple(members), len(pairs[members[0]].seeds), values, alone, statistics)
    return pooled


def most_seeds(pairs: Mapping[str, PairedRuns]) -> list[str]:
    """The variants that share the largest set of seeds, so that their mean is one over equal numbers of runs."""
    if not pairs:
        return []
    largest = max((pair.seeds for pair in pairs.values()), key=len)
    return [name for name, pair in pairs.items() if pair.seeds == largest]


def pool(
    members: tuple[str, ...],
    seeds: int,
    values: Mapping[str, Doubles],
    alone: Mapping[str, tuple[float, Components]],
    statistics: Estimation,
) -> Pooled:
    """The mean difference of the variants `members`.

    Its variance over seeds is moderated with those of single variants: it cannot exceed their mean, whatever their
    correlation.
    """
    stacked = np.stack([values[name] for name in members])  # [variants, seeds, units]
    mean = stacked.mean(axis=0)
    estimate = moderate({**alone, "": mean_difference(mean)})[""]
    margin, alpha = statistics.margin / 100, 1 - statistics.level
    low, high = estimate.interval(statistics.level) or (None, None)
    p_difference, p_equivalence = estimate.p_difference(), estimate.p_equivalence(margin)
    design = None if estimate.error is None else Design(estimate.error, ALONE, statistics.level)
    variant_std, p_variants = heterogeneity(stacked)
    return Pooled(
        variants=members,
        seeds=seeds,
        difference=estimate.mean,
        low=low,
        high=high,
        p_difference=p_difference,
        p_equivalence=p_equivalence,
        variant_std=variant_std,
        p_variants=p_variants,
        detectable=None if design is None else design.detectable(),
        seeds_to_conclude=None if design is None else design.seeds_to_conclude(estimate.mean, margin),
        verdict=verdict_on(estimate.mean, p_difference, p_equivalence, alpha),
    )


def heterogeneity(values: Doubles) -> tuple[float, float | None]:
    """Standard deviation of the true differences of several variants, and the p value of equal ones.

    The quasi-F of Clark (1973): the mean square of variants over those of its interactions with seeds and with units
    minus the residual, with Satterthwaite's degrees of freedom.

    Args:
        values: pseudo-values of the differences ``[variants, seeds, units]``.
    """
    variants, seeds, units = values.shape
    if variants == 1 or seeds == 1:
        return 0.0, None
    centred = values - values.mean(axis=0)  # without what all variants share
    of_variant = centred.mean(axis=(1, 2))
    by_seed = centred.mean(axis=2) - of_variant[:, None]
    by_unit = centred.mean(axis=1) - of_variant[:, None]
    residual = centred - of_variant[:, None, None] - by_seed[:, :, None] - by_unit[:, None, :]
    df = np.array([seeds - 1, units - 1, (seeds - 1) * (units - 1)]) * (variants - 1)
    squares = np.array([units * (by_seed**2).sum(), seeds * (by_unit**2).sum(), (residual**2).sum()])
    of_seeds, of_units, rest = squares / np.maximum(df, 1)
    error = max(of_seeds + of_units - rest, of_seeds, of_units)
    square = seeds * units * (of_variant**2).sum() / (variants - 1)
    variant_std = float(np.sqrt(max(square - error, 0.0) / (seeds * units)))
    if error == 0:
        return variant_std, 1.0 if square == 0 else 0.0
    error_df = error**2 / sum(m**2 / max(d, 1) for m, d in zip((of_seeds, of_units, rest), df, strict=True))
    return variant_std, float(stats.f.sf(square / error, variants - 1, error_df))
