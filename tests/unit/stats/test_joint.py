"""The joint law of max |T|: compared with scipy's multivariate t, its Dunnett test, and Student's t."""

from __future__ import annotations

import numpy as np
import pytest
from posner.stats.joint import ALONE, MIN_P, Family, Sides
from scipy import stats

P = np.array([0.6, 0.2, 0.05, 0.01])


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize(("size", "correlation", "df"), [(2, 0.5, 3.0), (4, 0.5, 6.3), (8, 0.5, 22.0), (3, 0.0, 2.0)])
def test_quantiles_are_those_of_the_multivariate_t(size: int, correlation: float, df: float, sides: Sides) -> None:
    shape = np.full((size, size), correlation)
    np.fill_diagonal(shape, 1)
    actual = [
        1
        - stats.multivariate_t.cdf(
            np.full(size, x),
            shape=shape,
            df=df,
            lower_limit=np.full(size, -x if sides == 2 else -np.inf),
            random_state=1,
        )
        for x in Family(size, correlation).quantiles(P, df, sides)
    ]
    np.testing.assert_allclose(actual, P, atol=1e-3)


def test_p_values_are_those_of_dunnett() -> None:
    """The distance that belongs to each p value of scipy's test is its statistic."""
    generator = np.random.default_rng(0)
    control, *samples = generator.normal(size=(4, 8)) + np.array([0, 0.4, 1.5, 0])[:, None]
    reference = stats.dunnett(*samples, control=control, random_state=2)
    np.testing.assert_allclose(Family(3).quantiles(reference.pvalue, 28.0), np.abs(reference.statistic), rtol=0.01)


@pytest.mark.parametrize("df", [1.0, 2.0, 7.5, 30.0, np.inf])
def test_a_family_of_one_is_student(df: float) -> None:
    p = np.array([0.4, 0.05, 1e-3, 1e-8])
    quantiles = ALONE.quantiles(p, df, 2)
    exact = stats.t.isf(p / 2, min(df, 28.0) if df == 30 else df) if np.isfinite(df) else stats.norm.isf(p / 2)
    np.testing.assert_allclose(quantiles, exact, rtol=2e-4)


def test_p_values_that_are_too_small_to_tell_apart_have_one_distance() -> None:
    assert Family(5).quantiles(np.array([MIN_P / 1e6, MIN_P / 1e9]), 1.0).std() == 0


def test_many_degrees_of_freedom_are_rounded_down() -> None:
    """So the distances are never too short."""
    p = np.array([0.05])
    assert ALONE.quantiles(p, 99.0) >= stats.t.isf(0.025, 99) * (1 - 1e-6)
