"""The mean effect of corrupted tags on the variants that were trained with one source of POS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from posner.config.statistics import Estimation
from posner.stats.comparison import mean_difference
from posner.stats.intervals import moderate
from posner.stats.joint import ALONE
from posner.stats.pooling import heterogeneity, most_seeds
from posner.stats.propagation import QUESTION_CONTRASTS, Curves, Effect, Question, draw_std


@dataclass(frozen=True, kw_only=True)
class PooledEffect(Effect):
    """The mean effect on several variants, tested by itself.

    Attributes:
        variants: the variants that it is the mean of: those with the largest common set of seeds.
        variant_std: standard deviation of their true effects, estimated; 0 if their spread is no larger than that of
            errors.
        p_variants: p value of equal true effects; ``None`` for one variant or seed.
    """

    variants: tuple[str, ...]
    variant_std: float
    p_variants: float | None


def pool_effects(
    question: Question, curves: Mapping[str, Curves], sources: Mapping[str, str], statistics: Estimation
) -> dict[str, PooledEffect]:
    """The mean effect by source of POS in training; without sources whose sweeps do not allow it.

    Its variance over seeds is moderated with those of the single variants.

    Args:
        sources: of POS, by variant.
    """
    contrasts = {name: QUESTION_CONTRASTS[question](curve) for name, curve in curves.items()}
    weights = {
        name: np.array([contrast.get(point, 0.0) for point in curves[name].points])
        for name, contrast in contrasts.items()
        if contrast
    }
    alone = {name: curves[name].difference(contrasts[name] or {}) for name in weights}
    pooled = {}
    for source in dict.fromkeys(sources[name] for name in weights):
        members = most_seeds({name: curves[name].seeds for name in weights if sources[name] == source})
        first = curves[members[0]]
        values = np.stack([curves[name].values @ weights[name] for name in members])  # [variants, seeds, units]
        mean, parts = mean_difference(values.mean(axis=0))
        # All variants read the same draws.
        of_draws = draw_std(np.mean([curves[name].by_draw for name in members], axis=0), weights[members[0]])
        parts = replace(parts, unit_std=float(np.hypot(parts.unit_std, of_draws)))
        estimate = moderate({**alone, "": (mean, parts)})[""]
        variant_std, p_variants = heterogeneity(values)
        margin = first.margin(question, statistics.margin / 100)
        steps = {"step": first.step(), "reach": first.reach()} if question == "slope" else {}
        pooled[source] = PooledEffect.of(
            estimate,
            ALONE,
            margin,
            statistics.level,
            change=mean,
            margin=margin,
            **steps,
            variants=tuple(members),
            variant_std=variant_std,
            p_variants=p_variants,
        )
    return pooled
