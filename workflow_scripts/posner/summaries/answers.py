"""The answers of a study in plain sentences, for README, terminal, report and poster.

All numbers come from ``metrics/`` and ``pos_corruption/``. The answer on a source of POS is the mean effect of its
variants; then they are grouped by verdict. Variants without an interval are counted apart, because without the spread
over seeds nothing is conclusive, and so are variants that a control speaks against (:mod:`posner.summaries.oracles`).
No sentence reaches beyond the shares of tags that were really replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posner.config.statistics import Estimation, Statistics
from posner.files import Json
from posner.stats.pooled_effects import PooledEffect
from posner.stats.pooling import Pooled
from posner.stats.propagation import QUESTIONS, Question
from posner.summaries.findings import CLAUSES, Finding, findings_sentence
from posner.summaries.names import POS, within_sentence
from posner.summaries.scorings import scorings_sentence
from posner.summaries.sentences import (
    confidence,
    interval_clause,
    percentage,
    range_words,
    required_seeds_clause,
    signed_points,
    span,
)

SUBJECTS: Mapping[Question, str] = {
    "tagging_errors": "reading the tagger's own tags ({error} wrong) instead of the corpus's tags",
    "slope": "{step} of the test tags replaced by typical tagging errors ({range})",
    "clustering": "Placing errors where the tagger makes them, rather than as many at random positions,",
}
NO_TAGGING_ERRORS = (
    "The tagger makes no errors on test: its tags are those of the corpus, so tagging errors have no effect to measure."
)
NO_ERROR_DISTRIBUTION = (
    "The tagger makes no errors on train (out of fold), so there is no distribution of errors to draw from, and test "
    "F1 under a growing share of typical tagging errors was not measured."
)


def pos_answer(pos: str, summaries: Mapping[str, Json], comparisons: Json) -> str:
    """The effect of a source of POS (``gold``, ``predicted``, ``random``) on test F1; empty if no variant reads it."""
    compared = comparisons["variants"]
    names = [name for name, summary in summaries.items() if summary["settings"]["pos"] == pos and name in compared]
    findings = [Finding.of_comparison(compared[name]) for name in names]
    statistics = Statistics.model_validate(comparisons["statistics"])
    pooled = Pooled(**comparisons["pooled"][pos]) if pos in comparisons["pooled"] else None
    if pooled is None or len(pooled.variants) == 1 or pooled.low is None:
        return findings_sentence(POS[pos], findings, statistics.margin, statistics)
    subject = within_sentence(pos)
    mean = pooled_sentence(subject, pooled, statistics)
    return f"{mean} {findings_sentence(f'By variant, {subject}', findings, statistics.margin, statistics)}"


def pooled_sentence(subject: str, pooled: Pooled, statistics: Estimation) -> str:
    """The mean effect of several variants on test F1: interval, verdict, and whether their effects differ."""
    clause = CLAUSES[pooled.verdict].format(f1="test F1", margin=f"{statistics.margin:.2g}")
    interval = interval_clause(pooled.low, pooled.high, pooled.seeds, statistics)
    sentence = (
        f"On average over {len(pooled.variants)} variants, {subject} {clause} "
        f"({signed_points(pooled.difference)} points; {interval})"
    )
    differs = variants_differ_clause(pooled.p_variants, pooled.variant_std, statistics)
    return f"{sentence}{required_seeds_clause(pooled)}{differs}."


def propagation_answer(
    question: Question, swept: Mapping[str, Json], pooled: Mapping[str, Json], statistics: Estimation
) -> str:
    """The answer to one question on corrupted tags; empty if no sweep allows one.

    Args:
        swept: entries of ``pos_corruption/*_fusion.json`` by variant.
        pooled: entries of ``pos_corruption/pooled.json`` by question.
    """
    effects = [summary[question] for summary in swept.values() if summary[question]]
    if not effects:
        return ""
    # All sweeps of a study have the same rates and read the same tags, so all effects have one range and one margin.
    first = effects[0]
    subject = SUBJECTS[question].format(**range_words(first["step"], first["reach"]))
    subject = subject[0].upper() + subject[1:]
    means: list[str] = []
    for pos, mean in pooled.get(question, {}).items():
        if is_pooled(question, mean, swept):
            variants = f"variants trained with {pos} POS"
            means.append(pooled_effect_sentence("It" if means else subject, mean, variants, statistics))
    findings = [Finding.of_effect(effect) for effect in effects]
    by_variant = findings_sentence("By variant, it" if means else subject, findings, 100 * first["margin"], statistics)
    return " ".join([*means, by_variant])


def is_pooled(question: Question, mean: Json, swept: Mapping[str, Json]) -> bool:
    """Whether a mean effect is that of several variants, with an interval, and no control speaks against them."""
    entries = [swept[name][question] for name in mean["variants"]]
    return len(entries) > 1 and mean["low"] is not None and not any(entry["reason"] for entry in entries)


def pooled_effect_sentence(subject: str, mean: Json, variants: str, statistics: Estimation) -> str:
    """The mean effect of corrupted tags over several variants: interval, verdict, and whether the effects differ.

    Args:
        mean: entry of ``pos_corruption/pooled.json``.
        variants: what they are called, after their number.
    """
    effect = PooledEffect(**mean)
    clause = CLAUSES[effect.verdict].format(f1="test F1", margin=f"{100 * effect.margin:.2g}")
    interval = interval_clause(effect.low, effect.high, effect.seeds, statistics)
    average = f"on average over {len(effect.variants)} {variants} ({signed_points(effect.change)} points; {interval})"
    differs = variants_differ_clause(effect.p_variants, effect.variant_std, statistics)
    return f"{subject} {clause} {average}{required_seeds_clause(effect)}{differs}."


def variants_differ_clause(p: float | None, std: float, statistics: Estimation) -> str:
    """That the effects on several variants differ, if they do; else empty."""
    if p is None or p >= 1 - statistics.level:
        return ""
    return f"; its effect differs between the variants (p = {p:.2g}, sd {100 * std:.2f} points)"


def tagging_errors_answer(
    swept: Mapping[str, Json], pooled: Mapping[str, Json], statistics: Estimation, tagger_error: float
) -> str:
    """The cost of the tagger's real errors; empty if no sweep measures it.

    Variants trained with predicted POS have seen such errors in training, so they have a sentence of their own.
    """
    if swept and tagger_error <= 0:
        return NO_TAGGING_ERRORS
    sentences: list[str] = []
    for pos in ("gold", "predicted"):
        effects = [summary["tagging_errors"] for summary in swept.values() if summary["pos"] == pos]
        findings = [Finding.of_effect(effect) for effect in effects if effect]
        reading = "it" if sentences else SUBJECTS["tagging_errors"].format(error=percentage(tagger_error))
        subject = f"After training with {pos} POS, {reading}"
        mean = pooled.get("tagging_errors", {}).get(pos)
        if mean and is_pooled("tagging_errors", mean, swept):
            sentences.append(pooled_effect_sentence(subject, mean, "variants", statistics))
            subject = "By variant, it"
        if sentence := findings_sentence(subject, findings, statistics.margin, statistics):
            sentences.append(sentence)
    return " ".join(sentences)


def rates_sentence(swept: Mapping[str, Json], tagger_error: float) -> str:
    """The change of test F1 at the share of replaced tags nearest to the tagger's error rate and at the highest one.

    Empty if no variant was swept, and if no tag was replaced.
    """
    curves = [
        [p for p in summary["points"] if p["mode"] == "tagger" and p["effective_rate"]["mean"] > 0]
        for summary in swept.values()
    ]
    if not curves or not all(curves):
        return ""
    # All sweeps of a study have the same rates and read the same tags.
    nearest = min(curves[0], key=lambda point: abs(point["effective_rate"]["mean"] - tagger_error))
    highest = curves[0][-1]
    (rate, change), *others = [
        (percentage(point["effective_rate"]["mean"]), span(changes_at(point["level"], curves)))
        for point in ([nearest] if nearest is highest else [nearest, highest])
    ]
    sentence = (
        f"With {rate} of the test tags replaced by typical tagging errors at random positions (the tagger's own error "
        f"rate is {percentage(tagger_error)}), test F1 changes by {change} points"
    )
    return "; ".join([sentence, *(f"with {rate} replaced, by {change} points" for rate, change in others)]) + "."


def no_errors_sentence(swept: Mapping[str, Json]) -> str:
    """Says that sweeps over corruption rates replaced no tag, because the tagger makes no errors; else empty."""
    points = [p for summary in swept.values() for p in summary["points"] if p["mode"] == "tagger" and p["level"] > 0]
    replaced = any(point["effective_rate"]["mean"] > 0 for point in points)
    return NO_ERROR_DISTRIBUTION if points and not replaced else ""


def changes_at(level: float, curves: Sequence[Sequence[Json]]) -> list[float]:
    """Mean changes of F1 of all variants at one rate."""
    return [point["change"]["mean"] for curve in curves for point in curve if point["level"] == level]


def statistics_note(comparisons: Json) -> str:
    """Note on the tests and intervals behind verdicts."""
    statistics, units = Statistics.model_validate(comparisons["statistics"]), comparisons["units"]
    one_sided = f"{100 * (1 - statistics.level):.3g} %"
    stages = ", ".join(map(str, statistics.stages))
    looks = f" The study is analysed after {stages} seeds; the level holds for all stages together." if stages else ""
    return (
        "Differences are from the baseline with the same training seeds. Intervals and tests account for the variance "
        "over training seeds, whose estimates are moderated over all variants, and over the "
        f"{units['number']} test {units['kind']}. Those of single variants hold at {confidence(statistics)} for all "
        "variants with the same source of POS together, and for all variants of each question on corrupted tags. "
        f"Equivalence within the margin of {statistics.margin:g} points is tested one-sided at {one_sided}, so the "
        "interval of an equivalent variant can exceed the margin slightly. For the effect of replaced tags, the margin "
        f"applies to the change from none to the highest share that was measured.{looks}"
    )


def undertrained_note(summaries: Mapping[str, Json]) -> str:
    """Says in how many trainings the best checkpoint is the last one; empty if that is so in less than half of them.

    Such a training could have become better with more epochs, and what POS adds may depend on that.
    """
    runs = [run for summary in summaries.values() for run in summary["runs"]]
    last = sum(run["best_step"] == run["steps"] for run in runs)
    if 2 * last < len(runs):
        return ""
    return (
        f"In {last} of {len(runs)} trainings the best checkpoint on validation is the last one: with more epochs, F1 "
        "may be higher and the effects of POS different."
    )


@dataclass(frozen=True)
class StudyResults:
    """What the answers and details of a study are made from.

    Attributes:
        summaries: entries of ``metrics/ner_*.json`` by variant.
        comparisons: ``metrics/ner_comparisons.json``.
        swept: entries of ``pos_corruption/*_fusion.json`` by variant.
        pooled: entries of ``pos_corruption/pooled.json`` by question.
        tagger_error: share of the test tokens (0..1) that the tagger labels wrongly.
    """

    summaries: Mapping[str, Json]
    comparisons: Json
    swept: Mapping[str, Json]
    pooled: Mapping[str, Json]
    tagger_error: float

    @property
    def statistics(self) -> Statistics:
        """Margin and level of the study."""
        return Statistics.model_validate(self.comparisons["statistics"])


def study_answers(results: StudyResults) -> dict[str, Any]:
    """The three answers (`gold`, `predicted`, `tagging_errors`), each empty if the study has no such variant."""
    return {
        "gold": pos_answer("gold", results.summaries, results.comparisons),
        "predicted": pos_answer("predicted", results.summaries, results.comparisons),
        "tagging_errors": tagging_errors_answer(
            results.swept, results.pooled, results.statistics, results.tagger_error
        ),
    }


def random_control_answer(pos: str, summaries: Mapping[str, Json], comparisons: Json) -> str:
    """The effect of a source of POS beyond that of random POS; empty if no variant has such a control."""
    controlled = comparisons["random_control"]
    findings = [
        Finding.of_comparison(controlled[name])
        for name, summary in summaries.items()
        if summary["settings"]["pos"] == pos and name in controlled
    ]
    statistics = Statistics.model_validate(comparisons["statistics"])
    subject = within_sentence(pos)
    return findings_sentence(f"Compared with random POS, {subject}", findings, statistics.margin, statistics)


def extra_test_answer(test: str, summaries: Mapping[str, Json], comparisons: Json) -> str:
    """The effects of gold and predicted POS on F1 on an extra test; empty if no variant reads POS.

    Args:
        test: its name.
        comparisons: its entry in ``metrics/ner_extra_tests.json``.
    """
    answers = " ".join(filter(None, (pos_answer(pos, summaries, comparisons) for pos in ("gold", "predicted"))))
    return f"Extra test {test}: {answers}" if answers else ""


def study_details(results: StudyResults) -> list[str]:
    """Sentences beyond the three answers: on corrupted tags, the control of random POS, and other scorings."""
    summaries, comparisons, statistics = results.summaries, results.comparisons, results.statistics
    swept, pooled = results.swept, results.pooled
    learned = {name: summary for name, summary in swept.items() if not is_not_learned(summary)}
    sentences = [
        propagation_answer("clustering", swept, pooled, statistics),
        rates_sentence(learned, results.tagger_error),
        propagation_answer("slope", swept, pooled, statistics),
        no_errors_sentence(swept),
        random_control_answer("gold", summaries, comparisons),
        random_control_answer("predicted", summaries, comparisons),
        scorings_sentence("gold", comparisons),
        scorings_sentence("predicted", comparisons),
    ]
    return list(filter(None, sentences))


def is_not_learned(summary: Json) -> bool:
    """Whether the input path of a swept variant, or the baseline, was not learned."""
    return any(summary[question] and summary[question]["reason"] for question in QUESTIONS)
