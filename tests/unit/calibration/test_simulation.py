"""Simulated studies: their counts have the stated effects and spreads, and their verdicts are counted correctly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from posner.calibration.plan import SimulationPlan, Spreads
from posner.calibration.simulated_verdicts import outcomes, simulate, simulation_sentence
from posner.calibration.simulation import (
    THRESHOLD,
    Latent,
    SimulatedDesign,
    entity_std,
    expected_f1,
    mean_score,
)
from posner.config.statistics import Estimation
from posner.stats.components import Components, components, pseudo_values
from posner.stats.intervals import ErrorModel, Estimate
from posner.stats.joint import Family
from posner.stats.resampling import f1
from scipy import stats

PLAN = SimulationPlan(variants=3)


def spreads_of(design: SimulatedDesign, name: str, studies: int) -> dict[str, float]:
    """Root mean squares of the components of a difference, and its mean, over simulated studies; in points."""
    generator = np.random.default_rng(1)
    parts = []
    for _ in range(studies):
        counts = design.counts(generator)
        values = pseudo_values(counts[name]) - pseudo_values(counts["baseline"])
        own = components(values)
        parts.append([own.seed_std or 0, own.unit_std, own.interaction_std, values.mean()])
    columns = np.array(parts)
    squares = 100 * np.sqrt((columns[:, :3] ** 2).mean(axis=0))
    return dict(zip(("seed", "unit", "interaction", "mean"), [*squares, 100 * columns[:, 3].mean()], strict=True))


@pytest.mark.parametrize(("name", "mean", "unit"), [("gold-1", 1.0, 0.2), ("predicted-1", 0.0, 0.05)])
def test_differences_have_the_planned_effect_and_spreads(name: str, mean: float, unit: float) -> None:
    spreads = spreads_of(SimulatedDesign(PLAN, "alike", 200, 6), name, studies=300)
    assert spreads["mean"] == pytest.approx(mean, abs=0.06)  # the standard error is about 0.02
    assert spreads["seed"] == pytest.approx(PLAN.seed_std, rel=0.12)
    assert spreads["interaction"] == pytest.approx(PLAN.interaction_std, rel=0.15)
    assert spreads["unit"] == pytest.approx(unit, abs=0.05)


def test_unlike_spreads_differ_by_the_stated_factor() -> None:
    design = SimulatedDesign(PLAN, "unlike", 200, 6)
    assert design.scales[1:4].max() / design.scales[1:4].min() == pytest.approx(3)
    few, many = (spreads_of(design, f"predicted-{i}", studies=60)["seed"] for i in (0, 2))
    # Differences contain the baseline: standard deviations of sqrt(1 + 1/3) and sqrt(1 + 3).
    assert many / few == pytest.approx(3**0.5, rel=0.2)


@pytest.mark.parametrize(("spreads", "correlation"), [("alike", 0.5), ("correlated", 0.79), ("noisy_baseline", 0.8)])
def test_errors_of_variants_are_correlated_as_designed(spreads: Spreads, correlation: float) -> None:
    """Correlated latent scores of an entity, near the threshold, give decisions that are correlated a little less."""
    design = SimulatedDesign(SimulationPlan(variants=1, unit_std_gold=0), spreads, 200, 8)
    generator = np.random.default_rng(2)
    deviations = []
    for _ in range(60):
        by_seed = {name: f1(own.sum(axis=1)) for name, own in design.counts(generator).items()}
        differences = np.stack([by_seed[name] - by_seed["baseline"] for name in ("gold-0", "predicted-0")])
        deviations.append(differences - differences.mean(axis=1, keepdims=True))
    assert np.corrcoef(np.concatenate(deviations, axis=1))[0, 1] == pytest.approx(correlation, abs=0.08)


def test_latent_scores_give_the_expected_f1_and_disagreement() -> None:
    assert expected_f1(mean_score(0.02)) == pytest.approx(expected_f1(THRESHOLD) + 0.02)
    std = entity_std(0.03)
    cov = [[1, 1 - std**2], [1 - std**2, 1]]
    both = stats.multivariate_normal([0, 0], cov).cdf([-THRESHOLD, -THRESHOLD])
    assert 2 * (stats.norm.cdf(-THRESHOLD) - both) == pytest.approx(0.03, rel=1e-3)
    assert Latent.of(SimulationPlan(unit_std_gold=0)).documents["gold"] == 0


def test_counts_are_those_of_a_study() -> None:
    design = SimulatedDesign(PLAN, "alike", 7, 2)
    counts = design.counts(np.random.default_rng(0))
    assert list(counts) == list(design.names)
    correct, predicted, true = np.moveaxis(np.stack(list(counts.values())), -1, 0)
    assert correct.shape == (7, 2, 7)
    assert (correct <= predicted).all()
    assert (predicted <= true).all()
    assert (true == true[0, 0]).all()  # all models are tested on the same documents
    assert true.min() >= 1


def estimate(mean: float, std: float = 0.001) -> Estimate:
    """An estimate whose standard error is known."""
    return Estimate(mean, Components(4, 100, std, 0.0, 0.0), ErrorModel(4, 2 * std, 1e9, 0.0, 0.0, 99))


def test_outcomes_count_verdicts_and_intervals() -> None:
    estimates = {
        "gold": [estimate(0.01), estimate(0.001), estimate(0.012)],  # helps, equivalent, helps
        "predicted": [estimate(-0.006), estimate(0.0), estimate(0.004)],  # hurts, equivalent, helps
    }
    result = outcomes(estimates, {"gold": 0.01, "predicted": 0.0}, Family(3), Estimation())
    # The half-width of three joint intervals is 2.35 standard errors.
    expected = {
        "false_claims": 1.0, "coverage": 0.0, "power": 2 / 3, "equivalent": 1 / 3, "false_nulls": 1.0,
        "half_width": pytest.approx(0.00235, rel=0.01),
    }  # fmt: skip
    assert result == expected
    quiet = {"gold": [estimate(0.01)], "predicted": [estimate(0.0025, 0.002)]}
    result = outcomes(quiet, {"gold": 0.01, "predicted": 0.0}, Family(1), Estimation())
    assert {name: result[name] for name in ("false_claims", "coverage", "power", "equivalent", "false_nulls")} == {
        "false_claims": 0.0, "coverage": 1.0, "power": 1.0, "equivalent": 0.0, "false_nulls": 0.0,
    }  # fmt: skip


def test_simulate_has_two_rows_for_each_design_and_depends_on_the_seed() -> None:
    plan = SimulationPlan(studies=10, seeds=(2, 3), units=(5,), spreads=("alike",), variants=2)
    rows = simulate(plan, Estimation(), 1)
    assert rows[["seeds", "kind"]].to_numpy().tolist() == [
        [2, "variants"], [2, "answer"], [3, "variants"], [3, "answer"],
    ]  # fmt: skip
    pd.testing.assert_frame_equal(rows, simulate(plan, Estimation(), 1))
    assert not rows.equals(simulate(plan, Estimation(), 2))


def test_the_sentence_states_the_worst_design_and_the_power() -> None:
    plan = SimulationPlan(studies=100, seeds=(3,), units=(5, 200), spreads=("alike",))
    rows = pd.DataFrame(
        [
            {"spreads": "alike", "units": units, "seeds": 3, "kind": kind, "studies": 100} | values
            for units, kind, values in (
                (5, "variants", {"false_claims": 0.0, "coverage": 1.0, "power": 0.0, "equivalent": 0.0}),
                (5, "answer", {"false_claims": 0.02, "coverage": 0.98, "power": 0.1, "equivalent": 0.0}),
                (200, "variants", {"false_claims": 0.06, "coverage": 0.94, "power": 0.6, "equivalent": 0.4}),
                (200, "answer", {"false_claims": 0.04, "coverage": 0.96, "power": 0.9, "equivalent": 0.8}),
            )
        ]
    )
    assert simulation_sentence(rows, plan, Estimation()) == (
        "In 200 simulated studies of 2 designs, verdicts are on the answer on a source of POS (in parentheses: on its "
        "variants, all together). On 200 documents, 4.0 % (6.0 %) claim an effect of POS that has none (nominal: at "
        "most 5 %; 6.0 % in the worst of all designs), and intervals cover the true value in 96.0 % (94.0 %; 94.0 % in "
        "the worst design). An effect of 1 point is detected, and POS without an effect is shown to be equivalent: "
        "with 3 seeds, 90 % (60 %) and 80 % (40 %)."
    )


def test_variants_of_a_source_share_most_of_their_effects_on_documents() -> None:
    design = SimulatedDesign(PLAN, "alike", 4000, 2)
    effects = design.document_effects(np.random.default_rng(3))
    correlations = np.corrcoef(effects)
    assert correlations[1:4, 1:4][np.triu_indices(3, 1)] == pytest.approx(0.8, abs=0.03)
    assert correlations[1:4, 4:] == pytest.approx(0, abs=0.06)
    assert effects.std(axis=1) == pytest.approx(1, abs=0.04)


def test_one_seed_or_unit_is_no_design() -> None:
    for sizes in ({"seeds": (1,)}, {"units": (1,)}):
        with pytest.raises(ValueError, match="greater than or equal to 2"):
            SimulationPlan(**sizes)


def test_a_part_of_a_spread_cannot_be_larger_than_it() -> None:
    with pytest.raises(ValueError, match="interaction_std is a part of seed_std"):
        SimulationPlan(seed_std=0.2, interaction_std=0.25)
