"""Sentences on single variants."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.config.statistics import Statistics
from posner.stats.comparison import Comparison
from posner.stats.propagation import Effect
from posner.summaries.answers import propagation_answer
from posner.summaries.sentences import comparison_sentence, effect_sentence, percentage, signed_points

STATISTICS = Statistics()

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
        "seed_df": 4.0,
        "unit_std": 0.001,
        "interaction_std": 0.0,
        "detectable": 0.003,
    }
    tests = dict.fromkeys(("p_difference", "p_difference_adjusted", "p_equivalence", "p_equivalence_adjusted"), 0.5)
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
    answer = propagation_answer("slope", swept, {}, STATISTICS)
    assert answer == (
        "A share of 6.1 % of the test tags replaced by typical tagging errors (the highest that was measured) lowers "
        "test F1 (-0.12 [-0.20, -0.04] points; 95 % interval)."
    )
    longer = {"a": {"slope": asdict(effect(**SLOPE)), "pos": "gold"}}
    assert propagation_answer("slope", longer, {}, STATISTICS).startswith(
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
