"""Plans of studies: computed power, compared with that of simulated studies and with the parts of a design."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from posner.calibration.plan import SimulationPlan
from posner.calibration.simulated_verdicts import judge
from posner.calibration.simulation import SimulatedDesign
from posner.config.statistics import Estimation
from posner.config.variants import Variant
from posner.stats.comparison import COMPARED_SOURCES, Source
from posner.stats.components import Components
from posner.stats.intervals import Design, ErrorModel, moderate
from posner.stats.joint import ALONE, Family
from posner.stats.planning import Assumptions, PlannedStudy, PlannedVerdict

BASELINE = {"baseline": Variant()}
GOLD = {f"gold-{i}": Variant(fusion="late", pos="gold", feature="one_hot", pos_embed_dim=8 + i) for i in range(4)}
PREDICTED = {
    f"predicted-{i}": Variant(fusion="late", pos="predicted", feature="one_hot", pos_embed_dim=8 + i) for i in range(4)
}
ORACLE = {"oracle": Variant(fusion="late", pos="oracle", feature="one_hot")}
VARIANTS = {**BASELINE, **GOLD, **PREDICTED, **ORACLE}
ASSUMED = Assumptions(seed_std=0.0036, unit_std=0.0005, unit_correlation=1.0, units=200)
QUIET = Assumptions(seed_std=0.002, unit_std=0.0005, unit_correlation=0.2, units=200)
NOISY = Assumptions(seed_std=0.004, unit_std=0.002, unit_correlation=0.8, units=200)


def everywhere(assumptions: Assumptions) -> dict[Source, Assumptions]:
    """The same assumptions for all sources of POS."""
    return dict.fromkeys(COMPARED_SOURCES, assumptions)


def plan(
    seeds: int,
    assumptions: Mapping[Source, Assumptions] | None = None,
    statistics: Estimation | None = None,
    **own: tuple[int, ...],
) -> dict[tuple[str, str], PlannedVerdict]:
    """The plan of a study with this number of seeds, but for variants with their own."""
    all_seeds = {name: own.get(name.replace("-", "_"), tuple(range(seeds))) for name in VARIANTS}
    study = PlannedStudy(VARIANTS, assumptions or everywhere(ASSUMED), statistics or Estimation())
    return {(v.pos, v.kind): v for v in study.verdicts(all_seeds)}


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_the_computed_power_is_that_of_simulated_studies(seeds: int) -> None:
    design = SimulatedDesign(SimulationPlan(unit_std_gold=0.05), "alike", 200, seeds)
    generator = np.random.default_rng(seeds)
    outcomes = [judge(design, design.counts(generator), Estimation()) for _ in range(150)]
    planned = plan(seeds)
    for kind in ("answer", "variants"):
        own = planned["gold", kind].design
        assert own is not None
        power = np.mean([outcome[kind]["power"] for outcome in outcomes])
        equivalent = np.mean([outcome[kind]["equivalent"] for outcome in outcomes])
        assert own.power(0.01) == pytest.approx(power, abs=0.12)
        assert planned["predicted", kind].equivalence_power == pytest.approx(equivalent, abs=0.15)


def test_the_design_has_the_degrees_of_freedom_of_all_variants() -> None:
    design = plan(3)["gold", "variants"].design
    # Eight variants with two degrees of freedom each, of which the shared baseline leaves 16 / (1 + 7 / 4).
    error = ErrorModel(3, ASSUMED.seed_std, 16 / 2.75, ASSUMED.unit_std, 0.0, 199)
    assert design == Design(error, Family(4), 0.95, ASSUMED.seed_std)
    answer = plan(3)["gold", "answer"].design
    assert answer == Design(error, ALONE, 0.95, pytest.approx(ASSUMED.seed_std * np.sqrt(5 / 8)))


def test_variants_with_fewer_seeds_limit_single_verdicts_but_not_the_answer() -> None:
    planned = plan(5, gold_0=(0, 1), gold_1=(0, 7))
    assert (planned["gold", "variants"].seeds, planned["gold", "variants"].variants) == (1, 4)  # 7 is no common seed
    assert (planned["gold", "answer"].seeds, planned["gold", "answer"].variants) == (5, 2)
    assert planned["predicted", "variants"].seeds == 5
    one = planned["gold", "variants"].detectable
    five = planned["predicted", "variants"].detectable
    assert one is not None
    assert five is not None
    assert one > five


def test_variants_without_a_common_seed_and_oracles_are_left_out() -> None:
    planned = plan(3, gold_0=(9,), gold_1=(9,), gold_2=(9,), gold_3=(9,))
    assert {pos for pos, _ in planned} == {"predicted"}


def test_one_seed_everywhere_has_no_design() -> None:
    planned = plan(1)["gold", "answer"]
    assert planned.design is None
    assert planned.detectable is None
    assert planned.equivalence_power == 0
    assert not planned.detects_margin
    assert planned.seeds_for_margin == plan(3)["gold", "answer"].seeds_for_margin


@pytest.mark.parametrize("gold", [ASSUMED, NOISY])
@pytest.mark.parametrize("stages", [(), (3, 9)])
def test_the_stated_numbers_of_seeds_are_the_fewest_that_suffice(gold: Assumptions, stages: tuple[int, ...]) -> None:
    def planned(number: int) -> dict[tuple[str, str], PlannedVerdict]:
        return plan(number, {**everywhere(ASSUMED), "gold": gold}, Estimation(stages=stages, margin=0.8))

    for key, verdict in planned(3).items():
        seeds, equivalent = verdict.seeds_for_margin, verdict.seeds_for_equivalence
        assert seeds is not None
        assert equivalent is not None
        fewer, enough = (planned(seeds + more)[key].detectable or 1 for more in (-1, 0))
        assert enough <= verdict.margin < fewer
        power = [planned(equivalent + more)[key].equivalence_power for more in (-1, 0)]
        assert power[0] < 0.8 <= power[1]


def test_a_planned_last_stage_has_nearly_the_power_of_a_study_without_stages() -> None:
    plain, staged = plan(9)["gold", "answer"], plan(9, statistics=Estimation(stages=(3, 9)))["gold", "answer"]
    assert plain.detectable is not None
    assert staged.detectable == pytest.approx(plain.detectable, rel=0.02)
    first = plan(3, statistics=Estimation(stages=(3, 9)))["gold", "answer"]
    assert first.with_seeds(9) == staged


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_power_of_each_source_is_that_of_its_own_spread(seeds: int) -> None:
    """Studies are drawn with unlike spreads by source, and analysed with moderated variances."""
    planned = plan(seeds, {**everywhere(QUIET), "gold": NOISY})
    effects = {pos: planned[pos, "variants"].detectable or 0.0 for pos in ("gold", "predicted")}
    family, trials, generator = Family(4), 300, np.random.default_rng(seeds)
    detected = dict.fromkeys(effects, 0.0)
    for _ in range(trials):
        differences = {}
        for pos, assumed in (("gold", NOISY), ("predicted", QUIET)):
            models = generator.normal(0, assumed.seed_std / np.sqrt(2), (5, seeds))  # the last one is the baseline
            shared, own = generator.normal(0, assumed.unit_std, (2, 4))
            units = np.sqrt(assumed.unit_correlation) * shared[0] + np.sqrt(1 - assumed.unit_correlation) * own
            for i, values in enumerate(models[:4] - models[4]):
                parts = Components(seeds, assumed.units, float(values.std(ddof=1)), assumed.unit_std, 0.0)
                differences[f"{pos}-{i}"] = (effects[pos] + float(values.mean() + units[i]), parts)
        for name, estimate in moderate(differences).items():
            detected[name.partition("-")[0]] += (estimate.p_difference(family) < 0.05) / (4 * trials)
    assert detected == pytest.approx({"gold": 0.8, "predicted": 0.8}, abs=0.08)


def test_the_spread_of_a_mean_over_test_sets_follows_from_the_correlation() -> None:
    designs = {key: verdict.design for key, verdict in plan(3, {**everywhere(QUIET), "gold": NOISY}).items()}
    for pos, assumed in (("gold", NOISY), ("predicted", QUIET)):
        answer, single = designs[pos, "answer"], designs[pos, "variants"]
        assert answer is not None
        assert single is not None
        covariance = assumed.unit_std**2 * (
            np.full((4, 4), assumed.unit_correlation) + (1 - assumed.unit_correlation) * np.eye(4)
        )
        assert answer.error.unit_std == pytest.approx(np.sqrt(covariance.mean()))
        assert single.error.unit_std == assumed.unit_std
        assert answer.error.seed_std == single.error.seed_std  # all variances are moderated together
        assert single.seed_std == assumed.seed_std
    assert NOISY.of_mean(1) == NOISY


def test_a_test_set_can_be_too_small_for_any_number_of_seeds() -> None:
    verdict = plan(3, everywhere(Assumptions(0.0036, 0.004, 1.0, 20)))["gold", "answer"]
    assert verdict.seeds_for_margin is None
    assert verdict.seeds_for_equivalence is None
