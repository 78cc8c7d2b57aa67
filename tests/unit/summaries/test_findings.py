"""One sentence on several variants, of all kinds of verdicts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.config.statistics import Statistics
from posner.summaries.findings import Finding, enumeration, findings_sentence

STATISTICS = Statistics()

UP = Finding("helps", 0.0133, 0.006, 0.0207)
MORE = Finding("helps", 0.0171, 0.0097, 0.0245)
DOWN = Finding("hurts", -0.02, -0.03, -0.01)
SAME = Finding("equivalent", 0.0001, -0.002, 0.002)
UNCLEAR = Finding("inconclusive", 0.0003, -0.0038, 0.0044)
WIDE = Finding("inconclusive", 0.0006, -0.0034, 0.0046)
SINGLE = Finding("inconclusive", 0.0138, None, None)
OTHER = Finding("inconclusive", 0.0212, None, None)
CLOSED = Finding("inconclusive", 0.0001, -0.001, 0.001, "path not learned")
UNTRIED = replace(CLOSED, reason="path not tested")
ASTRAY = replace(CLOSED, reason="baseline not learned")
NOISE = replace(CLOSED, reason="random POS has an effect")


GAIN = "+1.33 [+0.60, +2.07]"
LARGER = "+1.71 [+0.97, +2.45]"
NONE = "+0.03 [-0.38, +0.44]"


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], ""),
        ([UP], f"X improves test F1 ({GAIN} points; 95 % interval)."),
        ([DOWN], "X lowers test F1 (-2.00 [-3.00, -1.00] points; 95 % interval)."),
        (
            [SAME],
            "X changes test F1 by less than the margin of 0.5 points (+0.01 [-0.20, +0.20] points; 95 % interval).",
        ),
        ([UNCLEAR], f"X has an inconclusive effect on test F1 ({NONE} points; 95 % interval)."),
        ([SINGLE], "X changes test F1 by +1.38 points; with one training seed, this is inconclusive."),
        (
            [SINGLE, OTHER],
            (
                "X changes test F1 by +1.38 to +2.12 points in 2 variants; with one training seed each, this is "
                "inconclusive."
            ),
        ),
        (
            [UNCLEAR, WIDE],
            (
                f"X has an inconclusive effect on test F1 in both variants tested ({NONE} and +0.06 [-0.34, +0.46] "
                "points; 95 % intervals)."
            ),
        ),
        ([UP, MORE], f"X improves test F1 in both variants tested ({GAIN} and {LARGER} points; 95 % intervals)."),
        (
            [UP, MORE, UP],
            f"X improves test F1 in all 3 variants tested ({GAIN}, {LARGER} and {GAIN} points; 95 % intervals).",
        ),
        (
            [UP, MORE, UP, UP],
            (
                "X improves test F1 in all 4 variants tested (+1.33 to +1.71 points; 95 % intervals within [+0.60, "
                "+2.45])."
            ),
        ),
        (
            [UP, SINGLE, MORE, OTHER],
            (
                f"X improves test F1 in both variants tested ({GAIN} and {LARGER} points; 95 % intervals); 2 more "
                "variants with one training seed are inconclusive."
            ),
        ),
        (
            [UP, SINGLE],
            (
                f"X improves test F1 in the one variant tested ({GAIN} points; 95 % interval); 1 more variant with one "
                "training seed is inconclusive."
            ),
        ),
        (
            [UP, SINGLE, CLOSED, CLOSED],
            (
                f"X improves test F1 in the one variant tested ({GAIN} points; 95 % interval); 1 more variant with one "
                "training seed is inconclusive; 2 more variants whose input path was not learned are inconclusive."
            ),
        ),
        (
            [SINGLE, CLOSED],
            (
                "X changes test F1 by +1.38 points; with one training seed, this is inconclusive; 1 more variant whose "
                "input path was not learned is inconclusive."
            ),
        ),
        (
            [CLOSED],
            (
                "X has an inconclusive effect on test F1 in the one variant, whose input path was not learned: even "
                "the NER labels do not pass it."
            ),
        ),
        (
            [CLOSED, CLOSED],
            (
                "X has an inconclusive effect on test F1 in all 2 variants, whose input paths were not learned: even "
                "the NER labels do not pass them."
            ),
        ),
        (
            [UP, CLOSED, UNTRIED],
            (
                f"X improves test F1 in the one variant tested ({GAIN} points; 95 % interval); 1 more variant whose "
                "input path was not learned is inconclusive; 1 more variant whose input path was not tested is "
                "inconclusive."
            ),
        ),
        (
            [UNTRIED],
            ("X has an inconclusive effect on test F1 in the one variant: 1 whose input path was not tested."),
        ),
        (
            [UP, NOISE],
            (
                f"X improves test F1 in the one variant tested ({GAIN} points; 95 % interval); 1 more variant of a "
                "fusion through which random POS has an effect is inconclusive."
            ),
        ),
        ([ASTRAY, ASTRAY], "X has an inconclusive effect on test F1: not even the baseline was learned."),
        (
            [UP, DOWN, SAME, UNCLEAR],
            (
                f"X improves test F1 in 1 of 4 variants tested ({GAIN} points; 95 % interval), lowers it in 1 (-2.00 "
                "[-3.00, -1.00] points; 95 % interval), changes it by less than the margin of 0.5 points in 1 (+0.01 "
                f"[-0.20, +0.20] points; 95 % interval) and has an inconclusive effect on it in 1 ({NONE} points; "
                "95 % interval)."
            ),
        ),
    ],
)
def test_one_sentence_covers_all_variants(findings: list[Finding], expected: str) -> None:
    assert findings_sentence("X", findings, 0.5, STATISTICS) == expected


FINDINGS = st.lists(
    st.sampled_from([UP, MORE, DOWN, SAME, UNCLEAR, WIDE, SINGLE, OTHER, CLOSED, UNTRIED]), min_size=1, max_size=9
)


@given(FINDINGS)
def test_a_sentence_is_one_sentence(findings: list[Finding]) -> None:
    """The poster and the terminal show each answer as one item."""
    text = findings_sentence("X", findings, 0.5, STATISTICS)
    assert text.startswith("X ")
    assert text.endswith(".")
    assert ". " not in text
    assert text.count("(") == text.count(")")
    assert ("one training seed" in text) == any(finding.low is None for finding in findings)
    assert ("not learned" in text) == (CLOSED in findings)
    assert ("not tested" in text) == (UNTRIED in findings)


def test_enumerations() -> None:
    assert [enumeration(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
