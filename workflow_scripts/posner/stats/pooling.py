"""The answer on a source of POS: the mean difference of all its variants from the baseline, and whether they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from posner.arrays import Doubles
from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.stats.comparison import COMPARED_SOURCES, Source, mean_difference, pair_runs
from posner.stats.components import Components
from posner.stats.conclusions import Conclusion
from posner.stats.intervals import Estimate, moderate
from posner.stats.joint import ALONE
from posner.stats.resampling import RunCounts


@dataclass(frozen=True, kw_only=True)
class Pooled(Conclusion):
    """The mean difference of the variants of one source of POS from the baseline, tested by itself.

    Attributes:
        variants: the variants that it is the mean of: those with the most seeds in common with the baseline.
        difference: mean over variants and seeds, in F1 of 0..1.
        variant_std: standard deviation of the true differences of the variants, estimated; 0 if their spread is no
            larger than that of errors.
        p_variants: p value of equal true differences of all variants; ``None`` for one variant or seed.
    """

    variants: tuple[str, ...]
    difference: float
    variant_std: float
    p_variants: float | None


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
        members = most_seeds({name: pair.seeds for name, pair in pairs.items() if variants[name].pos == source})
        if members:
            pooled[source] = pool(tuple(members), values, alone, statistics)
    return pooled


def most_seeds(seeds: Mapping[str, tuple[int, ...]]) -> list[str]:
    """The variants that share the largest set of seeds, so that their mean is one over equal numbers of runs.

    Args:
        seeds: sorted, by variant.
    """
    largest = max(seeds.values(), key=len, default=())
    return [name for name, own in seeds.items() if own == largest]


def pool(
    members: tuple[str, ...],
    values: Mapping[str, Doubles],
    alone: Mapping[str, tuple[float, Components]],
    statistics: Estimation,
) -> Pooled:
    """The answer of the variants `members`, from pseudo-values ``[seeds, units]`` and components by variant."""
    stacked = np.stack([values[name] for name in members])  # [variants, seeds, units]
    estimate = pooled_estimate(stacked, alone)
    variant_std, p_variants = heterogeneity(stacked)
    return Pooled.of(
        estimate,
        ALONE,
        statistics.margin / 100,
        statistics.level,
        variants=members,
        difference=estimate.mean,
        variant_std=variant_std,
        p_variants=p_variants,
    )


def pooled_estimate(values: Doubles, alone: Mapping[str, tuple[float, Components]]) -> Estimate:
    """The mean of the differences of several variants.

    Its variance over seeds is moderated with those of single variants: it cannot exceed their mean, whatever their
    correlation.

    Args:
        values: pseudo-values of the differences ``[variants, seeds, units]``.
        alone: mean and components of every variant of the study.
    """
    return moderate({**alone, "": mean_difference(values.mean(axis=0))})[""]


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
