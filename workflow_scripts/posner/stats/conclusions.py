"""Conclusions from estimates: intervals, tests, power and verdicts, the same for every kind of effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from posner.stats.intervals import Design, Estimate
from posner.stats.joint import Family

Verdict = Literal["helps", "hurts", "equivalent", "inconclusive"]


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What an effect on F1 allows to conclude; all effects are in F1 of 0..1.

    Attributes:
        seeds: number of training seeds.
        low: lower end of the interval, which holds for all members of the family at once; ``None`` if nothing is known
            about the spread over seeds.
        high: upper end of the interval.
        seed_std: standard deviation of the effect over seeds; ``None`` for one seed.
        moderated_std: the same, shrunk towards that of the other effects.
        seed_df: degrees of freedom of `moderated_std`.
        unit_std: standard deviation of the mean effect over test sets, without the interaction of seeds and units.
        interaction_std: part of `seed_std` that is this interaction.
        p_difference: two-sided p value of no effect.
        p_difference_adjusted: the same, adjusted for the members of the family.
        p_equivalence: p value of an effect of the margin or more.
        p_equivalence_adjusted: the same, adjusted for the members of the family.
        detectable: smallest true effect that this number of seeds and units detects with 80 % power.
        seeds_to_conclude: the number of seeds after which a true effect of the observed size would be detected, or
            shown to be within the margin, with 80 % power; ``None`` where no number would do.
        verdict: the conclusion from the adjusted p values.
        reason: why the verdict is inconclusive whatever the p values are; ``None`` where they decide.
    """

    seeds: int
    low: float | None
    high: float | None
    seed_std: float | None
    moderated_std: float | None
    seed_df: float | None
    unit_std: float
    interaction_std: float
    p_difference: float
    p_difference_adjusted: float
    p_equivalence: float
    p_equivalence_adjusted: float
    detectable: float | None
    seeds_to_conclude: int | None
    verdict: Verdict
    reason: str | None = None

    @classmethod
    def of(cls, estimate: Estimate, family: Family, margin: float, level: float, /, **fields: Any) -> Self:
        """The conclusion from an estimate.

        Args:
            family: the effects whose verdicts hold together.
            margin: of equivalence, in F1 of 0..1.
            level: of intervals and tests, in 0.5..1.
            fields: those that a subclass adds.
        """
        error, parts = estimate.error, estimate.parts
        low, high = estimate.interval(level, family) or (None, None)
        design = None if error is None else Design(error, family, level)
        p_difference, p_equivalence = estimate.p_difference(family), estimate.p_equivalence(margin, family)
        return cls(
            seeds=parts.seeds,
            low=low,
            high=high,
            seed_std=parts.seed_std,
            moderated_std=None if error is None else error.seed_std,
            seed_df=None if error is None else error.seed_df,
            unit_std=parts.unit_std,
            interaction_std=parts.interaction_std,
            p_difference=estimate.p_difference(),
            p_difference_adjusted=p_difference,
            p_equivalence=estimate.p_equivalence(margin),
            p_equivalence_adjusted=p_equivalence,
            detectable=None if design is None else design.detectable(),
            seeds_to_conclude=None if design is None else design.seeds_to_conclude(estimate.mean, margin),
            verdict=verdict_on(estimate.mean, p_difference, p_equivalence, 1 - level),
            **fields,
        )


def verdict_on(effect: float, p_difference: float, p_equivalence: float, alpha: float) -> Verdict:
    """The verdict that follows from p values at significance `alpha`."""
    if p_difference < alpha:
        return "helps" if effect > 0 else "hurts"
    return "equivalent" if p_equivalence < alpha else "inconclusive"
