"""Intervals and tests: compared with scipy's, and their coverage and error rates on simulated data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from posner.stats import resampling
from posner.stats.components import Components, components, pseudo_values
from posner.stats.intervals import POWER, Design, ErrorModel, Estimate, moderate
from posner.stats.joint import ALONE, Family
from posner.stats.resampling import bootstrap_weights, f1, p_randomization, resampled_f1
from scipy import stats

VALUES = np.array([0.011, 0.004, 0.009, 0.013])
MANY = 100_000  # units whose variance is as good as known


def of_seeds(values: npt.NDArray[np.float64], unit_std: float = 0.0) -> Estimate:
    parts = Components(len(values), MANY, float(values.std(ddof=1)), unit_std, 0.0)
    return moderate({"": (float(values.mean()), parts)})[""]


def error(seed_std: float, unit_std: float, seeds: int) -> ErrorModel:
    return ErrorModel(seeds, seed_std, seeds - 1, unit_std, 0.0, MANY)


def make_counts(runs: int, units: int, seed: int, right: float = 0.8) -> npt.NDArray[np.float32]:
    """Units of some entities each, of which a run finds a share."""
    generator = np.random.default_rng(seed)
    true = np.broadcast_to(generator.integers(0, 6, units), (runs, units))
    detected = generator.binomial(true, right)
    return np.stack([detected, detected + generator.binomial(2, 0.2, (runs, units)), true], axis=-1).astype(np.float32)


# --- intervals and tests ---------------------------------------------------------------------------------------------


def test_without_variance_over_units_it_is_the_t_test() -> None:
    estimate, reference = of_seeds(VALUES), stats.ttest_1samp(VALUES, 0)
    assert estimate.interval(0.95) == pytest.approx(tuple(reference.confidence_interval(0.95)), rel=1e-4)
    assert estimate.p_difference() == pytest.approx(reference.pvalue, rel=1e-3)
    low = stats.ttest_1samp(VALUES, -0.02, alternative="greater").pvalue
    high = stats.ttest_1samp(VALUES, 0.02, alternative="less").pvalue
    assert estimate.p_equivalence(0.02) == pytest.approx(max(low, high), rel=1e-3)


def test_without_variance_over_seeds_it_is_the_normal_test() -> None:
    estimate = Estimate(0.01, Components(3, MANY, 0.0, 0.004, 0.0), error(0.0, 0.004, 3))
    assert estimate.interval(0.95) == pytest.approx(stats.norm.interval(0.95, 0.01, 0.004), rel=1e-3)
    assert estimate.p_difference() == pytest.approx(2 * stats.norm.sf(2.5), rel=1e-2)


def test_few_units_have_the_quantiles_of_student() -> None:
    estimate = ErrorModel(3, 0.0, 2, 0.004, 0.0, 4)
    assert estimate.half_width(0.05, ALONE, 2) == pytest.approx(0.004 * stats.t.isf(0.025, 4), rel=1e-4)


def test_an_interaction_that_few_units_determine_poorly_widens_the_interval() -> None:
    """Its share of the variance over units is subtracted with the quantile of known variances."""
    with_it, without = (ErrorModel(3, 0.004, 2, 0.004, interaction, 2).half_width(0.05) for interaction in (0.003, 0.0))
    of_t, of_normal = stats.t.isf(0.05, 2), stats.norm.isf(0.05)
    assert with_it**2 - without**2 == pytest.approx((of_t**2 - of_normal**2) * 0.003**2 / 3, rel=1e-3)
    assert ErrorModel(3, 0.004, 2, 0.004, 0.003, MANY).half_width(0.05) < without


def test_without_a_spread_over_seeds_there_is_no_interval_and_no_small_p_value() -> None:
    estimate = moderate({"": (0.3, Components(1, 50, None, 0.001, 0.0))})[""]
    assert estimate.interval(0.95) is None
    assert estimate.p_difference() == estimate.p_equivalence(0.5) == 1


@pytest.mark.parametrize(("mean", "equivalent"), [(0.0, True), (0.006, False)])
def test_equal_predictions_are_equivalent(mean: float, equivalent: bool) -> None:
    estimate = moderate({"": (mean, Components(3, 50, 0.0, 0.0, 0.0))})[""]
    assert (estimate.p_equivalence(0.005) < 0.05) == equivalent
    assert (estimate.p_difference() < 0.05) != equivalent


@pytest.mark.parametrize(("seed_std", "unit_std", "seeds"), [(1.0, 0.0, 3), (1.0, 0.5, 3), (0.5, 1.0, 4), (1, 1, 2)])
def test_intervals_have_their_nominal_coverage(seed_std: float, unit_std: float, seeds: int) -> None:
    generator = np.random.default_rng(0)
    covered, n = 0, 2000
    for _ in range(n):
        values = 7 + generator.normal(0, seed_std, seeds) + generator.normal(0, unit_std)
        low, high = of_seeds(values, unit_std).interval(0.95) or (0, 0)
        covered += low <= 7 <= high
    assert 0.94 < covered / n < 0.995


@pytest.mark.parametrize(
    ("stds", "correlation"),
    [
        ([1.0] * 5, 0.0),
        ([1.0] * 12, 0.0),
        ([1.0] * 12, 0.7),
        ([1, *np.geomspace(0.6, 1.8, 8)], 0.0),
        ([1.6, *[1.0] * 8], 0),
    ],
    ids=["few", "alike", "correlated", "unlike", "spread of the baseline"],
)
def test_a_family_with_moderated_variances_keeps_its_level(stds: list[float], correlation: float) -> None:
    """Runs of a baseline and of variants without any effect, with three seeds: simultaneous coverage."""
    generator, n, seeds = np.random.default_rng(3), 1000, 3
    law = np.full((len(stds), len(stds)), correlation)
    law[0] = law[:, 0] = 0
    np.fill_diagonal(law, 1)
    root, covered = np.linalg.cholesky(law) * np.array(stds)[:, None], 0
    for _ in range(n):
        runs = root @ generator.normal(size=(len(stds), seeds))
        differences = runs[1:] - runs[0]
        parts = [(float(d.mean()), Components(seeds, MANY, float(d.std(ddof=1)), 0.0, 0.0)) for d in differences]
        estimates = moderate({str(i): part for i, part in enumerate(parts)})
        intervals = [estimate.interval(0.95, Family(len(parts))) or (0, 0) for estimate in estimates.values()]
        covered += all(low <= 0 <= high for low, high in intervals)
    assert covered / n > 0.93


def test_variances_that_are_alike_are_pooled_and_unlike_ones_are_not() -> None:
    """As in limma: degrees of freedom of the prior by likelihood; never more than the mean of all variances has."""
    alike = {str(i): (0.0, Components(5, MANY, 1.0 + 0.01 * i, 0.0, 0.0)) for i in range(6)}
    errors = [estimate.error for estimate in moderate(alike).values()]
    assert all(e is not None and e.seed_std == pytest.approx(1.025, abs=0.002) for e in errors)
    assert all(e is not None and e.seed_df == pytest.approx(6 * 4 / (1 + 5 / 4)) for e in errors)
    unlike = {str(i): (0.0, Components(5, MANY, std, 0.0, 0.0)) for i, std in enumerate((0.01, 0.1, 1, 10))}
    largest = moderate(unlike)["3"].error
    assert largest is not None
    assert largest.seed_std > 9
    assert largest.seed_df < 6


def test_one_seed_has_no_interval_beside_spreads_that_have_nothing_in_common() -> None:
    stds = (1e-6, 1e-3, 1.0, 1e3, 1e6)
    parts = {str(std): (0.0, Components(10, MANY, std, 0.0, 0.0)) for std in stds}
    once = moderate(parts | {"once": (0.0, Components(1, MANY, None, 0.0, 0.0))})["once"]
    assert once.interval(0.95) is None


def test_the_variance_over_seeds_is_at_least_that_of_the_interaction() -> None:
    parts = {"a": (0.0, Components(3, MANY, 0.1, 0.0, 2.0)), "b": (0.0, Components(3, MANY, 0.1, 0.0, 0.0))}
    errors = {name: estimate.error for name, estimate in moderate(parts).items()}
    assert errors["a"] is not None
    assert errors["b"] is not None
    assert (errors["a"].seed_std, errors["b"].seed_std) == pytest.approx((2.0, 0.1))


# --- power -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed_std", "unit_std", "seeds"), [(1.0, 0.0, 5), (1.0, 0.4, 5), (0.2, 1.0, 3)])
def test_a_detectable_difference_is_detected_with_the_stated_power(
    seed_std: float, unit_std: float, seeds: int
) -> None:
    generator = np.random.default_rng(1)
    difference, detected, n = Design(error(seed_std, unit_std, seeds), ALONE, 0.95).detectable(), 0, 1500
    for _ in range(n):
        values = difference + generator.normal(0, seed_std, seeds) + generator.normal(0, unit_std)
        detected += of_seeds(values, unit_std).p_difference() < 0.05
    assert POWER - 0.05 < detected / n < 0.95


def test_power_is_that_of_the_detectable_difference() -> None:
    design = Design(error(0.004, 0.003, 3), Family(4), 0.95)
    assert design.power(design.detectable()) == pytest.approx(POWER, abs=1e-3)
    assert design.power(2 * design.detectable()) > 0.9
    assert Design(design.error, ALONE, 0.95).power(0) == pytest.approx(0.025, rel=1e-2)


def test_power_without_spread_over_seeds_is_that_of_the_normal_test() -> None:
    design = Design(error(0, 0.005, 3), ALONE, 0.95)
    assert design.power(0.01) == pytest.approx(stats.norm.sf(stats.norm.isf(0.025) - 2), rel=1e-2)
    expected = stats.norm.cdf(2 - stats.norm.isf(0.05)) - stats.norm.cdf(stats.norm.isf(0.05) - 2)
    assert design.equivalence_power(0.01) == pytest.approx(expected, rel=1e-2)
    assert design.equivalence_power(0.001) == 0


def test_an_estimate_that_scatters_less_than_its_interval_assumes_is_detected_more_often() -> None:
    assumed = ErrorModel(seeds=4, seed_std=0.004, seed_df=1e6, unit_std=0.0, interaction_std=0.0, unit_df=199)
    design = Design(assumed, ALONE, 0.95, seed_std=0.002)
    critical = stats.norm.isf(0.025) * 0.002
    assert design.critical == pytest.approx(critical, rel=1e-3)
    assert design.detectable() == pytest.approx(critical + stats.norm.ppf(POWER) * 0.001, rel=1e-3)


def test_the_seeds_needed_are_the_fewest_that_find_it() -> None:
    design = Design(error(0.004, 0.001, 3), ALONE, 0.95)
    seeds = design.seeds_to_detect(0.005)
    assert seeds is not None
    assert design.with_seeds(seeds).detectable() <= 0.005 < design.with_seeds(seeds - 1).detectable()
    settled = design.seeds_to_conclude(0.0, 0.005)
    assert settled is not None
    powers = [design.with_seeds(n).equivalence_power(0.005) for n in (settled - 1, settled)]
    assert powers[0] < POWER <= powers[1]


def test_more_seeds_determine_the_variance_better() -> None:
    model = error(0.004, 0.001, 3)
    assert model.with_seeds(9).seed_df == 4 * model.seed_df
    assert model.with_seeds(9).half_width(0.05) < model.half_width(0.05) / np.sqrt(3)


def test_no_number_of_seeds_makes_up_for_a_small_test_set() -> None:
    design = Design(error(0.001, 0.004, 3), ALONE, 0.95)
    assert design.seeds_to_detect(0.005) is None
    assert design.seeds_to_conclude(0.004, 0.005) is None
    assert design.seeds_to_conclude(0.02, 0.005) is not None, "a large effect is found nevertheless"


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
    parts = components(np.subtract(*pseudo_values(runs[0]))[None])
    assert parts.unit_std == pytest.approx(truth, rel=0.25)
    resampled = resampled_f1(runs[0], 2000, seed=0)
    assert parts.unit_std == pytest.approx((resampled[:, 0] - resampled[:, 1]).std(), rel=0.05), "as the bootstrap"
    assert parts.seed_std is None


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
