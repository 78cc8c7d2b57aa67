"""Plans of studies: computed power, compared with that of simulated studies and with the parts of a design."""

from __future__ import annotations

import numpy as np
import pytest
from posner.calibration.plan import SimulationPlan
from posner.calibration.simulated_verdicts import judge
from posner.calibration.simulation import SimulatedDesign
from posner.config.statistics import Estimation
from posner.config.variants import Variant
from posner.stats.comparison import COMPARED_SOURCES, Source
from posner.stats.intervals import Design, ErrorModel
from posner.stats.joint import ALONE, Family
from posner.stats.planning import Assumptions, PlannedVerdict, plan_verdicts

BASELINE = {"baseline": Variant()}
GOLD = {f"gold-{i}": Variant(fusion="late", pos="gold", feature="one_hot", pos_embed_dim=8 + i) for i in range(4)}
PREDICTED = {
    f"predicted-{i}": Variant(fusion="late", pos="predicted", feature="one_hot", pos_embed_dim=8 + i) for i in range(4)
}
ORACLE = {"oracle": Variant(fusion="late", pos="oracle", feature="one_hot")}
VARIANTS = {**BASELINE, **GOLD, **PREDICTED, **ORACLE}
ASSUMED = Assumptions(seed_std=0.0036, unit_std=0.0005, answer_unit_std=0.0005, units=200)


def everywhere(assumptions: Assumptions) -> dict[Source, Assumptions]:
    """The same assumptions for all sources of POS."""
    return dict.fromkeys(COMPARED_SOURCES, assumptions)


def plan(seeds: int, **own: tuple[int, ...]) -> dict[tuple[str, str], PlannedVerdict]:
    """The plan of a study with this number of seeds, but for variants with their own."""
    all_seeds = {name: own.get(name.replace("-", "_"), tuple(range(seeds))) for name in VARIANTS}
    return {(v.pos, v.kind): v for v in plan_verdicts(VARIANTS, all_seeds, everywhere(ASSUMED), Estimation())}


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
    assert design == Design(error, Family(4), 0.95)
    answer = plan(3)["gold", "answer"].design
    assert answer == Design(error, ALONE, 0.95, np.sqrt(5 / 8))


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
    assert planned.seeds_for_margin is None
    assert planned.seeds_for_equivalence is None


def test_the_stated_numbers_of_seeds_are_the_fewest_that_suffice() -> None:
    for key, verdict in plan(3).items():
        seeds, equivalent = verdict.seeds_for_margin, verdict.seeds_for_equivalence
        assert seeds is not None
        assert equivalent is not None
        fewer, enough = (plan(seeds + more)[key].detectable or 1 for more in (-1, 0))
        assert enough <= verdict.margin < fewer
        power = [plan(equivalent + more)[key].equivalence_power for more in (-1, 0)]
        assert power[0] < 0.8 <= power[1]


def test_each_source_is_planned_with_its_own_standard_deviations() -> None:
    quiet = Assumptions(0.002, 0.0005, 0.0002, 200)
    noisy = Assumptions(0.004, 0.002, 0.0018, 200)
    seeds = dict.fromkeys(VARIANTS, (1, 2, 3))
    verdicts = plan_verdicts(VARIANTS, seeds, {**everywhere(quiet), "gold": noisy}, Estimation())
    designs = {(v.pos, v.kind): v.design for v in verdicts}
    for pos, assumed in (("gold", noisy), ("predicted", quiet)):
        answer, single = designs[pos, "answer"], designs[pos, "variants"]  # type: ignore[index]
        assert answer is not None
        assert single is not None
        assert (answer.error.unit_std, single.error.unit_std) == (assumed.answer_unit_std, assumed.unit_std)
    gold, predicted = designs["gold", "variants"], designs["predicted", "variants"]
    assert gold is not None
    assert predicted is not None
    assert gold.error.seed_std > predicted.error.seed_std
    assert gold.error.seed_df == predicted.error.seed_df  # all variances are moderated together


def test_a_test_set_can_be_too_small_for_any_number_of_seeds() -> None:
    seeds = dict.fromkeys(VARIANTS, (1, 2, 3))
    [verdict, *_] = plan_verdicts(VARIANTS, seeds, everywhere(Assumptions(0.0036, 0.004, 0.004, 20)), Estimation())
    assert verdict.seeds_for_margin is None
    assert verdict.seeds_for_equivalence is None
