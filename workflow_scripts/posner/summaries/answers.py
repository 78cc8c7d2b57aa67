"""The answers of a study in plain sentences, for README, terminal, report and poster.

All numbers come from ``metrics/`` and ``pos_corruption/``. A sentence groups the variants by verdict; variants with one
training seed are counted apart, because one seed never allows a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from posner.config.statistics import Statistics
from posner.files import Json
from posner.stats.comparison import Verdict
from posner.stats.propagation import Question, equivalence_margin
from posner.summaries.names import POS
from posner.summaries.sentences import confidence, percentage, signed_points, span

MIN_UNITS = 20  # below this, the bootstrap variance and the normal quantile are visibly too small

SUBJECTS: Mapping[Question, str] = {
    "tagging_errors": "reading the tagger's own tags ({error} wrong) instead of the corpus's tags",
    "slope": "Each additional 10 % of test tags replaced by typical tagging errors",
    "clustering": "Placing the errors where the tagger makes them, instead of as many at random positions,",
}
# What a verdict says: verb, and note behind the number of variants.
CLAUSES: Mapping[Verdict, tuple[str, str]] = {
    "helps": ("improves {f1}", " by {size}"),
    "hurts": ("lowers {f1}", " by {size}"),
    "equivalent": ("changes {f1} by less than the margin of {margin} points", " (equivalent)"),
    "inconclusive": ("has no significant effect on {f1}", " (inconclusive: {intervals})"),
}


@dataclass(frozen=True)
class Finding:
    """The effect on the test F1 of one variant, in 0..1, and the verdict on it."""

    verdict: Verdict
    change: float
    low: float | None
    high: float | None

    @classmethod
    def of_comparison(cls, comparison: Json) -> Self:
        """From a variant's entry in ``ner_comparisons.json``."""
        return cls(comparison["verdict"], comparison["difference"], comparison["low"], comparison["high"])

    @classmethod
    def of_effect(cls, effect: Json) -> Self:
        """From a question's entry in ``pos_corruption/{encoder,late}_fusion.json``."""
        return cls(effect["verdict"], effect["change"], effect["low"], effect["high"])

    @property
    def has_interval(self) -> bool:
        """Whether several seeds were run."""
        return self.low is not None and self.high is not None


def pos_answer(pos: str, summaries: Mapping[str, Json], comparisons: Json) -> str:
    """What one source of POS (``gold``, ``predicted``, ``random``) does to test F1; empty if no variant reads it."""
    compared = comparisons["variants"]
    read_it = [name for name, summary in summaries.items() if summary["settings"]["pos"] == pos and name in compared]
    findings = [Finding.of_comparison(compared[name]) for name in read_it]
    statistics = Statistics.model_validate(comparisons["statistics"])
    return findings_sentence(POS[pos], findings, statistics.margin, statistics)


def propagation_answer(
    question: Question, swept: Mapping[str, Json], statistics: Statistics, tagger_error: float
) -> str:
    """The answer to one question on corrupted tags; empty if no sweep allows one.

    Args:
        swept: entries of ``pos_corruption/*_fusion.json`` by variant.
        tagger_error: the tagger's error rate on test, in 0..1.
    """
    findings = [Finding.of_effect(summary[question]) for summary in swept.values() if summary[question]]
    subject = SUBJECTS[question].format(error=percentage(tagger_error))
    return findings_sentence(subject, findings, 100 * equivalence_margin(question, statistics), statistics)


def tagging_errors_answers(swept: Mapping[str, Json], statistics: Statistics, tagger_error: float) -> list[str]:
    """The cost of the tagger's real errors, in a sentence for each source of POS that variants were trained with.

    Variants trained with predicted POS have seen such errors in training, so they are reported apart.
    """
    answers = []
    for pos in ("gold", "predicted"):
        variants = {name: summary for name, summary in swept.items() if summary["pos"] == pos}
        if answer := propagation_answer("tagging_errors", variants, statistics, tagger_error):
            answers.append(f"After training with {pos} POS, {answer}")
    return answers


def findings_sentence(subject: str, findings: Sequence[Finding], margin: float, statistics: Statistics) -> str:
    """One sentence on the findings of several variants; empty without findings.

    Args:
        subject: of the sentence, in the singular.
        margin: of equivalence, in points.
    """
    if not findings:
        return ""
    total = len(findings)
    once = [finding for finding in findings if not finding.has_interval]
    if len(once) == total:
        per_variant, variants = ("", "") if total == 1 else (" each", f" in {total} variants")
        change = f"{subject} changes test F1 by {span([finding.change for finding in once])} points{variants}"
        return f"{change}; with one training seed{per_variant}, there is no verdict."
    clauses: list[str] = []
    for verdict, (verb, note) in CLAUSES.items():
        if group := [finding for finding in findings if finding.has_interval and finding.verdict == verdict]:
            clause = verb + in_variants(len(group), total, verdict, is_first=not clauses) + note
            words = {"size": size(group), "intervals": intervals(group, statistics), "margin": f"{margin:g}"}
            clauses.append(clause.format(f1="it" if clauses else "test F1", **words))
    sentence = f"{subject} {enumeration(clauses)}"
    if once:
        others = "the other has" if len(once) == 1 else f"the other {len(once)} have"
        sentence += f"; {others} one training seed and no verdict"
    return f"{sentence}."


