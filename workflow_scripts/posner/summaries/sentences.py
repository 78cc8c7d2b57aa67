"""Sentences on single variants, and how numbers are written in sentences; none claims more than the numbers support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posner.config.statistics import Estimation
from posner.stats.comparison import Comparison
from posner.stats.conclusions import Conclusion, Verdict
from posner.stats.propagation import TENTH, Effect, Question

VERDICT_PHRASES: Mapping[Verdict, str] = {
    "helps": "helps",
    "hurts": "hurts",
    "equivalent": "equivalent (within the margin)",
    "inconclusive": "inconclusive",
}
CONDITIONS: Mapping[Question, str] = {
    "tagging_errors": "with the tagger's real output instead of the corpus's tags",
    "slope": "with {step} of the test tags replaced by typical tagging errors, {range}",
    "clustering": "with errors where the tagger makes them instead of as many at random positions",
}


def comparison_sentence(label: str, comparison: Comparison, statistics: Estimation) -> str:
    """The difference of a variant's test F1 from the baseline's, with interval and verdict."""
    needed = required_seeds_clause(comparison)
    change = f"{label} changes test F1 by {signed_points(comparison.difference)} points"
    interval = interval_clause(comparison.low, comparison.high, comparison.seeds, statistics)
    return f"{change} ({interval}): {verdict_phrase(comparison.verdict, comparison.reason)}{needed}."


def effect_sentence(label: str, question: Question, effect: Effect, statistics: Estimation) -> str:
    """The effect of corrupted tags on a variant's test F1, with interval and verdict."""
    needed = required_seeds_clause(effect)
    digits = 3 if question == "slope" else 2
    condition = CONDITIONS[question].format(**range_words(effect.step, effect.reach))
    change = f"{label}: test F1 changes by {signed_points(effect.change, digits)} points {condition}"
    interval = interval_clause(effect.low, effect.high, effect.seeds, statistics, digits)
    return f"{change} ({interval}): {verdict_phrase(effect.verdict, effect.reason)}{needed}."


def range_words(step: float | None, reach: float | None) -> dict[str, str]:
    """The shares of the test tags that a slope is about: `step`, ``each additional 10 %``, and the `range` measured.

    Args:
        step: share of 0..1 for which the slope is stated; ``None`` for an effect without one.
        reach: highest share of 0..1 that was replaced.
    """
    if step is None or reach is None:
        return {"step": "", "range": ""}
    if step < TENTH:
        return {"step": f"a share of {percentage(step)}", "range": "the highest that was measured"}
    return {"step": f"each additional {percentage(step)}", "range": f"measured up to {percentage(reach)}"}


def verdict_phrase(verdict: Verdict, reason: str | None) -> str:
    """A verdict in words, with the reason if one overrules the tests: ``inconclusive (path not learned)``."""
    return f"{VERDICT_PHRASES[verdict]} ({reason})" if reason else VERDICT_PHRASES[verdict]


def interval_clause(low: float | None, high: float | None, seeds: int, statistics: Estimation, digits: int = 2) -> str:
    """An interval of a difference in 0..1 and the number of seeds behind it."""
    if low is None or high is None:
        return "one seed, so no interval"
    bounds = f"{signed_points(low, digits)} to {signed_points(high, digits)}"
    return f"{confidence(statistics)} interval {bounds}, {seeds} {'seed' if seeds == 1 else 'seeds'}"


def required_seeds_clause(result: Conclusion) -> str:
    """Number of seeds that would settle an open question, if the true effect is the observed one; else empty."""
    if result.verdict != "inconclusive" or result.reason:
        return ""
    if result.low is None:
        return "; how many seeds would settle this can be estimated when some variant has two"
    if result.seeds_to_conclude is None:
        return "; with this test set, no number of seeds would settle an effect of this size"
    return f"; about {max(result.seeds_to_conclude, result.seeds + 1)} seeds would settle an effect of this size"


# --- numbers ---------------------------------------------------------------------------------------------------------


def signed_points(difference: float, digits: int = 2) -> str:
    """A difference of scores in 0..1 as signed points of 0..100: ``+0.12``."""
    return f"{100 * difference:+.{digits}f}"


def span(differences: Sequence[float]) -> str:
    """The lowest to the highest of some differences in 0..1, as signed points."""
    low, high = signed_points(min(differences)), signed_points(max(differences))
    return low if low == high else f"{low} to {high}"


def percentage(share: float) -> str:
    """A share of 0..1 in percent with two significant digits: ``7.3 %``, ``95 %``."""
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f} %"


def confidence(statistics: Estimation) -> str:
    """The confidence level: ``95 %``."""
    return f"{100 * statistics.level:g} %"
