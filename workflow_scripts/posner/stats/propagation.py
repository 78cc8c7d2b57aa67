"""How far tagging errors reach NER, and how sure that is: from the entities that sweeps found, text by text.

Every question is a contrast, a weighted sum of F1 at points of a sweep (mode and level, the mean over draws), taken for
each training seed. Its uncertainty is that of a difference to the baseline (see :mod:`posner.stats.intervals`): it
includes the spread over seeds and over test documents. On resampled documents the F1 of a point is that of its counts
averaged over draws.

All seeds read the same draws, so that the accidents of a draw do not show in the spread over seeds. The variance of the
mean over draws is added to that of the texts; one draw tells nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from posner.config.statistics import Statistics
from posner.stats.comparison import Verdict, adjust, verdict
from posner.stats.intervals import Doubles, Estimate, estimate, level_among, seeds_needed
from posner.stats.resampling import resampled_f1

Point = tuple[str, float]  # mode and level
Contrast = Mapping[Point, float]  # weights by point

CLEAN: Point = ("clean", 0.0)
ANCHOR: Point = ("anchor", 1.0)
AS_OFTEN: Point = ("scaled", 1.0)
TENTH = 0.1  # slopes are told for each 10 % of the tags

Question = Literal["slope", "clustering"]
QUESTIONS: tuple[Question, ...] = get_args(Question)
UNITS: dict[Question, float] = {"slope": TENTH, "clustering": 1}  # margins that a change is tested against
WORDS: dict[Question, str] = {
    "slope": "for each 10 % of the test tags that our tagger's kinds of error replace",
    "clustering": "where our tagger errs, against as many errors of the same kinds spread evenly",
}


@dataclass(frozen=True)
class Effect:
    """What corruption does to the test F1 of one variant; changes are of F1 in 0..1.

    Attributes:
        seeds: number of training seeds.
        change: mean over them.
        low, high: its interval; ``None`` for one seed.
        seed_std, text_std: standard deviation of the change over seeds, and of its mean over resampled texts and draws.
        p_change: two-sided p value of no change; `_holm` adjusted for the number of variants.
        p_equivalence: p value of a change of the margin or more; `_holm` as above.
        seeds_needed: number of seeds that would find a change of the margin; ``None`` where none would, or where the
            spread over seeds is not known.
        verdict: the word for it.
    """

    seeds: int
    change: float
    low: float | None
    high: float | None
    seed_std: float | None
    text_std: float
    p_change: float
    p_change_holm: float
    p_equivalence: float
    p_equivalence_holm: float
    seeds_needed: int | None
    verdict: Verdict


@dataclass(frozen=True)
class Curves:
    """The sweeps of one variant.

    Attributes:
        points: what `f1` and `resampled` have in their last axis.
        f1: ``[seeds, points]``, mean over draws.
        resampled: ``[resamples, seeds, points]``, on resampled texts.
        by_draw: ``[points, draws]``, F1 averaged over seeds; NaN where a point has fewer draws.
        changed: ``[points]``, share of the tokens whose tag changed, mean over draws.
    """

    points: tuple[Point, ...]
    f1: Doubles
    resampled: Doubles
    by_draw: Doubles
    changed: Doubles

    @classmethod
    def of(cls, sweeps: Mapping[int, pd.DataFrame], settings: Statistics) -> Curves:
        """The curves of sweeps by seed."""
        means = [
            sweep.groupby(["mode", "level"], sort=False)[["f1", "effective_rate"]].mean() for sweep in sweeps.values()
        ]
        points = tuple((str(mode), float(level)) for mode, level in means[0].index)
        counts = np.stack([counts_at(sweep, point) for sweep in sweeps.values() for point in points])
        resampled = resampled_f1(counts, settings.resamples, settings.seed)
        return cls(
            points=points,
            f1=np.stack([mean["f1"].to_numpy(np.float64) for mean in means]),
            resampled=resampled.reshape(-1, len(sweeps), len(points)),
            by_draw=np.mean([f1_by_draw(sweep, points) for sweep in sweeps.values()], axis=0),
            changed=means[0]["effective_rate"].to_numpy(np.float64),
        )

    def estimate(self, contrast: Contrast) -> Estimate:
        """A contrast, and what its uncertainty is made of."""
        weights = np.array([contrast.get(point, 0.0) for point in self.points])
        values = self.f1 @ weights
        made = estimate(values, np.zeros_like(values), self.resampled @ weights)
        return replace(made, text_std=float(np.hypot(made.text_std, self.draw_std(weights))))

    def draw_std(self, weights: Doubles) -> float:
        """Standard deviation of a contrast's mean over draws, from the draws that all its points have; 0 for one draw.

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

    def slope(self) -> Contrast | None:
        """Change of F1 for each 10 % of the tags that the tagger's errors replace; ``None`` if fewer than two shares.

        The line of least squares through all draws of mode `tagger`, each at the mean share of tags replaced at its
        rate.
        """
        chosen = [i for i, (mode, _) in enumerate(self.points) if mode == "tagger"]
        share = self.changed[chosen] - self.changed[chosen].mean()
        if not share.any():
            return None
        weights = TENTH * share / (share**2).sum()
        return {self.points[i]: float(weight) for i, weight in zip(chosen, weights, strict=True)}

    def clustering(self) -> Contrast | None:
        """F1 at the anchor minus F1 with as many errors; ``None`` where factor 1 was not swept."""
        return difference(ANCHOR, AS_OFTEN) if AS_OFTEN in self.points else None