def in_variants(number: int, total: int, verdict: Verdict, *, is_first: bool) -> str:
    """In how many of all variants a verdict holds; only the first clause of a sentence says how many there are."""
    if total == 1:
        return ""
    if number < total:
        return f" in {number} of {total} variants" if is_first else f" in {number}"
    if verdict == "inconclusive":  # a negative clause
        return " in either variant" if total == 2 else f" in any of the {total} variants"
    return " in both variants" if total == 2 else f" in all {total} variants"


def size(group: Sequence[Finding]) -> str:
    """The range of the absolute changes: ``1.33 to 1.71 points``."""
    smallest, largest = (f"{100 * end(abs(finding.change) for finding in group):.2f}" for end in (min, max))
    return f"{smallest} points" if smallest == largest else f"{smallest} to {largest} points"


def intervals(group: Sequence[Finding], statistics: Statistics) -> str:
    """The range that the intervals cover together: ``95 % intervals from -0.38 to +0.46 points``."""
    low = signed_points(min(finding.low for finding in group if finding.low is not None))
    high = signed_points(max(finding.high for finding in group if finding.high is not None))
    return f"{confidence(statistics)} interval{'s' if len(group) > 1 else ''} from {low} to {high} points"


def enumeration(clauses: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(clauses[:-1]), clauses[-1])))


def rates_sentence(swept: Mapping[str, Json], tagger_error: float) -> str:
    """The change of test F1 at the corruption rate nearest to the tagger's error rate and at the highest rate.

    Empty if no variant was swept over rates above 0.
    """
    curves = [
        [point for point in summary["points"] if point["mode"] == "tagger" and point["level"] > 0]
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
        f"With {rate} of the test tags replaced by typical tagging errors (the tagger's own error rate is "
        f"{percentage(tagger_error)}), test F1 changes by {change} points"
    )
    return "; ".join([sentence, *(f"with {rate} replaced, by {change} points" for rate, change in others)]) + "."


def changes_at(level: float, curves: Sequence[Sequence[Json]]) -> list[float]:
    """Mean changes of F1 of all variants at one rate."""
    return [point["change"]["mean"] for curve in curves for point in curve if point["level"] == level]


def statistics_sentence(comparisons: Json) -> str:
    """How verdicts and intervals are to be read."""
    statistics, units = Statistics.model_validate(comparisons["statistics"]), comparisons["units"]
    few = ", too few for intervals of nominal coverage" if units["number"] < MIN_UNITS else ""
    return (
        f"Verdicts are Holm-adjusted at the {confidence(statistics)} family-wise level, separately for POS variants, "
        "controls and each question on corrupted tags; they account for the variance over training seeds and over the "
        f"{units['number']} test {units['kind']}{few}. The equivalence margin is {statistics.margin:g} points of F1; "
        "for corruption rates it applies to the change from no tag to all tags replaced. Intervals are for one variant "
        "by itself, without adjustment."
    )


def study_answers(
    summaries: Mapping[str, Json], comparisons: Json, swept: Mapping[str, Json], tagger_error: float
) -> dict[str, Any]:
    """The three answers (`gold`, `predicted`, `tagging_errors`), each empty if the study has no such variant.

    `tagging_errors` is about variants trained with gold POS, or about the others if there is none.
    """
    statistics = Statistics.model_validate(comparisons["statistics"])
    return {
        "gold": pos_answer("gold", summaries, comparisons),
        "predicted": pos_answer("predicted", summaries, comparisons),
        "tagging_errors": next(iter(tagging_errors_answers(swept, statistics, tagger_error)), ""),
    }


def study_details(comparisons: Json, swept: Mapping[str, Json], tagger_error: float) -> str:
    """The effects of corrupted tags beyond the three answers."""
    statistics = Statistics.model_validate(comparisons["statistics"])
    sentences = [
        *tagging_errors_answers(swept, statistics, tagger_error)[1:],
        rates_sentence(swept, tagger_error),
        *(propagation_answer(question, swept, statistics, tagger_error) for question in ("slope", "clustering")),
    ]
    return " ".join(filter(None, sentences))
