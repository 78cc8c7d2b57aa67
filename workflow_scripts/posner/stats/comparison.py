"""Every variant against the baseline: how large the difference is, how sure that is, and the word for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posner.config.statistics import Statistics
from posner.config.variants import Variant, baseline_of
from posner.stats.intervals import Doubles, Estimate, detectable, estimate, holm, level_among, seeds_needed
from posner.stats.resampling import Array, f1, p_randomization, resampled_f1
from posner.stats.spread import points

Verdict = Literal["helps", "hurts", "no effect larger than the margin", "cannot tell"]
Counts = Mapping[str, Mapping[int, Array]]  # by variant and seed: [texts, 3], see posner.evaluation.stored

MARGINS = (0.2, 0.3, 0.5)  # points of F1 for which the number of seeds is told


@dataclass(frozen=True)
class Comparison:
    """One variant against the baseline, for the seeds that both have; differences are of F1 in 0..1.

    Attributes:
        seeds: number of common seeds.
        difference: mean over them.
        low, high: its interval, which knows the spread over seeds and over texts; ``None`` for fewer than two seeds.
        bootstrap_low, bootstrap_high: percentile interval of a bootstrap over seeds and texts, for reference.
        seed_std, text_std: standard deviation of the difference over seeds, and of its mean over resampled texts.
        p_difference: two-sided p value of no difference; `_holm` adjusted for the number of variants.
        p_equivalence: p value of a difference of the margin or more; `_holm` as above.
        p_randomization: p value of no difference of these very models on other texts.
        detectable: the smallest true difference that as many seeds and texts find four times of five, among as many
            variants.
        seeds_needed: by difference in points, the number of seeds that would find it, ``None`` where none would; empty
            where the spread over seeds is not known. For one seed, the usual spread of the other variants is taken. All
            variants are taken to be tested.
        verdict: the word for it.
    """

    seeds: int
    difference: float
    low: float | None
    high: float | None
    bootstrap_low: float | None
    bootstrap_high: float | None
    seed_std: float | None
    text_std: float
    p_difference: float
    p_difference_holm: float
    p_equivalence: float
    p_equivalence_holm: float
    p_randomization: float
    detectable: float | None
    seeds_needed: dict[str, int | None]
    verdict: Verdict


@dataclass(frozen=True)
class Pair:
    """A variant's runs and the baseline's of the same seeds, `counts` ``[seeds, texts, 3]`` each.

    `resampled` are differences of F1 on resampled texts, ``[resamples, seeds]``.
    """

    variant: Array
    baseline: Array
    resampled: Doubles

    def estimate(self) -> Estimate:
        """The difference, and what its uncertainty is made of."""
        return estimate(f1(self.variant.sum(axis=1)), f1(self.baseline.sum(axis=1)), self.resampled)


def compare_families(counts: Counts, variants: Mapping[str, Variant], statistics: Statistics) -> dict[str, Comparison]:
    """Variants against the baseline, in two families whose verdicts share one level: those with POS, and random POS.

    Random POS answers another question, and to run it must not make that of POS harder to answer. Oracles are asked
    neither: what they reach is compared with what they could (:mod:`posner.summaries.oracles`).
    """
    baseline = baseline_of(variants)
    found: dict[str, Comparison] = {}
    for sources in (("gold", "predicted"), ("random",)):
        family = [name for name in variants if name == baseline or variants[name].pos in sources]
        found |= compare({name: counts[name] for name in family}, baseline, statistics)
    return found


def compare(counts: Counts, baseline: str, settings: Statistics) -> dict[str, Comparison]:
    """All variants but the baseline that share a seed with it, by name."""
    pairs = pair_up(counts, baseline, settings)
    estimates = {name: pair.estimate() for name, pair in pairs.items()}
    different = adjust({name: made.p_difference() for name, made in estimates.items()}, estimates)
    equivalent = adjust(
        {name: made.p_equivalence(settings.margin / 100) for name, made in estimates.items()}, estimates
    )
    usual_std = pooled_std(estimates)
    level = level_among(settings.level, max(len(pairs), 1))
    return {
        name: comparison(pair, estimates[name], different[name], equivalent[name], usual_std, level, settings)
        for name, pair in pairs.items()
    }


def pair_up(counts: Counts, baseline: str, settings: Statistics) -> dict[str, Pair]:
    """Variants with the baseline's runs of the same seeds; all on the same resampled texts."""
    runs = {(name, seed): by_text for name, by_seed in counts.items() for seed, by_text in by_seed.items()}
    place = {run: i for i, run in enumerate(runs)}
    stacked = np.stack(list(runs.values()))
    resampled = resampled_f1(stacked, settings.resamples, settings.seed)
    pairs = {}
    for name in counts:
        seeds = sorted(counts[name].keys() & counts[baseline].keys())
        if name != baseline and seeds:
            ours, theirs = ([place[which, seed] for seed in seeds] for which in (name, baseline))
            pairs[name] = Pair(stacked[ours], stacked[theirs], resampled[:, ours] - resampled[:, theirs])
    return pairs


