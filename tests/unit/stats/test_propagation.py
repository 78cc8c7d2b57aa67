"""Propagation of tagging errors: contrasts recomputed by hand, and verdicts on planted slopes."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from fabricated import SEEDS, sweep_frame
from posner.config.statistics import Statistics
from posner.stats.conclusions import Verdict
from posner.stats.intervals import Estimate
from posner.stats.joint import Family
from posner.stats.propagation import (
    ANCHOR,
    CLEAN,
    QUESTIONS,
    Contrast,
    Curves,
    counts_at,
    draw_std,
    estimate_contrasts,
    estimate_effects,
    point_contrast,
)
from posner.stats.resampling import bootstrap_weights, f1
from scipy.stats import linregress

QUICK = Statistics(resamples=300)


def sweeps(fall: float = 0.1, spread: float = 0.0, seeds: int = 3, **more: Any) -> dict[int, pd.DataFrame]:
    """Sweeps of several seeds, whose slopes differ by `spread`."""
    return {seed: sweep_frame(0.8, fall + spread * i, seed=seed, **more) for i, seed in enumerate(SEEDS[:seeds])}


def f1_at(sweep: pd.DataFrame, point: tuple[str, float]) -> float:
    return float(sweep[(sweep["mode"] == point[0]) & (sweep["level"] == point[1])]["f1"].mean())


def f1_of_draw(sweep: pd.DataFrame, point: tuple[str, float], draw: int) -> float:
    return f1_at(sweep[sweep["draw"] == draw], point)


def estimate(curves: Curves, contrast: Contrast) -> Estimate:
    return estimate_contrasts({"": curves}, {"": contrast})[""]


SCALED_ONCE = ("scaled", 1.0)  # in fabricated sweeps, about 70 % of the errors of the tagger

# --- contrasts -------------------------------------------------------------------------------------------------------


def test_the_slope_is_that_of_least_squares_through_all_draws() -> None:
    seed_sweeps = sweeps(draws=5)
    curves = Curves.of(seed_sweeps, "late")
    contrast = curves.slope()
    assert contrast is not None
    expected = []
    for sweep in seed_sweeps.values():
        rows = sweep[sweep["mode"] == "tagger"]
        share = rows.groupby("level")["effective_rate"].transform("mean")
        expected.append(linregress(share, rows["f1"]).slope / 10)
    result = estimate(curves, contrast)
    assert result.mean == pytest.approx(np.mean(expected))
    assert result.mean == pytest.approx(-0.1 / 0.99 / 10, rel=0.1), "it was made to fall by 0.1"
    assert result.parts.seed_std == pytest.approx(np.std(expected, ddof=1))


def test_the_cost_of_the_real_errors_is_the_anchor_against_the_clean_text() -> None:
    seed_sweeps = sweeps()
    [effect] = estimate_effects("tagging_errors", {"a": Curves.of(seed_sweeps, "late")}, QUICK).values()
    expected = [f1_at(sweep, ("anchor", 1)) - f1_at(sweep, ("clean", 0)) for sweep in seed_sweeps.values()]
    assert effect.change == pytest.approx(np.mean(expected))
    assert effect.seed_std == pytest.approx(np.std(expected, ddof=1))
    assert effect.verdict == "hurts"


def test_clustering_is_the_anchor_against_as_many_errors_at_random_positions() -> None:
    seed_sweeps = sweeps()
    result = estimate(Curves.of(seed_sweeps, "late"), Curves.of(seed_sweeps, "late").clustering() or {})
    rates = {
        scale: float(at_scale["effective_rate"].mean())
        for scale, at_scale in seed_sweeps[SEEDS[0]].query("mode == 'scaled'").groupby("level")
    }
    anchor = float(seed_sweeps[SEEDS[0]].query("mode == 'anchor'")["effective_rate"].mean())
    expected = [
        f1_at(sweep, ("anchor", 1))
        - np.interp(anchor, [0, *rates.values()], [f1_at(sweep, CLEAN), *(f1_at(sweep, ("scaled", s)) for s in rates)])
        for sweep in seed_sweeps.values()
    ]
    assert result.mean == pytest.approx(np.mean(expected))
    assert result.parts.seed_std == pytest.approx(np.std(expected, ddof=1))


def test_the_variance_over_units_and_draws_is_that_of_the_bootstrap_without_the_interaction() -> None:
    seed_sweeps = sweeps(seeds=2, draws=2)
    curves = Curves.of(seed_sweeps, "late")
    [weights] = bootstrap_weights(60, 1000, 1)
    by_seed = [
        f1(weights @ counts_at(sweep, ANCHOR)) - f1(weights @ counts_at(sweep, SCALED_ONCE))
        for sweep in seed_sweeps.values()
    ]
    drawn = [
        np.mean([f1_of_draw(sweep, SCALED_ONCE, d) - f1_of_draw(sweep, ANCHOR, d) for sweep in seed_sweeps.values()])
        for d in (0, 1)
    ]
    parts = estimate(curves, point_contrast(ANCHOR, SCALED_ONCE)).parts
    of_units = parts.unit_std**2 - (np.std(drawn, ddof=1) / np.sqrt(2)) ** 2
    assert of_units >= 0
    if of_units > 1e-12:
        of_units += parts.interaction_std**2 / 2
        assert np.sqrt(of_units) == pytest.approx(np.mean(by_seed, axis=0).std(ddof=1), rel=0.1)
    else:
        assert parts.interaction_std**2 / 2 >= 0.9 * np.mean(by_seed, axis=0).var(ddof=1)


def test_pseudo_values_have_the_f1_of_the_points_as_their_mean() -> None:
    """Even where F1 of mean counts is not the mean of F1."""
    shifted = {seed: sweep.assign(f1=sweep["f1"] + 0.01) for seed, sweep in sweeps(draws=3).items()}
    curves = Curves.of(shifted, "late")
    np.testing.assert_allclose(curves.values.mean(axis=1), curves.f1, atol=1e-12)


def test_draws_shared_by_all_seeds_add_to_the_variance() -> None:
    """Seeds that agree exactly on two draws that differ leave the variance over draws."""
    sweep = sweep_frame(0.8, 0.1, draws=2, seed=2)
    curves = Curves.of(dict.fromkeys(SEEDS, sweep), "late")
    result = estimate(curves, point_contrast(("tagger", 1.0), CLEAN))
    one, other = (f1_of_draw(sweep, ("tagger", 1.0), draw) for draw in (0, 1))
    assert result.parts.seed_std == pytest.approx(0, abs=1e-12)
    assert result.parts.unit_std > abs(one - other) / 2 > 0


def test_a_point_with_fewer_draws_uses_the_common_draws() -> None:
    sweep = sweep_frame(0.8, 0.1, draws=4)
    sweep = sweep[(sweep["mode"] != "shuffle") | (sweep["draw"] < 3)]
    curves = Curves.of({1: sweep[(sweep["mode"] != "anchor") | (sweep["draw"] < 1)]}, "late")
    weights = np.array([{"shuffle": 1.0, "anchor": -1.0}.get(mode, 0.0) for mode, _ in curves.points])
    drawn = [f1_of_draw(sweep, ("shuffle", 1.0), draw) for draw in range(3)]
    assert draw_std(curves.by_draw, weights) == pytest.approx(np.std(drawn, ddof=1) / np.sqrt(3))
    assert draw_std(curves.by_draw, weights * (weights < 0)) == 0, "one draw has no standard deviation"


def test_counts_are_averaged_over_draws() -> None:
    sweep = sweep_frame(0.8, 0.1, draws=3)
    rows = sweep[(sweep["mode"] == "tagger") & (sweep["level"] == 0.5)]
    expected = sum(np.array(row["unit_correct"]) for row in rows.to_dict("records")) / 3
    np.testing.assert_allclose(counts_at(sweep, ("tagger", 0.5))[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(counts_at(sweep, ("tagger", 0.5))[:, 2], 40)


def test_the_contrast_of_a_point_with_itself_is_zero() -> None:
    result = estimate(Curves.of(sweeps(), "late"), point_contrast(CLEAN, CLEAN))
    assert (result.mean, result.parts.seed_std, result.parts.unit_std) == (0, 0, 0)


def test_a_question_without_the_needed_points_has_no_effect() -> None:
    curves = {"a": Curves.of(sweeps(rates=(0.5,), scales=(0.5,)), "late")}
    assert all(estimate_effects(question, curves, QUICK) == {} for question in ("slope", "clustering"))


def with_replaced_share(seed_sweeps: dict[int, pd.DataFrame], part: float) -> dict[int, pd.DataFrame]:
    """The sweeps of a tagger that never confuses most tags: a nominal rate replaces only `part` as many tags."""
    return {seed: sweep.assign(effective_rate=part * sweep["effective_rate"]) for seed, sweep in seed_sweeps.items()}


@pytest.mark.parametrize(("part", "step"), [(1.0, 0.1), (0.42, 0.1), (0.06, 0.06 * 0.99)])
def test_a_slope_is_stated_for_no_more_tags_than_were_replaced(part: float, step: float) -> None:
    """F1 falls by 10 points in all, whatever share of the tags that took: no effect may be larger than this."""
    curves = Curves.of(with_replaced_share(sweeps(draws=20), part), "late")
    [effect] = estimate_effects("slope", {"a": curves}, QUICK).values()
    assert effect.reach == pytest.approx(0.99 * part)
    assert effect.step == pytest.approx(step)
    assert effect.change == pytest.approx(-0.1 * step / (0.99 * part), rel=0.1)
    assert effect.change > -0.11
    assert effect.margin == pytest.approx(0.005 * step / (0.99 * part)), "the margin is that of the measured range"


def test_without_errors_there_is_nothing_to_estimate() -> None:
    """Neither a slope nor a place of errors, nor a cost of tags that are the corpus's own."""
    curves = {"a": Curves.of(with_replaced_share(sweeps(), 0), "late")}
    for question in QUESTIONS:
        assert estimate_effects(question, curves, QUICK) == {}


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_verdicts_on_planted_slopes() -> None:
    curves = {
        "falls": Curves.of(sweeps(fall=0.1, draws=20), "late"),
        "rises": Curves.of(sweeps(fall=-0.1, draws=20), "late"),
        "flat": Curves.of(sweeps(fall=0.0, draws=40, rates=(0, 1)), "late"),
        "one seed": Curves.of(sweeps(fall=0.3, seeds=1), "late"),
    }
    result = estimate_effects("slope", curves, QUICK)
    result |= estimate_effects("slope", {"varies": Curves.of(sweeps(fall=-0.1, spread=0.1), "late")}, QUICK)
    assert {name: effect.verdict for name, effect in result.items()} == {
        "falls": "hurts",
        "rises": "helps",
        "flat": "equivalent",
        "varies": "inconclusive",
        "one seed": "hurts",
    }
    alone = estimate_effects("slope", {"one seed": curves["one seed"]}, QUICK)["one seed"]
    assert (alone.low, alone.seeds_to_conclude, alone.verdict) == (None, None, "inconclusive")
    for effect in result.values():
        assert effect.p_difference_adjusted >= effect.p_difference
        if effect.low is not None and effect.high is not None:
            assert effect.low < effect.change < effect.high


