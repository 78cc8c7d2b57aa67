"""Variance components of a mean difference: training seeds crossed with the resampling units of the test set.

Seeds and units recur in every variant, so both are crossed random factors, as subjects and items are in an experiment
of psychology (Clark 1973; Baayen, Davidson & Bates 2008, doi:10.1016/j.jml.2007.12.005). F1 is no mean over units, but
that of its jackknife pseudo-values (Tukey 1958; Efron & Stein 1981), so these are analysed. The analysis of variance of
the pseudo-values of a difference, ``[seeds, units]``, gives three mean squares. With `S` seeds and `U` units, the
variance of the mean difference is ``(MS(seeds) + MS(units) - MS(residual)) / (S U)``: the residual, the interaction of
seeds and units, is contained in both others, and counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posner.arrays import Doubles
from posner.stats.resampling import f1


@dataclass(frozen=True)
class Components:
    """What the pseudo-values of a difference say about the error of its mean; all values on the scale of F1 in 0..1.

    Attributes:
        seeds: number of seeds.
        units: number of resampling units.
        seed_std: standard deviation of the difference over seeds on this test set; ``None`` for one seed.
        unit_std: standard deviation of the mean difference over test sets, without the interaction.
        interaction_std: standard deviation of one seed's difference that is due to the interaction of seed and units.
            0 for one seed, whose interaction cannot be separated and is part of `unit_std`.
    """

    seeds: int
    units: int
    seed_std: float | None
    unit_std: float
    interaction_std: float


def pseudo_values(counts: npt.NDArray[np.floating]) -> Doubles:
    """Jackknife pseudo-values ``[..., units]`` of F1, moved so that their mean is F1.

    Args:
        counts: correct, predicted and true entities ``[..., units, 3]``.
    """
    counts = counts.astype(np.float64)
    total = counts.sum(axis=-2, keepdims=True)
    without = f1(total - counts)
    units = counts.shape[-2]
    return f1(total) + (units - 1) * (without.mean(axis=-1, keepdims=True) - without)


def components(values: Doubles) -> Components:
    """The components of a difference with pseudo-values `values` ``[seeds, units]``."""
    seeds, units = values.shape
    by_seed, by_unit = values.mean(axis=1), values.mean(axis=0)
    unit_variance = float(by_unit.var(ddof=1)) / units if units > 1 else 0.0
    if seeds == 1:
        return Components(seeds, units, None, float(np.sqrt(unit_variance)), 0.0)
    residual = values - by_seed[:, None] - by_unit + values.mean()
    interaction = float((residual**2).sum()) / ((seeds - 1) * max(units - 1, 1)) / units
    return Components(
        seeds=seeds,
        units=units,
        seed_std=float(by_seed.std(ddof=1)),
        unit_std=float(np.sqrt(max(unit_variance - interaction / seeds, 0.0))),
        interaction_std=float(np.sqrt(interaction)),
    )
