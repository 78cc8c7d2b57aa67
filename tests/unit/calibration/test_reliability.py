"""Error rates, coverage and power of verdicts, computed from simulated replicates with known effects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from posner.calibration.reliability import (
    VERDICTS,
    proportion,
    reliability,
    reliability_sentences,
    sizes,
    with_coverage,
)
from posner.commands.calibration.plot_coverage import PlotCoverage
from posner.commands.calibration.plot_power import PlotPower
from posner.config.statistics import Statistics
from posner.files import write_json, write_table
from posner.stats.components import Components
from posner.stats.conclusions import verdict_on
from posner.stats.intervals import moderate
from scipy import stats

CHECKOUT = Path(__file__).parents[3]
STYLE = CHECKOUT / "resources/styles/posner.mplstyle"
LEVEL, MARGIN = 0.95, 0.005
TRUTH = {"gold": {0.0: 0.0, 0.1: 0.04}, "predicted": {0.0: 0.0, 0.1: 0.0}, "again": {0.0: 0.0, 0.1: 0.0}}
SEED_STD, UNIT_STD, UNITS = 0.004, 0.006, 1000


def replicate(contrast: str, ambiguity: float, number: int, generator: np.random.Generator) -> dict[str, Any]:
    """A study of three seeds with normal errors."""
    truth = TRUTH[contrast][ambiguity]
    values = truth + generator.normal(0, SEED_STD, 3) + generator.normal(0, UNIT_STD)
    parts = Components(3, UNITS, float(values.std(ddof=1)), UNIT_STD, 0.0)
    [estimate] = moderate({"": (float(values.mean()), parts)}).values()
    assert estimate.error is not None
    low, high = estimate.interval(LEVEL) or (0, 0)
    best = 1 - ambiguity / 2
    return {
        "corpus": f"planted-{number}",
        "ambiguity": ambiguity,
        "contrast": contrast,
        "tests": 1,
        "baseline_best": best,
        "baseline_f1": best - 0.02,
        "variant_best": 1.0 if contrast == "gold" else best,
        "variant_f1": best - 0.02 + estimate.mean,
        "seeds": 3,
        "difference": estimate.mean,
        "low": low,
        "high": high,
        "bootstrap_low": estimate.mean - SEED_STD,
        "bootstrap_high": estimate.mean + SEED_STD,
        "seed_std": parts.seed_std,
        "moderated_std": estimate.error.seed_std,
        "seed_df": estimate.error.seed_df,
        "unit_std": UNIT_STD,
        "interaction_std": 0.0,
        "units": UNITS,
        "verdict": verdict_on(estimate.mean, estimate.p_difference(), estimate.p_equivalence(MARGIN), 1 - LEVEL),
    }


def replicates(number: int) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return with_coverage(
        pd.DataFrame(
            replicate(contrast, ambiguity, i, generator)
            for contrast, by_size in TRUTH.items()
            for ambiguity in by_size
            for i in range(number)
        )
    )


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    return replicates(100)


# --- truth and coverage ----------------------------------------------------------------------------------------------


def test_the_true_value_is_estimated_from_the_other_replicates() -> None:
    """Errors are distances to the mean of the others, scaled to the variance of distances to the true value."""
    rows = replicates(5)
    selected = rows[(rows["contrast"] == "gold") & (rows["ambiguity"] == 0.1)]
    for index, row in selected.iterrows():
        others = selected["difference"].drop(index)
        assert row["error"] == pytest.approx((row["difference"] - others.mean()) * np.sqrt(4 / 5))
        truth = row["difference"] - row["error"]
        assert row["covers"] == (row["low"] <= truth <= row["high"])


def test_errors_are_as_large_as_those_from_the_truth(simulated: pd.DataFrame) -> None:
    rows = simulated[simulated["contrast"] == "gold"]
    real = rows["difference"] - [TRUTH["gold"][ambiguity] for ambiguity in rows["ambiguity"]]
    assert replicates(3).query("contrast != 'again'")["error"].std() == pytest.approx(real.std(), rel=0.6)
    assert rows["error"].std() == pytest.approx(real.std(), rel=0.03)


def test_the_true_value_of_the_baseline_with_other_seeds_is_zero(simulated: pd.DataFrame) -> None:
    again = simulated[simulated["contrast"] == "again"]
    assert (again["error"] == again["difference"]).all()
    assert (again["covers"] == ((again["low"] <= 0) & (again["high"] >= 0))).all()


def test_coverage_of_good_and_of_short_intervals(simulated: pd.DataFrame) -> None:
    actual = reliability(simulated, MARGIN)
    for contrast, part in actual["coverage"].items():
        assert part["of"] == 200
        assert 0.92 < part["count"] / part["of"] < 0.99, contrast
    assert all(part["high"] < 0.8 for part in actual["bootstrap_coverage"].values())


def test_intervals_that_are_too_short_are_detected(simulated: pd.DataFrame) -> None:
    """Intervals that ignore the variance over units: the error that this calibration is there to find."""
    middle, half = simulated["difference"], 4.3 * simulated["seed_std"] / np.sqrt(3)
    actual = reliability(with_coverage(simulated.assign(low=middle - half, high=middle + half)), MARGIN)
    assert all(part["high"] < LEVEL for part in actual["coverage"].values())


# --- claims ----------------------------------------------------------------------------------------------------------


def test_false_claims_are_counted_where_nothing_was_planted(simulated: pd.DataFrame) -> None:
    false = reliability(simulated, MARGIN)["false_claims"]
    assert {name: part["of"] for name, part in false.items()} == {"gold": 100, "predicted": 200, "again": 200}
    assert all(part["count"] / part["of"] < 0.07 for part in false.values())
    always = reliability(simulated.assign(verdict="hurts"), MARGIN)["false_claims"]
    assert all(part["count"] == part["of"] for part in always.values())


def test_false_nulls_are_counted_where_there_is_an_effect(simulated: pd.DataFrame) -> None:
    blind = simulated.assign(verdict="equivalent")
    nulls = reliability(blind, MARGIN)["false_nulls"]
    assert nulls["gold"] == proportion([True] * 100)
    assert "again" not in nulls
    assert reliability(simulated, MARGIN)["false_nulls"]["gold"]["count"] == 0


def test_sizes_have_planted_and_measured_effects(simulated: pd.DataFrame) -> None:
    table = sizes(simulated, LEVEL).set_index(["contrast", "ambiguity"])
    gold = table.loc[("gold", 0.1)]
    assert gold["planted"] == pytest.approx(0.05)
    assert gold["difference"] == pytest.approx(0.04, abs=0.001)
    assert gold["observed_std"] == pytest.approx(gold["stated_std"], rel=0.1)
    assert gold["helps"] / gold["replicates"] == pytest.approx(gold["power"], abs=0.1)
    assert table.loc[("predicted", 0.1), "planted"] == 0
    assert (table[list(VERDICTS)].sum(axis=1) == table["replicates"]).all()


def test_adjustment_for_more_tests_lowers_the_power(simulated: pd.DataFrame) -> None:
    one, two = (sizes(simulated.assign(tests=tests), LEVEL)["power"] for tests in (1, 2))
    assert (two < one).all()


def test_shares_have_exact_intervals() -> None:
    actual = proportion([True] * 3 + [False] * 17)
    assert (actual["count"], actual["of"]) == (3, 20)
    assert stats.binom.sf(2, 20, actual["low"]) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 20, actual["high"]) == pytest.approx(0.025)


def test_the_sentences_have_counts() -> None:
    parts = {"gold": proportion([True, False]), "again": proportion([False] * 3)}
    actual = {"statistics": Statistics().model_dump(), "false_claims": parts, "coverage": parts, "false_nulls": {}}
    assert reliability_sentences(actual) == (
        "Where no effect was planted, an effect was claimed in 1 of 5 comparisons (nominal: 5 %): gold POS 1 of 2, the "
        "baseline with other seeds 0 of 3. The 95 % intervals covered the true value in 1 of 5 comparisons: gold POS "
        "1 of 2, the baseline with other seeds 0 of 3."
    )


# --- figures ---------------------------------------------------------------------------------------------------------


def test_figures_are_drawn_from_the_tables(tmp_path: Path) -> None:
    rows = replicates(4)
    write_table(tmp_path / "replicates.csv", rows)
    write_table(tmp_path / "sizes.csv", sizes(rows, LEVEL))
    write_json(tmp_path / "calibration.json", {"statistics": {"level": LEVEL}})
    PlotCoverage(replicates=tmp_path / "replicates.csv", style=STYLE, output=tmp_path / "coverage.png").execute()
    PlotPower(
        sizes=tmp_path / "sizes.csv",
        calibration=tmp_path / "calibration.json",
        style=STYLE,
        output=tmp_path / "power.png",
    ).execute()
    figure = PlotCoverage(replicates=tmp_path / "replicates.csv", style=STYLE, output=tmp_path / "x.png").draw()
    covered = {name: int(rows[rows["contrast"] == name]["covers"].sum()) for name in TRUTH}
    for axes, count in zip(figure.axes, covered.values(), strict=True):
        assert f"{count} of 8 cover the truth" in axes.get_title()
    assert (tmp_path / "power.svg").exists()
