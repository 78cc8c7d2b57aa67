"""What a study can conclude, in words: before it is run, and what more seeds would add."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from posner.config.statistics import Power
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
    assert power_warning([ANSWER.with_seeds(6), SINGLE.with_seeds(13)]) is None
    only_single = power_warning([ANSWER.with_seeds(6), ONE_SEED])
    assert only_single == "config: study.seeds: single variants: one seed, no interval. See target `power`."
    noisy = replace(SINGLE, design=Design(replace(ERROR, unit_std=0.004), Family(4), 0.95))
    assert "for 0.5 points, no number of seeds" in (power_warning([noisy]) or "")


def test_tables_have_the_configured_seeds_and_the_curves_all_others() -> None:
    table = power_table([ANSWER, ONE_SEED])
    assert table["seeds"].tolist() == [3, 1]
    assert table["detectable"][0] == ANSWER.detectable
    curves = power_curves([ANSWER, ONE_SEED])
    assert curves["seeds"].tolist() == list(range(2, 16))  # a design that is unknown has no curve
    assert curves.set_index("seeds")["equivalence_power"][9] == ANSWER.with_seeds(9).equivalence_power
    assert len(power_curves([ONE_SEED])) == 0


def entry(seed_std: float | None, unit_std: float) -> dict[str, Any]:
    """A variant of a pilot."""
    return {"moderated_std": seed_std, "unit_std": unit_std}


def test_a_pilot_replaces_the_assumptions() -> None:
    power = Power(seed_std=0.4, unit_std=0.2)
    assert assumptions_of(power, None) == Assumptions(0.004, 0.002, 200)
    pilot = {"units": {"number": 50}, "variants": {"a": entry(0.003, 0.001), "b": entry(0.004, 0.0)}}
    known = assumptions_of(power, pilot)
    assert (known.seed_std, known.unit_std) == pytest.approx(((0.003**2 / 2 + 0.004**2 / 2) ** 0.5, 0.001 / 2**0.5))
    assert known.units == 50
    with_one = pilot | {"variants": {**pilot["variants"], "c": entry(None, 0.9)}}  # type: ignore[dict-item]
    assert assumptions_of(power, with_one) == known
    assert assumptions_of(power, pilot | {"variants": {"c": entry(None, 0.9)}}) == Assumptions(0.004, 0.002, 200)
    with pytest.raises(InputError, match="has no moderated_std"):
        assumptions_of(power, {"units": {"number": 9}, "variants": {"a": {}}})


def result(verdict: str, needed: int | None, reason: str | None = None) -> dict[str, Any]:
    """A conclusion of a study with three seeds."""
    return {"verdict": verdict, "seeds_to_conclude": needed, "reason": reason, "seeds": 3}


def test_open_questions_state_the_seeds_that_they_need() -> None:
    pooled = {"gold": result("helps", 2), "predicted": result("inconclusive", 6)}
    variants = {
        "a": result("inconclusive", 20),
        "b": result("inconclusive", None),
        "c": result("inconclusive", 9, "path not learned"),
        "d": result("inconclusive", 3),
        "e": result("equivalent", 3),
    }
    sentence = more_seeds_sentence({"pooled": pooled, "variants": variants}, [42, 43, 44])
    assert sentence.startswith(
        "Seeds that would settle what is inconclusive, if effects are as large as observed: Predicted POS (mean) 6, "
        "a 20, d 4. With study.seeds: [42, 43, 44, 45, 46, 47], only the new ones are trained."
    )
    singles = {"pooled": {}, "variants": variants}
    assert "With study.seeds: [7, 9, 8, 10]" in more_seeds_sentence(singles, [7, 9, 8])
    many = {"pooled": {"gold": result("inconclusive", 66)}, "variants": {}}
    assert "With study.seeds: [42, 43, 44, 45, 46, 47, ..., 107] (66 seeds), only" in more_seeds_sentence(
        many, [42, 43, 44]
    )
    conclusive = {"pooled": {"gold": pooled["gold"]}, "variants": {"b": variants["b"], "c": variants["c"]}}
    assert more_seeds_sentence(conclusive, [1]) == ""
