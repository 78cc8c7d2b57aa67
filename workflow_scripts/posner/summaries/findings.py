"""One sentence on the effects on several variants, grouped by verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from posner.config.statistics import Estimation
from posner.files import Json
from posner.stats.conclusions import Verdict
from posner.summaries.oracles import BASELINE_NOT_LEARNED, NOT_LEARNED, NOT_TESTED, RANDOM_HAS_EFFECT
from posner.summaries.sentences import confidence, signed_points, span

CLAUSES: Mapping[Verdict, str] = {
    "helps": "improves {f1}",
    "hurts": "lowers {f1}",
    "equivalent": "changes {f1} by less than the margin of {margin} points",
    "inconclusive": "has an inconclusive effect on {f1}",
}
UNLEARNED = {
    NOT_LEARNED: "whose input path was not learned",
    NOT_TESTED: "whose input path was not tested",
    RANDOM_HAS_EFFECT: "of a fusion through which random POS has an effect",
}
MAX_LISTED = 3  # effects; of more, a sentence gives the range


@dataclass(frozen=True)
class Finding:
    """The effect on the test F1 of one variant, in 0..1, and the verdict on it."""

    verdict: Verdict
    change: float
    low: float | None
    high: float | None
    reason: str | None = None

    @classmethod
    def of_comparison(cls, comparison: Json) -> Self:
        """From a variant's entry in ``ner_comparisons.json``."""
        return cls(*(comparison[key] for key in ("verdict", "difference", "low", "high", "reason")))

    @classmethod
    def of_effect(cls, effect: Json) -> Self:
        """From a question's entry in ``pos_corruption/{encoder,late}_fusion.json``."""
        return cls(*(effect[key] for key in ("verdict", "change", "low", "high", "reason")))

    @property
    def is_tested(self) -> bool:
        """Whether there is an interval, and no control that speaks against it."""
        return self.low is not None and self.high is not None and not self.reason


def findings_sentence(subject: str, findings: Sequence[Finding], margin: float, statistics: Estimation) -> str:
    """One sentence on the findings of several variants; empty without findings.

    Args:
        subject: of the sentence, in the singular.
        margin: of equivalence, in points.
    """
    if not findings:
        return ""
    tested = [finding for finding in findings if finding.is_tested]
    unlearned = Counter(finding.reason for finding in findings if finding.reason)
    once = [finding for finding in findings if not finding.is_tested and not finding.reason]
    others: list[str] = []
    if tested:
        clauses: list[str] = []
        for verdict, verb in CLAUSES.items():
            if group := [finding for finding in tested if finding.verdict == verdict]:
                where = in_variants(len(group), len(tested), len(findings), is_first=not clauses)
                clause = verb.format(f1="it" if clauses else "test F1", margin=f"{margin:.2g}")
                clauses.append(f"{clause}{where} ({effects_clause(group, statistics)})")
        sentence = f"{subject} {enumeration(clauses)}"
        if once:
            others.append(more_variants(len(once), "with one training seed", "inconclusive"))
    elif once:
        per_variant, variants = ("", "") if len(once) == 1 else (" each", f" in {len(once)} variants")
        change = f"{subject} changes test F1 by {span([finding.change for finding in once])} points{variants}"
        sentence = f"{change}; with one training seed{per_variant}, this is inconclusive"
    else:
        return f"{subject} has an inconclusive effect on test F1{unlearned_clause(unlearned)}."
    others.extend(
        more_variants(unlearned[why], which, "inconclusive") for why, which in UNLEARNED.items() if unlearned[why]
    )
    return "; ".join([sentence, *others]) + "."


def unlearned_clause(unlearned: Counter[str]) -> str:
    """Why nothing can be said on any variant; `unlearned` is their number by reason."""
    if BASELINE_NOT_LEARNED in unlearned:
        return ": not even the baseline was learned"
    number = unlearned.total()
    if set(unlearned) == {NOT_LEARNED}:
        where, passes = ("the one variant, whose input path was", "it")
        if number > 1:
            where, passes = (f"all {number} variants, whose input paths were", "them")
        return f" in {where} not learned: even the NER labels do not pass {passes}"
    groups = [f"{unlearned[why]} {which}" for why, which in UNLEARNED.items() if unlearned[why]]
    return f" in {'the one variant' if number == 1 else f'all {number} variants'}: {enumeration(groups)}"


def more_variants(number: int, which: str, verdict: str) -> str:
    """``2 more variants with one training seed are inconclusive``."""
    return f"1 more variant {which} is {verdict}" if number == 1 else f"{number} more variants {which} are {verdict}"


def in_variants(number: int, tested: int, total: int, *, is_first: bool) -> str:
    """In how many of the tested variants a verdict holds; only the first clause of a sentence names them."""
    if total == 1:
        return ""
    if number < tested:
        return f" in {number} of {tested} variants tested" if is_first else f" in {number}"
    count = {1: "the one variant", 2: "both variants"}.get(tested, f"all {tested} variants")
    return f" in {count} tested"


def effects_clause(group: Sequence[Finding], statistics: Estimation) -> str:
    """The effects with their intervals: ``+1.33 [+0.60, +2.07] points; 95 % interval``."""
    level = f"{confidence(statistics)} interval{'s' if len(group) > 1 else ''}"
    if len(group) > MAX_LISTED:
        low = signed_points(min(finding.low for finding in group if finding.low is not None))
        high = signed_points(max(finding.high for finding in group if finding.high is not None))
        return f"{span([finding.change for finding in group])} points; {level} within [{low}, {high}]"
    effects = [f"{signed_points(finding.change)} {interval_text(finding)}" for finding in group]
    return f"{enumeration(effects)} points; {level}"


def interval_text(finding: Finding) -> str:
    """``[+0.60, +2.07]``; empty for one seed."""
    if finding.low is None or finding.high is None:
        return ""
    return f"[{signed_points(finding.low)}, {signed_points(finding.high)}]"


def enumeration(clauses: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(clauses[:-1]), clauses[-1])))