def comparison(
    pair: Pair,
    made: Estimate,
    different: float,
    equivalent: float,
    usual_std: float | None,
    level: float,
    settings: Statistics,
) -> Comparison:
    """One comparison.

    Args:
        different, equivalent: adjusted p values.
        usual_std: for a variant of one seed.
        level: at which this one has to be found among all variants.
    """
    low, high = made.interval(settings.level) or (None, None)
    bootstrap_low, bootstrap_high = bootstrap_interval(pair.resampled, settings) if made.seeds > 1 else (None, None)
    seed_std = usual_std if made.seed_std is None else made.seed_std
    return Comparison(
        seeds=made.seeds,
        difference=made.mean,
        low=low,
        high=high,
        bootstrap_low=bootstrap_low,
        bootstrap_high=bootstrap_high,
        seed_std=made.seed_std,
        text_std=made.text_std,
        p_difference=made.p_difference(),
        p_difference_holm=different,
        p_equivalence=made.p_equivalence(settings.margin / 100),
        p_equivalence_holm=equivalent,
        p_randomization=p_randomization(pair.variant, pair.baseline, settings.resamples, settings.seed),
        detectable=None if made.seed_std is None else detectable(made.seed_std, made.text_std, made.seeds, level),
        seeds_needed={}
        if seed_std is None
        else {
            f"{margin:g}": seeds_needed(seed_std, made.text_std, margin / 100, level)
            for margin in (*MARGINS, settings.margin)
        },
        verdict=verdict(made.mean, different, equivalent, 1 - settings.level),
    )


def adjust(p_values: Mapping[str, float], found: Mapping[str, Estimate]) -> dict[str, float]:
    """Holm's adjustment over the variants that could be told to differ: those of two seeds and more."""
    tested = [name for name, made in found.items() if made.seed_std is not None]
    adjusted = holm([p_values[name] for name in tested])
    return dict(p_values) | dict(zip(tested, adjusted, strict=True))


def bootstrap_interval(differences: Doubles, settings: Statistics) -> tuple[float, float]:
    """Percentile interval of a bootstrap over seeds as well as texts; `differences` are ``[resamples, seeds]``."""
    resamples, seeds = differences.shape
    drawn = np.random.default_rng(settings.seed).integers(0, seeds, (resamples, seeds))
    means = np.take_along_axis(differences, drawn, axis=1).mean(axis=1)
    tail = (1 - settings.level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def pooled_std(found: Mapping[str, Estimate]) -> float | None:
    """The usual standard deviation over seeds, for variants with one seed; ``None`` where all have one."""
    variances = [made.seed_std**2 for made in found.values() if made.seed_std is not None]
    return float(np.sqrt(np.mean(variances))) if variances else None


def verdict(difference: float, p_difference: float, p_equivalence: float, alpha: float) -> Verdict:
    """The word for a comparison with these adjusted p values."""
    if p_difference < alpha:
        return "helps" if difference > 0 else "hurts"
    return "no effect larger than the margin" if p_equivalence < alpha else "cannot tell"


def answer(label: str, found: Comparison, settings: Statistics) -> str:
    """One sentence: what a variant does to test F1, in points of 0..100, and what can be known of it."""
    change = f"{label} changes test F1 by {points(found.difference)} points"
    if found.low is None or found.high is None:
        return f"{change} (one seed, which tells nothing of the spread): {found.verdict}{would(found, settings)}."
    interval = f"{100 * settings.level:g} % interval {points(found.low)} to {points(found.high)}, {found.seeds} seeds"
    return f"{change} ({interval}): {found.verdict}{would(found, settings)}."


def would(found: Comparison, settings: Statistics) -> str:
    """What it would take where a study cannot tell."""
    if found.verdict != "cannot tell":
        return ""
    key, effect = f"{settings.margin:g}", f"an effect of {settings.margin:g} points"
    if key not in found.seeds_needed:
        return f"; how many seeds would find {effect} is known from two seeds on"
    seeds = found.seeds_needed[key]
    if seeds is None:
        return f"; no number of seeds would find {effect} on a test set of this size"
    return f"; {max(seeds, found.seeds + 1)} seeds would find {effect}"
