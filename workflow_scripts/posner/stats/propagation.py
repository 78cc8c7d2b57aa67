"""Propagation of tagging errors to NER: changes of test F1 under corrupted tags, with intervals, tests and verdicts.

Every question is a contrast: a weighted sum of F1 at points of a sweep (mode and level, mean over draws), taken for
each training seed. Its uncertainty includes the variance over seeds and over the resampling units of the test set, like
that of a difference from the baseline (:mod:`posner.stats.intervals`). On resampled units, the F1 of a point is
computed from entity counts that are averaged over draws.

No statement reaches beyond what was measured. Tags that the tagger never confuses stay, so a sweep up to a nominal rate
of 100 % may replace far fewer tags: the slope is stated for at most the highest share of tags that really changed.

All seeds read the same draws, so the variance over seeds does not contain that over draws. The variance of the mean
over draws is therefore added to that over units; it is unknown, and taken as 0, for a single draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from posner.arrays import COUNT_COLUMNS, Doubles, Floats
from posner.config.statistics import Estimation
from posner.stats.comparison import Verdict, holm_adjusted, verdict_on
from posner.stats.intervals import Estimate, bonferroni_level, estimate_difference, seeds_needed
from posner.stats.resampling import resampled_f1

Point = tuple[str, float]  # mode and level of corruption
Contrast = Mapping[Point, float]  # weights by point

CLEAN: Point = ("clean", 0.0)
ANCHOR: Point = ("anchor", 1.0)  # the tagger's real output
SCALED_ONCE: Point = ("scaled", 1.0)  # as many errors of the same kinds, at random positions
TENTH = 0.1  # slopes are stated for each 10 % of the tags where at least as many were replaced

Question = Literal["tagging_errors", "slope", "clustering"]
QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True)
class Effect:
    """The effect of corrupted tags on the test F1 of one variant; changes are of F1 in 0..1.

    Attributes:
        seeds: number of training seeds.
        change: mean over the seeds.
        low: lower end of its interval over seeds, units and draws; ``None`` for one seed.
        high: upper end of the interval.
        seed_std: standard deviation of the change over seeds; ``None`` for one seed.
        unit_std: standard deviation of the mean change over resampled units and draws.
        p_change: two-sided p value of no change.
        p_change_holm: the same, Holm-adjusted for the number of variants.
        p_equivalence: p value of a change of the margin or more.
        p_equivalence_holm: the same, Holm-adjusted for the number of variants.
        seeds_needed: number of seeds that would detect a change of the margin with 80 % power; ``None`` where no number
            would, and for one seed.
        verdict: the conclusion from the adjusted p values.
        margin: equivalence margin of this change.
        step: share of the test tags (0..1) for which a slope is stated; ``None`` for other questions.
        reach: highest share of the test tags (0..1) that was replaced; ``None`` for other questions.
        reason: why the verdict is inconclusive whatever the p values are; ``None`` where they decide.
    """

    seeds: int
    change: float
    low: float | None
    high: float | None
    seed_std: float | None
    unit_std: float
    p_change: float
    p_change_holm: float
    p_equivalence: float
    p_equivalence_holm: float
    seeds_needed: int | None
    verdict: Verdict
    margin: float
    step: float | None = None
    reach: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Curves:
    """F1 of one variant at all points of its sweeps.

    Attributes:
        points: what the last axis of `f1` and `resampled` stands for.
        f1: ``[seeds, points]``, mean over draws.
        resampled: ``[resamples, seeds, points]``, on resampled units.
        by_draw: ``[points, draws]``, F1 averaged over seeds; NaN where a point has fewer draws.
        changed: ``[points]``, share of the tokens whose tag was replaced, mean over draws.
    """

    points: tuple[Point, ...]
    f1: Doubles
    resampled: Doubles
    by_draw: Doubles
    changed: Doubles

    @classmethod
    def of(cls, sweeps: Mapping[int, pd.DataFrame], statistics: Estimation) -> Curves:
        """The curves of sweeps by seed."""
        means = [
            sweep.groupby(["mode", "level"], sort=False)[["f1", "effective_rate"]].mean() for sweep in sweeps.values()
        ]
        points = tuple((str(mode), float(level)) for mode, level in means[0].index)
        counts = np.stack([counts_at(sweep, point) for sweep in sweeps.values() for point in points])
        resampled = resampled_f1(counts, statistics.resamples, statistics.seed)
        return cls(
            points=points,
            f1=np.stack([mean["f1"].to_numpy(np.float64) for mean in means]),
            resampled=resampled.reshape(-1, len(sweeps), len(points)),
            by_draw=np.mean([f1_by_draw(sweep, points) for sweep in sweeps.values()], axis=0),
            changed=means[0]["effective_rate"].to_numpy(np.float64),
        )

    def estimate(self, contrast: Contrast) -> Estimate:
        """The value of a contrast and its uncertainty."""
        weights = np.array([contrast.get(point, 0.0) for point in self.points])
        values = self.f1 @ weights
        over_units = estimate_difference(values, np.zeros_like(values), self.resampled @ weights)
        return replace(over_units, unit_std=float(np.hypot(over_units.unit_std, self.draw_std(weights))))

    def draw_std(self, weights: Doubles) -> float:
        """Standard deviation of a contrast's mean over the draws that all its points have; 0 for one draw.

        Args:
            weights: ``[points]``.
        """
        drawn = (~np.isnan(self.by_draw)).sum(axis=1)
        repeated = (weights != 0) & (drawn > 1)
        if not repeated.any():
            return 0.0
        draws = drawn[repeated].min()
        values = weights[repeated] @ self.by_draw[repeated, :draws]
        return float(values.std(ddof=1) / np.sqrt(draws))

    def tagging_errors(self) -> Contrast | None:
        """F1 with the tagger's real output minus F1 with the corpus's tags; ``None`` if they are the same tags."""
        return point_contrast(ANCHOR, CLEAN) if self.changed_at(ANCHOR) > 0 else None

    def changed_at(self, point: Point) -> float:
        """Share of the tokens (0..1) whose tag changed at a point; 0 for a point that was not swept."""
        return float(self.changed[self.points.index(point)]) if point in self.points else 0.0

    def reach(self) -> float:
        """The highest share of the tokens (0..1) whose tag mode `tagger` replaced."""
        return max((self.changed_at(point) for point in self.points if point[0] == "tagger"), default=0.0)

    def step(self) -> float:
        """The share of the tokens (0..1) for which the slope is stated: a tenth, or what was replaced at most."""
        return min(TENTH, self.reach())

    def slope(self) -> Contrast | None:
        """Change of F1 for each :meth:`step` of the tags that is replaced by tagging errors.

        The slope of the least-squares line through all draws of mode `tagger`, each at the mean share of tags replaced
        at its rate. ``None`` if no two rates replaced different shares: for a single rate, and for a tagger without
        errors, from which no error can be drawn.
        """
        swept = [i for i, (mode, _) in enumerate(self.points) if mode == "tagger"]
        share = self.changed[swept] - self.changed[swept].mean()
        if not share.any():
            return None
        weights = self.step() * share / (share**2).sum()
        return {self.points[i]: float(weight) for i, weight in zip(swept, weights, strict=True)}

    def clustering(self) -> Contrast | None:
        """F1 with the tagger's real output minus F1 with as many errors of the same kinds at random positions.

        ``None`` if factor 1 of mode `scaled` was not swept, and if either has no errors to compare.
        """
        has_errors = self.changed_at(ANCHOR) > 0 and self.changed_at(SCALED_ONCE) > 0
        return point_contrast(ANCHOR, SCALED_ONCE) if has_errors else None

    def margin(self, question: Question, margin: float) -> float:
        """Equivalence margin of the answer to a question, in F1 of 0..1.

        Args:
            margin: of the study, in F1 of 0..1. For the slope it applies to the change over all shares that were
                replaced, so a part of it to the slope itself.
        """
        return margin * self.step() / self.reach() if question == "slope" else margin


QUESTION_CONTRASTS: Mapping[Question, Callable[[Curves], Contrast | None]] = {
    "tagging_errors": Curves.tagging_errors,
    "slope": Curves.slope,
    "clustering": Curves.clustering,
}


def f1_by_draw(sweep: pd.DataFrame, points: Sequence[Point]) -> Doubles:
    """F1 ``[points, draws]``."""
    return sweep.pivot(index=["mode", "level"], columns="draw", values="f1").loc[list(points)].to_numpy(np.float64)


def counts_at(sweep: pd.DataFrame, point: Point) -> Floats:
    """Correct, predicted and true entities of each unit ``[units, 3]`` at one point, averaged over draws."""
    rows = sweep[(sweep["mode"] == point[0]) & (sweep["level"] == point[1])]
    return np.stack([np.mean(np.stack(rows[name].tolist()), axis=0) for name in COUNT_COLUMNS], axis=1).astype(
        np.float32
    )


def point_contrast(point: Point, other: Point) -> Contrast:
    """F1 at `point` minus F1 at `other`."""
    return {point: 1.0, other: -1.0} if point != other else {}


def estimate_effects(question: Question, curves: Mapping[str, Curves], statistics: Estimation) -> dict[str, Effect]:
    """The effect that `question` asks for, by variant; without the variants whose sweeps do not allow it.

    `tagging_errors`: the cost of the tagger's real errors, see :meth:`Curves.tagging_errors`. `slope`: the change of F1
    for each step of replaced tags, see :meth:`Curves.slope`. `clustering`: the extra cost of errors at the positions
    where the tagger makes them, see :meth:`Curves.clustering`. Margins: :meth:`Curves.margin`.
    """
    contrasts = {name: QUESTION_CONTRASTS[question](curve) for name, curve in curves.items()}
    estimates = {name: curves[name].estimate(contrast) for name, contrast in contrasts.items() if contrast}
    margins = {name: curves[name].margin(question, statistics.margin / 100) for name in estimates}
    is_slope = question == "slope"
    steps = {name: (curves[name].step(), curves[name].reach()) if is_slope else (None, None) for name in estimates}
    return effects_of(estimates, margins, steps, statistics)


def effects_of(
    estimates: Mapping[str, Estimate],
    margins: Mapping[str, float],
    steps: Mapping[str, tuple[float | None, float | None]],
    statistics: Estimation,
) -> dict[str, Effect]:
    """Tests and verdicts on the estimates of several variants, Holm-adjusted for their number.

    Args:
        margins: equivalence margin of each, in F1 of 0..1.
        steps: `step` and `reach` of each effect.
    """
    level = bonferroni_level(statistics.level, max(len(estimates), 1))
    p_change = {name: estimate.p_difference() for name, estimate in estimates.items()}
    p_equivalence = {name: estimate.p_equivalence(margins[name]) for name, estimate in estimates.items()}
    p_change_holm = holm_adjusted(p_change, estimates)
    p_equivalence_holm = holm_adjusted(p_equivalence, estimates)
    effects = {}
    for name, e in estimates.items():
        low, high = e.interval(statistics.level) or (None, None)
        effects[name] = Effect(
            seeds=e.seeds,
            change=e.mean,
            low=low,
            high=high,
            seed_std=e.seed_std,
            unit_std=e.unit_std,
            p_change=p_change[name],
            p_change_holm=p_change_holm[name],
            p_equivalence=p_equivalence[name],
            p_equivalence_holm=p_equivalence_holm[name],
            seeds_needed=None if e.seed_std is None else seeds_needed(e.seed_std, e.unit_std, margins[name], level),
            verdict=verdict_on(e.mean, p_change_holm[name], p_equivalence_holm[name], 1 - statistics.level),
            margin=margins[name],
            step=steps[name][0],
            reach=steps[name][1],
        )
    return effects
