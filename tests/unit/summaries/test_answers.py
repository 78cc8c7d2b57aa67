"""Sentences on single variants, and the answers of studies of many shapes."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.config.statistics import Statistics
from posner.stats.comparison import Comparison, Pooled
from posner.stats.propagation import Effect
from posner.summaries.answers import (
    NO_ERROR_DISTRIBUTION,
    NO_TAGGING_ERRORS,
    Finding,
    enumeration,
    findings_sentence,
    pooled_sentence,
    pos_answer,
    propagation_answer,
    rates_sentence,
    study_details,
    tagging_errors_answer,
    undertrained_note,
)
from posner.summaries.sentences import comparison_sentence, effect_sentence, percentage, signed_points

STATISTICS = Statistics()

# --- sentences on single variants ------------------------------------------------------------------------------------

SEVERAL = Comparison(
    seeds=3, f1=0.8012, baseline_f1=0.8, difference=0.0012, low=-0.003, high=0.0054, bootstrap_low=0, bootstrap_high=0,
    seed_std=0.002, moderated_std=0.002, seed_df=4, unit_std=0.001, interaction_std=0.001, p_difference=0.3,
    p_difference_adjusted=0.3, p_equivalence=0.2, p_equivalence_adjusted=0.2, p_randomization=0.5, detectable=0.01,
    seeds_needed={"0.5": 12}, seeds_to_conclude=14, verdict="inconclusive",
)  # fmt: skip
ONCE = replace(SEVERAL, seeds=1, seed_std=None)
UNKNOWN = replace(ONCE, low=None, high=None, moderated_std=None, detectable=None, seeds_to_conclude=None)


@pytest.mark.parametrize(
    ("comparison", "end"),
    [
        (
            SEVERAL,
            (
                "(95 % interval -0.30 to +0.54, 3 seeds): inconclusive; about 14 seeds would settle an effect of this "
                "size."
            ),
        ),
        (replace(SEVERAL, seeds_to_conclude=2), "inconclusive; about 4 seeds would settle an effect of this size."),
        (replace(SEVERAL, verdict="helps"), "3 seeds): helps."),
        (replace(SEVERAL, reason="path not learned"), "3 seeds): inconclusive (path not learned)."),
        (replace(SEVERAL, verdict="equivalent"), "3 seeds): equivalent (within the margin)."),
        (
            replace(SEVERAL, seeds_to_conclude=None),
            "inconclusive; with this test set, no number of seeds would settle an effect of this size.",
        ),
        (
            ONCE,
            "(95 % interval -0.30 to +0.54, 1 seed): inconclusive; about 14 seeds would settle an effect of this size.",
        ),
        (
            UNKNOWN,
            (
                "(one seed, so no interval): inconclusive; how many seeds would settle this can be estimated when some "
                "variant has two."
            ),
        ),
    ],
)
def test_the_sentence_on_a_comparison(comparison: Comparison, end: str) -> None:
    text = comparison_sentence("X", comparison, STATISTICS)
    assert text.startswith("X changes test F1 by +0.12 points (")
    assert text.endswith(end)


def effect(**more: Any) -> Effect:
    values: dict[str, Any] = {
        "seeds": 3,
        "change": -0.0012,
        "low": -0.002,
        "high": -0.0004,
        "seed_std": 0.001,
        "moderated_std": 0.001,
        "unit_std": 0.001,
    }
    tests = dict.fromkeys(("p_change", "p_change_adjusted", "p_equivalence", "p_equivalence_adjusted"), 0.5)
    return Effect(**(values | tests | {"seeds_to_conclude": 7, "verdict": "hurts", "margin": 0.005} | more))


SLOPE = {"step": 0.1, "reach": 0.424, "margin": 0.0005}
SHORT = {"step": 0.0612, "reach": 0.0612}


def test_the_sentence_on_an_effect() -> None:
    assert effect_sentence("X", "slope", effect(**SLOPE), STATISTICS) == (
        "X: test F1 changes by -0.120 points with each additional 10 % of the test tags replaced by typical tagging "
        "errors, measured up to 42 % (95 % interval -0.200 to -0.040, 3 seeds): hurts."
    )
    anchor = effect_sentence("X", "tagging_errors", effect(), STATISTICS)
    assert anchor.startswith(
        "X: test F1 changes by -0.12 points with the tagger's real output instead of the corpus's "
    )
    unclear = effect_sentence("X", "clustering", effect(verdict="inconclusive"), STATISTICS)
    assert unclear.endswith("inconclusive; about 7 seeds would settle an effect of this size.")
    hopeless = effect(verdict="inconclusive", seeds_to_conclude=None, **SLOPE)
    assert effect_sentence("X", "slope", hopeless, STATISTICS).endswith(
        "with this test set, no number of seeds would settle an effect of this size."
    )
    once = effect_sentence("X", "slope", replace(hopeless, seeds=1, low=None, high=None, seed_std=None), STATISTICS)
    assert "(one seed, so no interval)" in once
    assert once.endswith("can be estimated when some variant has two.")


def test_no_sentence_on_a_slope_reaches_beyond_the_shares_that_were_measured() -> None:
    """A tagger that rarely errs lets a nominal 100 % replace 6 % of the tags: nothing is said about 10 %."""
    text = effect_sentence("X", "slope", effect(**SHORT), STATISTICS)
    assert (
        "with a share of 6.1 % of the test tags replaced by typical tagging errors, the highest that was measured"
        in text
    )
    swept = {"a": {"slope": asdict(effect(**SHORT)), "pos": "gold"}}
    answer = propagation_answer("slope", swept, STATISTICS)
    assert answer == (
        "A share of 6.1 % of the test tags replaced by typical tagging errors (the highest that was measured) lowers "
        "test F1 (-0.12 [-0.20, -0.04] points; 95 % interval)."
    )
    longer = {"a": {"slope": asdict(effect(**SLOPE)), "pos": "gold"}}
    assert propagation_answer("slope", longer, STATISTICS).startswith(
        "Each additional 10 % of the test tags replaced by typical tagging errors (measured up to 42 %) lowers test F1 "
    )


@given(st.floats(-1, 1))
def test_points_are_signed_hundredths(value: float) -> None:
    text = signed_points(value)
    assert text[0] in "+-"
    assert float(text) == pytest.approx(100 * value, abs=0.0051)


@pytest.mark.parametrize(("value", "text"), [(0.0732, "7.3 %"), (0.948, "95 %"), (1.0, "100 %"), (0.00321, "0.32 %")])
def test_shares_are_in_percent(value: float, text: str) -> None:
    assert percentage(value) == text


# --- answers over variants -------------------------------------------------------------------------------------------

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


MEAN = Pooled(
    variants=("a", "b"), seeds=3, difference=0.0117, low=0.0058, high=0.0176, p_difference=0.001, p_equivalence=0.9,
    variant_std=0.0051, p_variants=0.004, detectable=0.008, seeds_to_conclude=2, verdict="helps",
)  # fmt: skip


def test_the_answer_begins_with_the_mean_of_all_variants() -> None:
    assert pooled_sentence("gold POS", MEAN, STATISTICS) == (
        "On average over 2 variants, gold POS improves test F1 (+1.17 points; 95 % interval +0.58 to +1.76, 3 seeds); "
        "its effect differs between the variants (p = 0.004, sd 0.51 points)."
    )
    alike = replace(MEAN, p_variants=0.6, verdict="inconclusive", seeds_to_conclude=9)
    assert pooled_sentence("gold POS", alike, STATISTICS).endswith(
        "3 seeds); about 9 seeds would settle an effect of this size."
    )


@pytest.mark.parametrize(("variants", "number"), [(("a", "b"), 2), (("a",), 1)])
def test_a_single_variant_has_no_mean_of_its_own(variants: tuple[str, ...], number: int) -> None:
    summaries = {name: {"settings": {"pos": "gold"}} for name in variants}
    comparisons = {
        "statistics": STATISTICS.model_dump(mode="json"),
        "variants": {name: asdict(replace(SEVERAL, verdict="helps")) for name in variants},
        "pooled": {"gold": asdict(replace(MEAN, variants=variants))},
    }
    answer = pos_answer("gold", summaries, comparisons)
    if number == 1:
        assert answer.startswith("Gold POS improves test F1 (")
    else:
        assert answer.startswith(pooled_sentence("gold POS", MEAN, STATISTICS))
        assert " By variant, gold POS improves test F1 in both variants tested (" in answer


@pytest.mark.parametrize(("best", "start"), [((300, 300, 200), "In 2 of 3 trainings"), ((300, 200, 200), "")])
def test_trainings_that_end_at_their_best_are_reported(best: tuple[int, ...], start: str) -> None:
    runs = [{"best_step": step, "steps": 300} for step in best]
    text = undertrained_note({"a": {"runs": runs[:1]}, "b": {"runs": runs[1:]}})
    assert text.startswith(start)
    assert bool(text) == bool(start)


def test_enumerations() -> None:
    assert [enumeration(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def curve(*changes: tuple[float, float]) -> dict[str, Any]:
    return {
        "points": [
            {"mode": "tagger", "level": rate, "effective_rate": {"mean": rate}, "change": {"mean": change}}
            for rate, change in changes
        ]
    }


def test_rates_near_the_tagger_and_at_the_end() -> None:
    swept = {"a": curve((0.0, 0), (0.1, -0.01), (1.0, -0.1)), "b": curve((0.0, 0), (0.1, -0.02), (1.0, -0.3))}
    assert rates_sentence(swept, 0.07) == (
        "With 10 % of the test tags replaced by typical tagging errors at random positions (the tagger's own error "
        "rate is 7.0 %), test F1 changes by -2.00 to -1.00 points; with 100 % replaced, by -30.00 to -10.00 points."
    )
    one_rate = rates_sentence({"a": curve((0.5, -0.1))}, 0.07)
    assert one_rate.endswith("test F1 changes by -10.00 points.")
    assert one_rate.count("points") == 1
    assert rates_sentence({}, 0.07) == rates_sentence({"a": curve((0.0, 0))}, 0.07) == ""


def test_a_tagger_without_errors_has_no_curve_and_no_slope() -> None:
    """Nothing was replaced at any nominal rate: the answers say so instead of showing zeros."""
    points = [
        {"mode": "tagger", "level": rate, "effective_rate": {"mean": 0.0}, "change": {"mean": 0.0}}
        for rate in (0.0, 0.5, 1.0)
    ]
    swept = {"a": {"points": points, "pos": "gold", "tagging_errors": None, "slope": None, "clustering": None}}
    comparisons = {"statistics": STATISTICS.model_dump(mode="json")}
    assert study_details(comparisons, swept, 0.0) == [NO_ERROR_DISTRIBUTION]
    assert tagging_errors_answer(swept, STATISTICS, 0.0) == NO_TAGGING_ERRORS
    assert tagging_errors_answer({}, STATISTICS, 0.0) == ""
