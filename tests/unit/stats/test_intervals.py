"""Intervals and tests: compared with scipy's, and their coverage and error rates on simulated data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.stats import intervals, resampling
from posner.stats.intervals import Estimate, detectable, estimate_difference, holm, power, seeds_needed
from posner.stats.resampling import bootstrap_weights, f1, p_randomization, resampled_f1
from scipy import stats

VALUES = np.array([0.011, 0.004, 0.009, 0.013])


def of_seeds(values: npt.NDArray[np.float64], unit_std: float = 0.0) -> Estimate:
    return Estimate(float(values.mean()), len(values), float(values.std(ddof=1)), unit_std)


def make_counts(runs: int, units: int, seed: int, right: float = 0.8) -> npt.NDArray[np.float32]:
    """Units of some entities each, of which a run finds a share."""
    generator = np.random.default_rng(seed)
    true = np.broadcast_to(generator.integers(0, 6, units), (runs, units))
    detected = generator.binomial(true, right)
    return np.stack([detected, detected + generator.binomial(2, 0.2, (runs, units)), true], axis=-1).astype(np.float32)


# --- intervals and tests ---------------------------------------------------------------------------------------------


def test_without_variance_over_units_it_is_the_t_test() -> None:
    estimate, reference = of_seeds(VALUES), stats.ttest_1samp(VALUES, 0)
    assert estimate.interval(0.95) == pytest.approx(tuple(reference.confidence_interval(0.95)), rel=1e-6)
    assert estimate.p_difference() == pytest.approx(reference.pvalue)
    low = stats.ttest_1samp(VALUES, -0.02, alternative="greater").pvalue
    high = stats.ttest_1samp(VALUES, 0.02, alternative="less").pvalue
    assert estimate.p_equivalence(0.02) == pytest.approx(max(low, high))


def test_without_variance_over_seeds_it_is_the_normal_test() -> None:
    estimate = Estimate(0.01, 3, 0.0, 0.004)
    assert estimate.interval(0.95) == pytest.approx(stats.norm.interval(0.95, 0.01, 0.004))
    assert estimate.p_difference() == pytest.approx(2 * stats.norm.sf(2.5))


def test_one_seed_has_no_interval_and_no_small_p_value() -> None:
    estimate = Estimate(0.3, 1, None, 0.001)
    assert estimate.interval(0.95) is None
    assert estimate.p_difference() == 1
    assert estimate.p_equivalence(0.5) >= 0.5


@pytest.mark.parametrize(("mean", "equivalent"), [(0.0, True), (0.006, False)])
def test_equal_predictions_are_equivalent(mean: float, equivalent: bool) -> None:
    assert (Estimate(mean, 3, 0.0, 0.0).p_equivalence(0.005) < 0.05) == equivalent


@pytest.mark.parametrize(("seed_std", "unit_std", "seeds"), [(1.0, 0.0, 3), (1.0, 0.5, 3), (0.5, 1.0, 4), (1, 1, 2)])
def test_intervals_have_their_nominal_coverage(seed_std: float, unit_std: float, seeds: int) -> None:
    generator = np.random.default_rng(0)
    covered, n = 0, 2000
    for _ in range(n):
        values = 7 + generator.normal(0, seed_std, seeds) + generator.normal(0, unit_std)
        low, high = of_seeds(values, unit_std).interval(0.95) or (0, 0)
        covered += low <= 7 <= high
    assert 0.94 < covered / n < 0.995


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_its_definition(p_values: list[float]) -> None:
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    expected, highest = {}, 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1, (len(p_values) - rank) * p_values[i]))
        expected[i] = highest
    assert holm(p_values) == pytest.approx([expected[i] for i in range(len(p_values))])


# --- power -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed_std", "unit_std", "seeds"), [(1.0, 0.0, 5), (1.0, 0.4, 5), (0.2, 1.0, 3)])
def test_a_detectable_difference_is_detected_with_the_stated_power(
    seed_std: float, unit_std: float, seeds: int
) -> None:
    generator = np.random.default_rng(1)
    difference, detected, n = detectable(seed_std, unit_std, seeds, 0.95), 0, 1500
    for _ in range(n):
        values = difference + generator.normal(0, seed_std, seeds) + generator.normal(0, unit_std)
        detected += of_seeds(values, unit_std).p_difference() < 0.05
    assert intervals.POWER - 0.05 < detected / n < 0.95


def test_power_is_that_of_the_detectable_difference() -> None:
    difference = detectable(0.004, 0.003, 3, 0.95)
    assert power(difference, 0.004, 0.003, 3, 0.95) == pytest.approx(intervals.POWER)
    assert power(2 * difference, 0.004, 0.003, 3, 0.95) > 0.9
    assert power(0, 0.004, 0.003, 3, 0.95) == pytest.approx(0.025)


def test_power_without_spread_over_seeds_is_that_of_the_normal_test() -> None:
    assert power(0.01, 0, 0.005, 3, 0.95) == pytest.approx(stats.norm.sf(stats.norm.isf(0.025) - 2))


def test_the_seeds_needed_are_the_fewest_that_find_it() -> None:
    seeds = seeds_needed(0.004, 0.001, 0.005, 0.95)
    assert seeds is not None
    assert detectable(0.004, 0.001, seeds, 0.95) <= 0.005 < detectable(0.004, 0.001, seeds - 1, 0.95)


def test_no_number_of_seeds_makes_up_for_a_small_test_set() -> None:
    assert seeds_needed(0.001, 0.004, 0.005, 0.95) is None


# --- units -----------------------------------------------------------------------------------------------------------


def test_weights_are_draws_with_replacement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES_AT_ONCE", 7)
    weights = np.concatenate(list(bootstrap_weights(units=5, resamples=3000, seed=0)))
    assert weights.shape == (3000, 5)
    assert (weights.sum(axis=1) == 5).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.07)
    assert weights.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.08)


def test_resampled_f1_is_that_of_the_units_drawn() -> None:
    counts = make_counts(runs=3, units=11, seed=2)
    estimate = resampled_f1(counts, resamples=20, seed=4)
    for row, weights in zip(estimate, next(bootstrap_weights(11, 20, 4)), strict=True):
        drawn = np.repeat(np.arange(11), weights.astype(int))
        right, predicted, true = counts[:, drawn].sum(axis=1).T
        assert row == pytest.approx(2 * right / (predicted + true))


def test_without_entities_f1_is_zero() -> None:
    assert f1(np.zeros((2, 3))).tolist() == [0, 0]


def test_the_standard_deviation_over_units_is_that_over_test_sets() -> None:
    """Compared with the standard deviation of the difference over many simulated test sets."""
    runs = [make_counts(2, 400, seed, right=0.8) for seed in range(300)]
    differences = [f1(counts.sum(axis=1)) for counts in runs]
    truth = float(np.std([a - b for a, b in differences]))
    resampled = resampled_f1(runs[0], 2000, seed=0)
    values = f1(runs[0].sum(axis=1))
    estimate = estimate_difference(values[:1], values[1:], resampled[:, :1] - resampled[:, 1:])
    assert estimate.unit_std == pytest.approx(truth, rel=0.25)
    assert estimate.seed_std is None


def test_randomization_is_the_share_of_all_swaps() -> None:
    variant, baseline = make_counts(2, 8, 3, right=0.9), make_counts(2, 8, 3, right=0.5)
    observed = abs((f1(variant.sum(axis=1)) - f1(baseline.sum(axis=1))).mean())
    as_large = 0
    for swaps in itertools.product([False, True], repeat=8):
        mask = np.array(swaps)[None, :, None]
        one, other = np.where(mask, baseline, variant), np.where(mask, variant, baseline)
        as_large += abs((f1(one.sum(axis=1)) - f1(other.sum(axis=1))).mean()) >= observed - 1e-12
    assert p_randomization(variant, baseline, 20_000, seed=0) == pytest.approx(as_large / 2**8, abs=0.01)


def test_randomization_of_equal_models_is_one() -> None:
    counts = make_counts(2, 8, 3)
    assert p_randomization(counts, counts, 100, seed=0) == 1


def test_randomization_keeps_its_level() -> None:
    false = [p_randomization(*np.split(make_counts(2, 60, seed), 2), 200, seed=seed) < 0.1 for seed in range(300)]
    assert np.mean(false) < 0.1 + 3 * math.sqrt(0.1 * 0.9 / 300)
