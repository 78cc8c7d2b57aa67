"""What a study can conclude, in words: before it is run, and what more seeds would add."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from posner.commands.study.summarise_power import SummarisePower
from posner.config.statistics import Estimation, Power
from posner.config.variants import SeededVariant
from posner.errors import InputError
from posner.stats.intervals import Design, ErrorModel
from posner.stats.joint import ALONE, Family
from posner.stats.planning import Assumptions, PlannedVerdict
from posner.summaries.power import (
    assumptions_of,
    more_seeds_sentence,
    power_curves,
    power_sentences,
    power_table,
    power_warning,
)

ERROR = ErrorModel(seeds=3, seed_std=0.0035, seed_df=5.8, unit_std=0.001, interaction_std=0.0, unit_df=199)
ANSWER = PlannedVerdict(
    pos="gold", kind="answer", variants=4, seeds=3, margin=0.005, design=Design(ERROR, ALONE, 0.95, 0.79)
)
SINGLE = replace(ANSWER, kind="variants", design=Design(ERROR, Family(4), 0.95))
ONE_SEED = replace(ANSWER, kind="variants", variants=1, seeds=1, design=None)


def with_seeds(verdict: PlannedVerdict, seeds: int) -> PlannedVerdict:
    """The verdict of a study with another number of seeds."""
    return replace(verdict, seeds=seeds, design=verdict.design and verdict.design.with_seeds(seeds))


def test_sentences_state_what_the_seeds_can_show() -> None:
    mean, each, one = power_sentences([ANSWER, SINGLE, ONE_SEED])
    assert mean == (
        "Gold POS, mean of 4 variants, 3 seeds: effects above 0.70 points are detected (0.5 points: 6 seeds); no "
        "effect is shown to be within 0.5 points in 29 % of studies (80 %: 6 seeds)."
    )
    assert each == (
        "Gold POS, each of 4 variants, 3 seeds: effects above 0.91 points are detected (0.5 points: 11 seeds); no "
        "effect is shown to be within 0.5 points in 0 % of studies (80 %: 13 seeds)."
    )
    assert one == (
        "Gold POS, each of 1 variant, 1 seed: one seed has no interval; give the baseline and some variants several."
    )
    shown = [verdict.detectable for verdict in (ANSWER, SINGLE)]
    assert shown == pytest.approx([0.0070, 0.0091], abs=0.00005)
    assert (ANSWER.seeds_for_margin, SINGLE.seeds_for_margin, SINGLE.seeds_for_equivalence) == (6, 11, 13)


def test_one_line_warns_of_verdicts_that_are_out_of_reach() -> None:
    assert power_warning([ANSWER, SINGLE]) == (
        "config: study.seeds: answers: with 3 seeds, effects above 0.7 points; for 0.5 points, 6 seeds; single "
        "variants: with 3 seeds, effects above 0.91 points; for 0.5 points, 13 seeds. See target `power`."
    )
    assert power_warning([with_seeds(ANSWER, 6), with_seeds(SINGLE, 13)]) is None
    detects, shows_none = with_seeds(SINGLE, 12).detectable, power_warning([with_seeds(SINGLE, 12)])
    assert detects is not None
    assert detects < SINGLE.margin
    assert shows_none is not None, "an effect of the margin is detected, but none cannot be shown"
    only_single = power_warning([with_seeds(ANSWER, 6), ONE_SEED])
    assert only_single == "config: study.seeds: single variants: one seed, no interval. See target `power`."
    noisy = replace(SINGLE, design=Design(replace(ERROR, unit_std=0.004), Family(4), 0.95))
    assert "for 0.5 points, no number of seeds" in (power_warning([noisy]) or "")


def test_tables_have_the_configured_seeds_and_the_curves_all_others() -> None:
    table = power_table([ANSWER, ONE_SEED])
    assert table["seeds"].tolist() == [3, 1]
    assert table["detectable"][0] == ANSWER.detectable
    curves = power_curves([with_seeds(ANSWER, seeds)] for seeds in (4, 9))
    assert curves["seeds"].tolist() == [4, 9]
    assert curves["equivalence_power"][1] == with_seeds(ANSWER, 9).equivalence_power


def entry(seed_std: float | None, unit_std: float, **answer: Any) -> dict[str, Any]:
    """A variant of a pilot, or an answer."""
    return {"seed_std": seed_std, "unit_std": unit_std, **answer}


def test_a_pilot_replaces_the_assumptions_of_its_sources() -> None:
    power = Power(seed_std=0.4, unit_std=0.2)
    stated = Assumptions(0.004, 0.002, 0.002, 200)
    assert assumptions_of(power, None) == dict.fromkeys(("gold", "predicted", "random"), stated)
    pilot = {
        "units": {"number": 50},
        "variants": {"a": entry(0.003, 0.001), "b": entry(0.004, 0.0), "once": entry(None, 0.9)},
        "pooled": {
            "gold": entry(0.0025, 0.0008, variants=("a", "b")),
            "predicted": entry(None, 0.9, variants=("once",)),
        },
    }
    known = assumptions_of(power, pilot)
    assert known["gold"].seed_std == pytest.approx((0.003**2 / 2 + 0.004**2 / 2) ** 0.5)
    assert known["gold"].unit_std == pytest.approx(0.001 / 2**0.5)
    assert (known["gold"].answer_unit_std, known["gold"].units) == (0.0008, 50)
    assert known["predicted"] == known["random"] == stated  # of one seed, and not in the pilot
    with pytest.raises(InputError, match="has no 'unit_std'; compare"):
        assumptions_of(
            power,
            {**pilot, "pooled": {"gold": {"seed_std": 0.1, "variants": ["c"]}}, "variants": {"c": {"seed_std": 1}}},
        )


def test_the_command_has_the_level_of_its_stage_and_curves_through_its_own_seeds(tmp_path: Path) -> None:
    variants = {
        "baseline": SeededVariant(seeds=(1, 2, 3)),
        "gold": SeededVariant(fusion="late", pos="gold", feature="one_hot", seeds=(1, 2, 3)),
    }
    tables = []
    for stages in ((), (3, 9)):
        SummarisePower(variants=variants, statistics=Estimation(stages=stages), output=tmp_path).execute()
        tables.append(pd.read_csv(tmp_path / "power.csv"))
        curves = pd.read_csv(tmp_path / "power_curves.csv")
        assert sorted(set(curves["seeds"])) == list(range(2, 16))
        own = curves[curves["seeds"] == 3]
        assert own["detectable"].tolist() == pytest.approx(tables[-1]["detectable"].tolist())
        falls = curves[curves["kind"] == "answer"].sort_values("seeds")["detectable"]
        assert falls.is_monotonic_decreasing
    plain, staged = tables
    assert (staged["detectable"] > plain["detectable"]).all()


def result(verdict: str, needed: int | None, reason: str | None = None) -> dict[str, Any]:
    """A conclusion of a study with three seeds."""
    return {"verdict": verdict, "seeds_to_conclude": needed, "reason": reason, "seeds": 3}


def comparisons(pooled: dict[str, Any], variants: dict[str, Any], stages: tuple[int, ...] = ()) -> dict[str, Any]:
    """Stored comparisons."""
    return {"statistics": {"stages": list(stages)}, "pooled": pooled, "variants": variants}


VARIANTS = {
    "a": result("inconclusive", 20),
    "b": result("inconclusive", None),
    "c": result("inconclusive", 9, "path not learned"),
    "d": result("inconclusive", 3),
    "e": result("equivalent", 3),
}
POOLED = {"gold": result("helps", 2), "predicted": result("inconclusive", 6)}
OPEN = "Seeds that would settle what is inconclusive, if effects are as large as observed: "


def test_open_questions_state_the_seeds_that_they_need() -> None:
    sentence = more_seeds_sentence(comparisons(POOLED, VARIANTS), [42, 43, 44])
    assert sentence.startswith(
        f"{OPEN}Predicted POS (mean) 6, a 20, d 4. With study.seeds: [42, 43, 44, 45, 46, 47], only the new ones are "
        "trained. Error rates hold if the number of seeds was planned;"
    )
    singles = comparisons({}, VARIANTS)
    assert "With study.seeds: [7, 9, 8, 10]" in more_seeds_sentence(singles, [7, 9, 8])
    many = comparisons({"gold": result("inconclusive", 66)}, {})
    assert "[42, 43, 44, 45, 46, 47, ..., 107] (66 seeds), only" in more_seeds_sentence(many, [42, 43, 44])
    conclusive = comparisons({"gold": POOLED["gold"]}, {"b": VARIANTS["b"], "c": VARIANTS["c"]})
    assert more_seeds_sentence(conclusive, [1]) == ""


def test_planned_stages_decide_how_many_seeds_are_added() -> None:
    first = more_seeds_sentence(comparisons(POOLED, VARIANTS, (3, 5)), [42, 43, 44])
    assert first == (
        f"{OPEN}Predicted POS (mean) 6, a 20, d 4. With study.seeds: [42, 43, 44, 45, 46], only the new ones are "
        "trained. This is the next planned stage."
    )
    last = more_seeds_sentence(comparisons(POOLED, VARIANTS, (2, 3)), [42, 43, 44])
    assert last == f"{OPEN}Predicted POS (mean) 6, a 20, d 4. The last planned stage is reached."
