"""Spread and paired differences against pandas and scipy, and words that say no more than the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from workflow_scripts.posner.statistics import Difference, Spread, answer, paired_difference, points

scores = st.floats(0, 1)
seeds = st.integers(0, 99)


@given(st.lists(scores, min_size=2, max_size=8))
def test_spread_is_that_of_pandas(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.n == len(values)
    assert spread.mean == pytest.approx(pd.Series(values).mean())
    assert spread.std == pytest.approx(pd.Series(values).std())


def test_one_value_has_no_deviation() -> None:
    assert Spread.of([0.5]) == Spread(1, 0.5, None)


@given(st.dictionaries(seeds, st.tuples(scores, scores), min_size=2, max_size=8))
def test_interval_is_that_of_the_paired_t_test(pairs: dict[int, tuple[float, float]]) -> None:
    ours, base = {s: a for s, (a, _) in pairs.items()}, {s: b for s, (_, b) in pairs.items()}
    assume(np.ptp([a - b for a, b in pairs.values()]) > 1e-6)
    found = paired_difference(ours, base)
    test = stats.ttest_rel(list(ours.values()), list(base.values()))
    low, high = test.confidence_interval(0.95)
    assert found.mean == pytest.approx(np.mean(list(ours.values())) - np.mean(list(base.values())), abs=1e-12)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assume(abs(test.pvalue - 0.05) > 1e-6)
    expected = "cannot tell" if test.pvalue > 0.05 else "helps" if test.statistic > 0 else "hurts"
    assert found.verdict == expected


@given(st.dictionaries(seeds, scores, max_size=6), st.dictionaries(seeds, scores, max_size=6))
def test_only_common_seeds_are_compared(ours: dict[int, float], base: dict[int, float]) -> None:
    found = paired_difference(ours, base)
    assert found.seeds == tuple(sorted(set(ours) & set(base)))
    assert found.values == tuple(ours[s] - base[s] for s in found.seeds)
    assert (found.mean is None) == (len(found.seeds) == 0)
    assert (found.std is None) == (found.low is None) == (found.high is None) == (len(found.seeds) < 2)
    reverse = paired_difference(base, ours)
    assert {found.verdict, reverse.verdict} in ({"cannot tell"}, {"helps", "hurts"})


def test_without_any_effect_about_one_in_twenty_intervals_excludes_0() -> None:
    """The normal distribution's 1.96 in place of Student's t would exclude 0 in one of five for three seeds."""
    noise = np.random.default_rng(0).normal(0, 0.002, (2000, 2, 3))
    verdicts = [paired_difference(dict(enumerate(a)), dict(enumerate(b))).verdict for a, b in noise]
    assert 0.03 < 1 - verdicts.count("cannot tell") / len(verdicts) < 0.07


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        (
            Difference((42, 43, 44), (0.0, 0.0, 0.0036), 0.0012, 0.002, -0.0030, 0.0054),
            "X changes test F1 by +0.12 points (95 % interval -0.30 to +0.54, 3 seeds): cannot tell.",
        ),
        (
            Difference((42, 43), (0.01, 0.012), 0.011, 0.001, 0.002, 0.02),
            "X changes test F1 by +1.10 points (95 % interval +0.20 to +2.00, 2 seeds): helps.",
        ),
        (
            Difference((42, 43), (-0.01, -0.012), -0.011, 0.001, -0.02, -0.002),
            "X changes test F1 by -1.10 points (95 % interval -2.00 to -0.20, 2 seeds): hurts.",
        ),
        (
            Difference((43,), (0.05,), 0.05, None, None, None),
            "X changes test F1 by +5.00 points (seed 43; one seed tells nothing about the spread): cannot tell.",
        ),
        (
            Difference((), (), None, None, None, None),
            "X shares no seed with the baseline: cannot tell.",
        ),
    ],
)
def test_the_answer_in_words(difference: Difference, sentence: str) -> None:
    assert answer("X", difference) == sentence


def test_an_interval_that_touches_0_does_not_exclude_it() -> None:
    assert Difference((1, 2), (0.0, 0.02), 0.01, 0.01, 0.0, 0.02).verdict == "cannot tell"
    assert Difference((1, 2), (0.0, -0.02), -0.01, 0.01, -0.02, 0.0).verdict == "cannot tell"


@given(st.floats(-1, 1))
def test_points_are_signed_hundredths(value: float) -> None:
    text = points(value)
    assert text[0] in "+-"
    assert float(text) == pytest.approx(100 * value, abs=0.0051)