def test_spreads_are_shared_within_a_fusion() -> None:
    """A steep and varied slope of encoder fusion says nothing about the spread of late fusion, but is of its family."""
    late = {"a": Curves.of(sweeps(fall=0.02, spread=0.001), "late")}
    steep = {"b": Curves.of(sweeps(fall=0.6, spread=0.05), "encoder")}
    alone, together = (estimate_effects("slope", curves, QUICK)["a"] for curves in (late, late | steep))
    assert alone.moderated_std == together.moderated_std
    [estimate] = estimate_contrasts(late, {"a": late["a"].slope()}).values()
    assert together.p_difference_adjusted == pytest.approx(estimate.p_difference(Family(2, 0.0)))
    assert together.p_difference_adjusted > alone.p_difference_adjusted == alone.p_difference


def test_the_margin_of_a_slope_is_that_of_the_whole_change() -> None:
    """A line that falls by 6 points in all is within a margin of 8, one that falls by 10 is not."""
    settings = Statistics(resamples=300, margin=8)
    small, large = (
        estimate_effects("slope", {"a": Curves.of(sweeps(fall=fall, draws=20, rates=(0, 1)), "late")}, settings)["a"]
        for fall in (0.06, 0.10)
    )
    assert small.p_equivalence < 0.5 < large.p_equivalence


def test_only_verdicts_of_the_type_appear() -> None:
    effects = estimate_effects("slope", {"a": Curves.of(sweeps(), "late")}, QUICK)
    assert effects["a"].verdict in get_args(Verdict)
