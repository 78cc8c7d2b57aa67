"""What a study can conclude, in words: before it is run, and what more seeds would add."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from posner.commands.study.summarise_power import SummarisePower
from posner.config.statistics import Estimation
from posner.config.variants import SeededVariant, Variant
from posner.stats.comparison import COMPARED_SOURCES
from posner.stats.planning import Assumptions, PlannedStudy, PlannedVerdict
from posner.summaries.power import (
    more_seeds_sentence,
    power_curves,
    power_sentences,
    power_table,
    power_warning,
)

VARIANTS = {"baseline": Variant()} | {
    f"{pos}-{width}": Variant(fusion="late", pos=pos, feature="one_hot", pos_embed_dim=width)
    for pos in ("gold", "predicted", "random")
    for width in range(8, 12)
}
ASSUMED = Assumptions(seed_std=0.0035, unit_std=0.001, unit_correlation=1.0, units=200)


def planned(seeds: int, assumptions: Assumptions = ASSUMED, pos: str = "gold") -> list[PlannedVerdict]:
    """The answer on one source of POS, and the verdicts on its four variants."""
    study = PlannedStudy(VARIANTS, dict.fromkeys(COMPARED_SOURCES, assumptions), Estimation())
    return [verdict for verdict in study.verdicts_with(seeds) if verdict.pos == pos]


ANSWER, SINGLE = planned(3)
ONE_SEED = replace(SINGLE, variants=1, seeds=1, design=None)


def test_sentences_state_what_the_seeds_can_show() -> None:
    mean, each, one = power_sentences([ANSWER, SINGLE, ONE_SEED])
    assert mean == (
        "Gold POS, mean of 4 variants, 3 seeds: effects above 0.69 points are detected (0.5 points: 6 seeds); no "
        "effect is shown to be within 0.5 points in 31 % of studies (80 %: 6 seeds)."
    )
    assert each == (
        "Gold POS, each of 4 variants, 3 seeds: effects above 0.89 points are detected (0.5 points: 11 seeds); no "
        "effect is shown to be within 0.5 points in 0 % of studies (80 %: 12 seeds)."
    )
    assert one.startswith("Gold POS, each of 1 variant, 1 seed: one seed has no interval; give the baseline and some")


def test_one_line_warns_of_verdicts_that_are_out_of_reach() -> None:
    assert power_warning([ANSWER, SINGLE]) == (
        "config: study.seeds: answers: with 3 seeds, effects above 0.69 points are detected, and equivalence in 31 % "
        "of studies without an effect; 0.5 points need 6 seeds; single variants: with 3 seeds, effects above 0.89 "
        "points are detected, and equivalence in 0 % of studies without an effect; 0.5 points need 12 seeds. See "
        "target `power`."
    )
    assert power_warning([*planned(6)[:1], *planned(13)[1:]]) is None
    assert power_warning(planned(2, pos="random")) is None, "random POS is a control"
    [shows_none] = [seeds for seeds in range(6, 13) if planned(seeds)[1].detects_margin][:1]
    assert "single variants: with" in (power_warning(planned(shows_none)[1:]) or ""), "only equivalence is out of reach"
    only_single = power_warning([*planned(6)[:1], ONE_SEED])
    assert only_single == "config: study.seeds: single variants: one seed, no interval. See target `power`."
    noisy = planned(3, replace(ASSUMED, unit_std=0.004))
    assert "no number of seeds is enough for 0.5 points" in (power_warning(noisy) or "")


def test_tables_have_the_configured_seeds_and_the_curves_all_others() -> None:
    table = power_table([ANSWER, ONE_SEED])
    assert table["seeds"].tolist() == [3, 1]
    assert table["detectable"][0] == ANSWER.detectable
    curves = power_curves(planned(seeds)[:1] for seeds in (4, 9))
    assert curves["seeds"].tolist() == [4, 9]
    assert curves["equivalence_power"][1] == ANSWER.with_seeds(9).equivalence_power


def test_the_command_has_the_level_of_its_stage_and_curves_through_its_own_seeds(tmp_path: Path) -> None:
    variants = {
        "baseline": SeededVariant(seeds=(1, 2, 3)),
        "gold": SeededVariant(fusion="late", pos="gold", feature="one_hot", seeds=(1, 2, 3)),
    }
    tables, last = [], []
    for stages in ((), (3, 9)):
        SummarisePower(variants=variants, statistics=Estimation(stages=stages), output=tmp_path).execute()
        tables.append(pd.read_csv(tmp_path / "power.csv"))
        curves = pd.read_csv(tmp_path / "power_curves.csv")
        assert sorted(set(curves["seeds"])) == list(range(2, 16))
        own = curves[curves["seeds"] == 3]
        assert own["detectable"].tolist() == pytest.approx(tables[-1]["detectable"].tolist())
        last.append(curves.loc[curves["seeds"] == 9, "detectable"].tolist())
        falls = curves[curves["kind"] == "answer"].sort_values("seeds")["detectable"]
        assert falls.is_monotonic_decreasing
    plain, staged = tables
    assert (staged["detectable"] > plain["detectable"]).all()
    assert last[1] == pytest.approx(last[0], rel=0.03), "the last stage has nearly the level of a study without stages"


def result(verdict: str, needed: int | None, reason: str | None = None, seeds: int = 3) -> dict[str, Any]:
    """A conclusion."""
    return {"verdict": verdict, "seeds_to_conclude": needed, "reason": reason, "seeds": seeds}


def comparisons(pooled: dict[str, Any], variants: dict[str, Any], stages: tuple[int, ...] = ()) -> dict[str, Any]:
    """Stored comparisons."""
    return {"statistics": {"stages": list(stages)}, "pooled": pooled, "variants": variants}


VARIANT_RESULTS = {
    "a": result("inconclusive", 20),
    "b": result("inconclusive", None),
    "c": result("inconclusive", 9, "path not learned"),
    "d": result("inconclusive", 3),
    "e": result("equivalent", 3),
}
POOLED = {"gold": result("helps", 2), "predicted": result("inconclusive", 6)}
OPEN = "Seeds that would settle what is inconclusive, if effects are as large as observed: "


def test_open_questions_state_the_seeds_that_they_need() -> None:
    sentence = more_seeds_sentence(comparisons(POOLED, VARIANT_RESULTS), [42, 43, 44])
    assert sentence.startswith(
        f"{OPEN}Predicted POS (mean) 6, a 20, d 4. With study.seeds: [42, 43, 44, 45, 46, 47], only the new ones are "
        "trained. Error rates hold if the number of seeds was planned;"
    )
    singles = comparisons({}, VARIANT_RESULTS)
    assert "With study.seeds: [7, 9, 8, 10]" in more_seeds_sentence(singles, [7, 9, 8])
    many = comparisons({"gold": result("inconclusive", 66)}, {})
    assert "[42, 43, 44, 45, 46, 47, ..., 107] (66 seeds), only" in more_seeds_sentence(many, [42, 43, 44])
    conclusive = comparisons({"gold": POOLED["gold"]}, {"b": VARIANT_RESULTS["b"], "c": VARIANT_RESULTS["c"]})
    assert more_seeds_sentence(conclusive, [1]) == ""


def test_planned_stages_decide_how_many_seeds_are_added() -> None:
    start = OPEN.replace("inconclusive,", "inconclusive at the level of this stage,")
    first = more_seeds_sentence(comparisons(POOLED, VARIANT_RESULTS, (3, 6)), [42, 43, 44])
    assert first == (
        f"{start}Predicted POS (mean) 6, a 20, d 4. With study.seeds: [42, 43, 44, 45, 46, 47], only the new ones are "
        "trained. This is the next planned stage."
    )
    early = more_seeds_sentence(comparisons(POOLED, VARIANT_RESULTS, (3, 5)), [42, 43, 44])
    assert early.endswith(
        "45, 46], only the new ones are trained. This is the next planned stage, which may be too early."
    )
    last = more_seeds_sentence(comparisons(POOLED, VARIANT_RESULTS, (2, 3)), [42, 43, 44])
    assert last == f"{start}Predicted POS (mean) 6, a 20, d 4. The last planned stage is reached."


def test_variants_with_fewer_seeds_than_the_baseline_get_its_seeds_first() -> None:
    few = {"a": result("inconclusive", 6), "b": result("inconclusive", 20, seeds=5), "c": result("helps", 3, seeds=2)}
    assert more_seeds_sentence(comparisons({}, few), [1, 2, 3, 4, 5]) == (
        f"{OPEN}a 6, b 20. a has fewer seeds than the baseline: with its seeds as variants.NAME.seeds, only the new "
        "ones are trained."
    )
