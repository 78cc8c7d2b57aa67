"""The spreads by which a study is planned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from posner.config.statistics import Power
from posner.errors import InputError
from posner.stats.planning import Assumptions
from posner.summaries.assumptions import (
    assumptions_sentence,
    correlation_of_members,
    read_pilot,
    study_assumptions,
)

POWER = Power(seed_std=0.4, unit_std=0.2)
PILOT: dict[str, Any] = {
    "units": {"number": 50},
    "variants": {
        "a": {"seed_std": 0.003, "unit_std": 0.001, "verdict": "helps"},
        "b": {"seed_std": 0.004, "unit_std": 0.0},
        "once": {"seed_std": None, "unit_std": 0.9},
    },
    "pooled": {
        "gold": {"seed_std": 0.0025, "unit_std": 0.0006, "variants": ["a", "b"]},
        "predicted": {"seed_std": None, "unit_std": 0.9, "variants": ["once"]},
    },
}


def pilot_file(folder: Path, content: Any) -> Path:
    path = folder / "ner_comparisons.json"
    path.write_text(json.dumps(content))
    return path


def test_without_a_pilot_all_sources_have_the_stated_spread() -> None:
    stated = Assumptions(0.004, 0.002, 1.0, 200)
    assert study_assumptions(POWER, None) == dict.fromkeys(("gold", "predicted", "random"), stated)
    assert assumptions_sentence({"gold": stated}, None) == (
        "Assumed standard deviations of a difference, in points: gold POS 0.40 over seeds and 0.20 over test sets "
        "(config)."
    )


def test_a_pilot_replaces_the_assumptions_of_its_sources(tmp_path: Path) -> None:
    pilot = read_pilot(pilot_file(tmp_path, PILOT))
    known = study_assumptions(POWER, pilot)
    assert known["gold"].seed_std == pytest.approx((0.003**2 / 2 + 0.004**2 / 2) ** 0.5)
    assert known["gold"].unit_std == pytest.approx(0.001 / 2**0.5)
    assert known["gold"].of_mean(2).unit_std == pytest.approx(0.0006)
    assert known["gold"].units == 50
    # Predicted POS has one seed in the pilot, and random POS is not in it.
    assert known["predicted"] == known["random"] == Assumptions(0.004, 0.002, 1.0, 50)
    sentence = assumptions_sentence({pos: known[pos] for pos in ("gold", "predicted")}, pilot)
    assert "gold POS 0.35 over seeds and 0.07 over test sets (pilot); predicted POS 0.40" in sentence
    assert sentence.endswith("(config: not in the pilot).")


def test_a_pilot_without_any_spread_over_seeds_is_a_pilot(tmp_path: Path) -> None:
    same = {"seed_std": 0.0, "unit_std": 0.001}
    pilot = {"units": {"number": 1}, "variants": {"a": same}, "pooled": {"gold": {**same, "variants": ["a"]}}}
    known = study_assumptions(POWER, read_pilot(pilot_file(tmp_path, pilot)))
    assert known["gold"] == Assumptions(0.0, 0.001, 1.0, 2)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        PILOT | {"pooled": None},
        PILOT | {"variants": {"a": {"seed_std": 0.1}}},
        PILOT | {"variants": {"a": PILOT["variants"]["a"]}},
        PILOT | {"units": {"number": "50"}},
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match=r"json: not the .* of a study .*; compare the variants of power.pilot again"):
        read_pilot(pilot_file(tmp_path, content))


@pytest.mark.parametrize(("number", "correlation"), [(2, 0.5), (4, 0.0), (4, 0.3), (8, 1.0)])
def test_the_correlation_follows_from_the_spread_of_a_mean(number: int, correlation: float) -> None:
    covariance = 0.04 * (np.full((number, number), correlation) + (1 - correlation) * np.eye(number))
    mean_std = float(np.sqrt(covariance.mean()))
    assert correlation_of_members(mean_std, 0.2, number) == pytest.approx(correlation)


def test_an_impossible_correlation_is_the_nearest_possible_one() -> None:
    assert correlation_of_members(0.01, 1.0, 4) == 0
    assert correlation_of_members(2.0, 1.0, 4) == 1
    assert correlation_of_members(0.0, 0.0, 4) == correlation_of_members(0.5, 1.0, 1) == 1