def f1_by_draw(sweep: pd.DataFrame, points: Sequence[Point]) -> Doubles:
    """F1 ``[points, draws]``."""
    return sweep.pivot(index=["mode", "level"], columns="draw", values="f1").loc[list(points)].to_numpy(np.float64)


def counts_at(sweep: pd.DataFrame, point: Point) -> np.ndarray:
    """Right, predicted and true entities of each text ``[texts, 3]`` at one point, averaged over draws."""
    rows = sweep[(sweep["mode"] == point[0]) & (sweep["level"] == point[1])]
    names = ("text_right", "text_predicted", "text_true")
    return np.stack([np.mean(np.stack(rows[name].tolist()), axis=0) for name in names], axis=1).astype(np.float32)


def difference(point: Point, other: Point) -> Contrast:
    """F1 at `point` minus F1 at `other`."""
    return {point: 1.0, other: -1.0} if point != other else {}


def ask(question: Question, curves: Mapping[str, Curves], settings: Statistics) -> dict[str, Effect]:
    """The answer to a question for each variant whose sweeps can give one.

    `slope`: see :meth:`Curves.slope`. Its margin is that of the line's change from no tag to all tags replaced: a tenth
    of it for each 10 %. `clustering`: F1 under the tagger's own tags minus F1 under as many errors of the same kinds
    spread evenly (mode `scaled` at factor 1).
    """
    contrasts = {name: each.slope() if question == "slope" else each.clustering() for name, each in curves.items()}
    found = {name: curves[name].estimate(contrast) for name, contrast in contrasts.items() if contrast}
    margin, level = margin_of(question, settings), level_among(settings.level, max(len(found), 1))
    different = {name: made.p_difference() for name, made in found.items()}
    equivalent = {name: made.p_equivalence(margin) for name, made in found.items()}
    different_holm, equivalent_holm = adjust(different, found), adjust(equivalent, found)
    made = {}
    for name, each in found.items():
        low, high = each.interval(settings.level) or (None, None)
        made[name] = Effect(
            seeds=each.seeds,
            change=each.mean,
            low=low,
            high=high,
            seed_std=each.seed_std,
            text_std=each.text_std,
            p_change=different[name],
            p_change_holm=different_holm[name],
            p_equivalence=equivalent[name],
            p_equivalence_holm=equivalent_holm[name],
            seeds_needed=None if each.seed_std is None else seeds_needed(each.seed_std, each.text_std, margin, level),
            verdict=verdict(each.mean, different_holm[name], equivalent_holm[name], 1 - settings.level),
        )
    return made


def margin_of(question: Question, settings: Statistics) -> float:
    """The change of F1 in 0..1 that counts as none."""
    return UNITS[question] * settings.margin / 100


def answer(label: str, question: Question, found: Effect, settings: Statistics) -> str:
    """One sentence: what corruption does to test F1, in points of 0..100, and what can be known of it."""
    change, low, high = (None if x is None else f"{100 * x:+.3f}" for x in (found.change, found.low, found.high))
    interval = f"{100 * settings.level:g} % interval {low} to {high}, {found.seeds} seeds"
    known = "one seed, which tells nothing of the spread" if low is None else interval
    told = f"{found.verdict}{would(question, found, settings)}"
    return f"{label}: test F1 changes by {change} points {WORDS[question]} ({known}): {told}."


def would(question: Question, found: Effect, settings: Statistics) -> str:
    """What it would take where a sweep cannot tell."""
    if found.verdict != "cannot tell":
        return ""
    change = f"a change of {100 * margin_of(question, settings):g} points"
    if found.seed_std is None:
        return f"; how many seeds would find {change} is known from two seeds on"
    if found.seeds_needed is None:
        return f"; no number of seeds would find {change} on a test set of this size"
    return f"; {max(found.seeds_needed, found.seeds + 1)} seeds would find {change}"
