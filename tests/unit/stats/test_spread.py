"""Spread and paired differences, compared with pandas."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.stats.spread import Spread, paired_difference

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


@given(st.dictionaries(seeds, scores, max_size=8), st.dictionaries(seeds, scores, max_size=8))
def test_differences_are_those_of_common_seeds(own: dict[int, float], base: dict[int, float]) -> None:
    actual = paired_difference(own, base)
    expected = (pd.Series(own, dtype=float) - pd.Series(base, dtype=float)).dropna().sort_index()
    assert actual.seeds == tuple(expected.index)
    assert actual.values == pytest.approx(tuple(expected))
    assert actual.mean == (pytest.approx(expected.mean()) if len(expected) else None)
    assert actual.std == (pytest.approx(expected.std()) if len(expected) > 1 else None)
