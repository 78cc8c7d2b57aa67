"""The answers of studies of many shapes."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from posner.config.statistics import Statistics
from posner.evaluation.scorings import SCORINGS
from posner.stats.pooled_effects import PooledEffect
from posner.stats.pooling import Pooled
from posner.summaries.answers import (
    NO_ERROR_DISTRIBUTION,
    NO_TAGGING_ERRORS,
    StudyResults,
    extra_test_answer,
    pooled_sentence,
    pos_answer,
    rates_sentence,
    study_details,
    tagging_errors_answer,
    undertrained_note,
)

STATISTICS = Statistics()
HELPS = {"verdict": "helps", "difference": 0.0117, "low": 0.004, "high": 0.02, "reason": None}

MEAN = Pooled(
    variants=("a", "b"), seeds=3, difference=0.0117, low=0.0058, high=0.0176, seed_std=0.002, moderated_std=0.002,
    seed_df=4, unit_std=0.001, interaction_std=0.001, p_difference=0.001, p_difference_adjusted=0.001,
    p_equivalence=0.9, p_equivalence_adjusted=0.9, variant_std=0.0051, p_variants=0.004, detectable=0.008,
    seeds_to_conclude=2, verdict="helps",
)  # fmt: skip


def test_the_answer_begins_with_the_mean_of_all_variants() -> None:
    assert pooled_sentence("gold POS", MEAN, STATISTICS) == (
        "On average over 2 variants, gold POS improves test F1 (+1.17 points; 95 % interval +0.58 to +1.76, 3 seeds); "
        "its effect differs between the variants (p = 0.004, sd 0.51 points)."
    )
    alike = replace(MEAN, p_variants=0.6, verdict="inconclusive", seeds_to_conclude=9)
    assert pooled_sentence("gold POS", alike, STATISTICS).endswith(
        "3 seeds); about 9 seeds would settle an effect of this size."
    )


@pytest.mark.parametrize(("variants", "number"), [(("a", "b"), 2), (("a",), 1)])
def test_a_single_variant_has_no_mean_of_its_own(variants: tuple[str, ...], number: int) -> None:
    summaries = {name: {"settings": {"pos": "gold"}} for name in variants}
    comparisons = {
        "statistics": STATISTICS.model_dump(mode="json"),
        "variants": dict.fromkeys(variants, HELPS),
        "pooled": {"gold": asdict(replace(MEAN, variants=variants))},
    }
    answer = pos_answer("gold", summaries, comparisons)
    if number == 1:
        assert answer.startswith("Gold POS improves test F1 (")
    else:
        assert answer.startswith(pooled_sentence("gold POS", MEAN, STATISTICS))
        assert " By variant, gold POS improves test F1 in both variants tested (" in answer


@pytest.mark.parametrize(("best", "start"), [((300, 300, 200), "In 2 of 3 trainings"), ((300, 200, 200), "")])
def test_trainings_that_end_at_their_best_are_reported(best: tuple[int, ...], start: str) -> None:
    runs = [{"best_step": step, "steps": 300} for step in best]
    text = undertrained_note({"a": {"runs": runs[:1]}, "b": {"runs": runs[1:]}})
    assert text.startswith(start)
    assert bool(text) == bool(start)


def curve(*changes: tuple[float, float]) -> dict[str, Any]:
    return {
        "points": [
            {"mode": "tagger", "level": rate, "effective_rate": {"mean": rate}, "change": {"mean": change}}
            for rate, change in changes
        ]
    }


def test_rates_near_the_tagger_and_at_the_end() -> None:
    swept = {"a": curve((0.0, 0), (0.1, -0.01), (1.0, -0.1)), "b": curve((0.0, 0), (0.1, -0.02), (1.0, -0.3))}
    assert rates_sentence(swept, 0.07) == (
        "With 10 % of the test tags replaced by typical tagging errors at random positions (the tagger's own error "
        "rate is 7.0 %), test F1 changes by -2.00 to -1.00 points; with 100 % replaced, by -30.00 to -10.00 points."
    )
    one_rate = rates_sentence({"a": curve((0.5, -0.1))}, 0.07)
    assert one_rate.endswith("test F1 changes by -10.00 points.")
    assert one_rate.count("points") == 1
    assert rates_sentence({}, 0.07) == rates_sentence({"a": curve((0.0, 0))}, 0.07) == ""


COST = {"verdict": "hurts", "change": -0.02, "low": -0.03, "high": -0.01, "reason": None}


def mean_cost(*variants: str) -> dict[str, Any]:
    """Entry of ``pooled.json``."""
    numbers = {field.name: 0.0 for field in fields(PooledEffect)}
    known = {"seeds": 3, "verdict": "hurts", "change": -0.02, "low": -0.03, "high": -0.01, "p_variants": 0.5}
    return numbers | known | {"variants": variants, "margin": 0.005, "reason": None, "seeds_to_conclude": None}


@pytest.mark.parametrize(
    ("variants", "reason", "stated"),
    [
        ("ab", None, "test F1 on average over 2 variants (-2.00 points; 95 % interval -3.00 to -1.00, 3 seeds). By v"),
        (
            "ab",
            "path not learned",
            "(-2.00 [-3.00, -1.00] points; 95 % interval); 1 more variant whose input path was not",
        ),
        ("a", None, "lowers test F1 (-2.00 [-3.00, -1.00] points; 95 % interval)."),
    ],
)
def test_the_mean_cost_of_tagging_errors_is_that_of_several_variants_that_work(
    variants: str, reason: str | None, stated: str
) -> None:
    costs = {name: COST | {"reason": reason if name == "b" else None} for name in variants}
    swept = {name: {"pos": "gold", "tagging_errors": cost} for name, cost in costs.items()}
    pooled = {"tagging_errors": {"gold": mean_cost(*variants)}}
    answer = tagging_errors_answer(swept, pooled, STATISTICS, 0.07)
    assert stated in answer
    assert ("on average" in answer) == (len(variants) > 1 and reason is None)


def test_a_tagger_without_errors_has_no_curve_and_no_slope() -> None:
    """Nothing was replaced at any nominal rate: the answers say so instead of showing zeros."""
    points = [
        {"mode": "tagger", "level": rate, "effective_rate": {"mean": 0.0}, "change": {"mean": 0.0}}
        for rate in (0.0, 0.5, 1.0)
    ]
    swept = {"a": {"points": points, "pos": "gold", "tagging_errors": None, "slope": None, "clustering": None}}
    scorings = {scoring: {"pooled": {}} for scoring in SCORINGS}
    comparisons = {"statistics": STATISTICS.model_dump(mode="json"), "scorings": scorings, "random_control": {}}
    assert study_details(StudyResults({}, comparisons, swept, {}, 0.0)) == [NO_ERROR_DISTRIBUTION]
    assert tagging_errors_answer(swept, {}, STATISTICS, 0.0) == NO_TAGGING_ERRORS
    assert tagging_errors_answer({}, {}, STATISTICS, 0.0) == ""


def test_an_extra_test_of_a_study_without_pos_has_no_sentence() -> None:
    comparisons = {"statistics": STATISTICS.model_dump(mode="json"), "variants": {}, "pooled": {}}
    assert extra_test_answer("clean", {}, comparisons) == ""
