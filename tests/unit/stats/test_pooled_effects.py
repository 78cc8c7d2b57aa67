"""Mean effects of corrupted tags over variants: the mean of their contrasts, tested by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fabricated import SEEDS, sweep_frame
from posner.config.statistics import Statistics
from posner.stats.components import components
from posner.stats.pooled_effects import PooledEffect, pool_effects
from posner.stats.pooling import most_seeds
from posner.stats.propagation import QUESTIONS, Curves, Question, estimate_effects

STATISTICS = Statistics(resamples=200)


def curves(fall: float, spread: float = 0.0, seeds: int = 3, shift: int = 0, **more: Any) -> Curves:
    """The curves of a variant that loses this F1 up to full corruption, more with each seed by `spread`."""
    sweeps: dict[int, pd.DataFrame] = {
        seed: sweep_frame(0.8, fall + spread * i, seed=seed + shift, **more) for i, seed in enumerate(SEEDS[:seeds])
    }
    return Curves.of(sweeps, "late")


def pooled(question: Question, variants: dict[str, Curves]) -> PooledEffect:
    """The mean effect on variants of one source of POS."""
    [effect] = pool_effects(question, variants, dict.fromkeys(variants, "gold"), STATISTICS).values()
    return effect


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_mean_is_that_of_the_single_effects(question: Question) -> None:
    variants = {"a": curves(0.05, 0.01), "b": curves(0.15, 0.005, shift=7)}
    single = estimate_effects(question, variants, STATISTICS)
    mean = pooled(question, variants)
    assert mean.change == pytest.approx(np.mean([effect.change for effect in single.values()]))
    assert mean.variants == ("a", "b")
    assert (mean.margin, mean.step, mean.reach) == (single["a"].margin, single["a"].step, single["a"].reach)
    assert mean.seeds == 3


def test_the_order_of_the_seeds_does_not_matter() -> None:
    sweeps = {seed: sweep_frame(0.8, 0.1 + seed / 100, seed=seed) for seed in (1, 2, 3)}
    in_order = Curves.of(sweeps, "late")
    listed_otherwise = Curves.of({seed: sweeps[seed] for seed in (3, 1, 2)}, "late")
    mean = pooled("tagging_errors", {"a": in_order, "b": listed_otherwise})
    assert mean.variants == ("a", "b")
    assert mean == replace(pooled("tagging_errors", {"a": in_order, "b": in_order}), variants=("a", "b"))


def test_its_errors_are_those_of_the_averaged_pseudo_values_and_draws() -> None:
    variants = {"a": curves(0.05, 0.01, draws=4), "b": curves(0.15, 0.005, shift=7, draws=4)}
    contrast = variants["a"].tagging_errors() or {}
    both = np.mean([curve.values for curve in variants.values()], axis=0)
    weights = np.array([contrast.get(point, 0.0) for point in variants["a"].points])
    parts = components(both @ weights)
    mean = pooled("tagging_errors", variants)
    assert mean.seed_std == pytest.approx(parts.seed_std)
    assert mean.interaction_std == pytest.approx(parts.interaction_std)
    averaged = replace(variants["a"], by_draw=np.mean([curve.by_draw for curve in variants.values()], axis=0))
    slope = pooled("slope", variants)
    weights = np.array([(averaged.slope() or {}).get(point, 0.0) for point in averaged.points])
    of_draws = np.std(weights[weights != 0] @ averaged.by_draw[weights != 0], ddof=1) / 2
    assert slope.unit_std >= of_draws > 0


def test_its_variance_over_seeds_is_moderated_with_those_of_the_variants() -> None:
    """Three seeds have two degrees of freedom; more come from variants whose variances are alike."""
    variants = {"a": curves(0.05, 0.01), "b": curves(0.15, 0.01, shift=7)}
    mean = pooled("slope", variants)
    assert mean.seed_df is not None
    assert mean.seed_df > 2
    assert mean.moderated_std != pytest.approx(mean.seed_std)


def test_two_copies_of_a_variant_are_as_one_and_do_not_differ() -> None:
    one = curves(0.1, 0.01)
    mean = pooled("slope", {"a": one, "b": one})
    [single] = estimate_effects("slope", {"a": one}, STATISTICS).values()
    assert mean.change == pytest.approx(single.change)
    assert mean.seed_std == pytest.approx(single.seed_std)
    assert mean.unit_std == pytest.approx(single.unit_std)
    assert mean.variant_std == 0
    assert mean.p_variants == 1


def test_variants_that_differ_are_reported() -> None:
    mean = pooled("slope", {"a": curves(0.02, 0.001), "b": curves(0.3, 0.001, shift=5)})
    assert mean.p_variants is not None
    assert mean.p_variants < 0.05
    assert mean.variant_std > 0


def test_sources_are_apart_and_questions_without_an_answer_left_out() -> None:
    variants = {"a": curves(0.05), "b": curves(0.15, shift=7), "c": curves(0.1, shift=9)}
    sources = {"a": "gold", "b": "predicted", "c": "gold"}
    effects = pool_effects("slope", variants, sources, STATISTICS)
    assert {source: effect.variants for source, effect in effects.items()} == {"gold": ("a", "c"), "predicted": ("b",)}
    assert effects["predicted"].p_variants is None
    assert pool_effects("slope", {"a": curves(0.05, rates=(0.5,))}, {"a": "gold"}, STATISTICS) == {}


def test_only_variants_with_the_same_seeds_are_averaged() -> None:
    variants = {"a": curves(0.05, seeds=1), "b": curves(0.15), "c": curves(0.1)}
    assert most_seeds({name: curve.seeds for name, curve in variants.items()}) == ["b", "c"]
    assert most_seeds({}) == []
    assert pooled("slope", variants).variants == ("b", "c")
