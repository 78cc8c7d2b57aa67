"""Propagation of tagging errors to NER: changes of test F1 under corrupted tags, with intervals, tests and verdicts.

Every question is a contrast: a weighted sum of F1 at points of a sweep (mode and level, mean over draws), taken for
each training seed. Its uncertainty includes the variance over seeds and over the resampling units of the test set, like
that of a difference from the baseline (:mod:`posner.stats.intervals`), and its variance over seeds is moderated with
those of the other variants of its fusion. The variants are a family for each question. Pseudo-values of the F1 of a
point are computed from entity counts that are averaged over draws.

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
from posner.stats.components import Components, components, pseudo_values
from posner.stats.conclusions import Conclusion
from posner.stats.intervals import Estimate, moderate
from posner.stats.joint import UNRELATED, Family

Point = tuple[str, float]  # mode and level of corruption
Contrast = Mapping[Point, float]  # weights by point

CLEAN: Point = ("clean", 0.0)
ANCHOR: Point = ("anchor", 1.0)  # the tagger's real output
TENTH = 0.1  # slopes are stated for each 10 % of the tags where at least as many were replaced

Question = Literal["tagging_errors", "slope", "clustering"]
QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True, kw_only=True)
class Effect(Conclusion):
    """The effect of corrupted tags on the test F1 of one variant; the family are all variants that were swept.

    The standard deviation over units includes that over draws of corrupted tags.

    Attributes:
        change: mean over the seeds, in F1 of 0..1.
        margin: equivalence margin of this change.
        step: share of the test tags (0..1) for which a slope is stated; ``None`` for other questions.
        reach: highest share of the test tags (0..1) that was replaced; ``None`` for other questions.
    """

    change: float
    margin: float
    step: float | None = None
    reach: float | None = None


@dataclass(frozen=True)
class Curves:
    """F1 of one variant at all points of its sweeps.

    Attributes:
        fusion: of the variant.
        seeds: what the first axis of `f1` and `values` stands for.
        points: what the last axis of `f1` and `values` stands for.
        f1: ``[seeds, points]``, mean over draws.
        values: pseudo-values of F1 ``[seeds, units, points]``, whose mean over units is `f1`.
        by_draw: ``[points, draws]``, F1 averaged over seeds; NaN where a point has fewer draws.
        changed: ``[points]``, share of the tokens whose tag was replaced, mean over draws.
    """

    fusion: str
    seeds: tuple[int, ...]
    points: tuple[Point, ...]
    f1: Doubles
    values: Doubles
    by_draw: Doubles
    changed: Doubles

    @classmethod
    def of(cls, sweeps: Mapping[int, pd.DataFrame], fusion: str) -> Curves:
        """The curves of sweeps by seed."""
        sweeps = dict(sorted(sweeps.items()))
        means = [
            sweep.groupby(["mode", "level"], sort=False)[["f1", "effective_rate"]].mean() for sweep in sweeps.values()
        ]
        points = tuple((str(mode), float(level)) for mode, level in means[0].index)
        f1 = np.stack([mean["f1"].to_numpy(np.float64) for mean in means])
        values = np.stack(
            [pseudo_values(np.stack([counts_at(sweep, point) for point in points])) for sweep in sweeps.values()]
        )
        values += (f1 - values.mean(axis=2))[:, :, None]  # F1 of mean counts is not quite the mean of F1
        return cls(
            fusion=fusion,
            seeds=tuple(sweeps),
            points=points,
            f1=f1,
            values=values.transpose(0, 2, 1),
            by_draw=np.mean([f1_by_draw(sweep, points) for sweep in sweeps.values()], axis=0),
            changed=means[0]["effective_rate"].to_numpy(np.float64),
        )

    def difference(self, contrast: Contrast) -> tuple[float, Components]:
        """The value of a contrast and the components of its variance; draws are counted with the units."""
        weights = np.array([contrast.get(point, 0.0) for point in self.points])
        parts = components(self.values @ weights)
        unit_std = float(np.hypot(parts.unit_std, draw_std(self.by_draw, weights)))
        return float((self.f1 @ weights).mean()), replace(parts, unit_std=unit_std)

    def tagging_errors(self) -> Contrast | None:
        """F1 with the tagger's real output minus F1 with the corpus's tags; ``None`` if they are the same tags."""
        return point_contrast(ANCHOR, CLEAN) if self.changed_at(ANCHOR) > 0 else None

    def f1_at(self, point: Point) -> list[float]:
        """F1 of each seed at a point, mean over draws."""
        return self.f1[:, self.points.index(point)].tolist()

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

        Factor 1 of mode `scaled` gives as many errors as the tagger makes out of fold, not on test. So F1 at its test
        rate is interpolated between the two factors (or no errors) that change the next fewer and the next more tags.
        ``None`` if the tagger makes no errors on test, or more than the largest factor.
        """
        rate = self.changed_at(ANCHOR)
        shares = sorted((self.changed_at(point), point) for point in self.points if point[0] in ("clean", "scaled"))
        more = next((i for i, (share, _) in enumerate(shares) if share >= rate), 0)
        if rate == 0 or more == 0:
            return None
        (few, fewer), (many, larger) = shares[more - 1], shares[more]
        weight = (rate - few) / (many - few)
        contrast = {ANCHOR: 1.0, larger: -weight, fewer: weight - 1}
        return {point: value for point, value in contrast.items() if value != 0}

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


def draw_std(by_draw: Doubles, weights: Doubles) -> float:
    """Standard deviation of a contrast's mean over the draws that all its points have; 0 for one draw.

    Args:
        by_draw: F1 ``[points, draws]``; NaN where a point has fewer draws.
        weights: ``[points]``.
    """
    drawn = (~np.isnan(by_draw)).sum(axis=1)
    repeated = (weights != 0) & (drawn > 1)
    if not repeated.any():
        return 0.0
    draws = drawn[repeated].min()
    values = weights[repeated] @ by_draw[repeated, :draws]
    return float(values.std(ddof=1) / np.sqrt(draws))


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
    estimates = estimate_contrasts({name: curves[name] for name, c in contrasts.items() if c}, contrasts)
    family = Family(max(len(estimates), 1), UNRELATED)
    effects = {}
    for name, estimate in estimates.items():
        curve = curves[name]
        margin = curve.margin(question, statistics.margin / 100)
        steps = {"step": curve.step(), "reach": curve.reach()} if question == "slope" else {}
        effects[name] = Effect.of(
            estimate, family, margin, statistics.level, change=estimate.mean, margin=margin, **steps
        )
    return effects


def estimate_contrasts(curves: Mapping[str, Curves], contrasts: Mapping[str, Contrast | None]) -> dict[str, Estimate]:
    """The contrast of each variant; variances over seeds are moderated with those of the same fusion.

    Changes of encoder fusion can be many times those of late fusion, and so can their spreads.
    """
    estimates: dict[str, Estimate] = {}
    for fusion in dict.fromkeys(curve.fusion for curve in curves.values()):
        alike = {name: curve for name, curve in curves.items() if curve.fusion == fusion}
        estimates |= moderate({name: curve.difference(contrasts[name] or {}) for name, curve in alike.items()})
    return {name: estimates[name] for name in curves}
