"""Variance components: compared with an ANOVA and a mixed model by statsmodels, and with simulated truth."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from posner.arrays import Doubles
from posner.stats.components import components, pseudo_values
from posner.stats.resampling import f1
from statsmodels.formula.api import ols
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.stats.anova import anova_lm


def crossed(generator: np.random.Generator, seeds: int, units: int) -> Doubles:
    """A difference with standard deviations 0.5 over seeds, 2 over units and 3 in the residual."""
    parts = ((0.5, (seeds, 1)), (2, (1, units)), (3, (seeds, units)))
    return np.sum([np.broadcast_to(generator.normal(0, std, shape), (seeds, units)) for std, shape in parts], axis=0)


def test_components_are_those_of_a_two_way_analysis_of_variance() -> None:
    values = crossed(np.random.default_rng(0), 4, 9)
    table = pd.DataFrame({"value": values.ravel(), "seed": np.repeat(range(4), 9), "unit": np.tile(range(9), 4)})
    anova = anova_lm(ols("value ~ C(seed) + C(unit)", table).fit())
    squares = (anova["sum_sq"] / anova["df"]).to_dict()
    of_seeds, of_units, residual = (squares[name] for name in ("C(seed)", "C(unit)", "Residual"))
    parts = components(values)
    assert parts.seed_std is not None
    assert parts.seed_std**2 * 9 == pytest.approx(of_seeds)
    assert parts.interaction_std**2 * 9 == pytest.approx(residual)
    assert parts.unit_std**2 * 36 == pytest.approx(max(of_units - residual, 0))


def test_the_variance_of_the_mean_is_the_sum_of_its_parts() -> None:
    """Estimated without bias: the residual counts once."""
    generator = np.random.default_rng(1)
    samples = [crossed(generator, 5, 40) for _ in range(2000)]
    truth = np.var([sample.mean() for sample in samples])
    parts = [components(sample) for sample in samples]
    stated = np.mean([(part.seed_std or 0) ** 2 / 5 + part.unit_std**2 for part in parts])
    assert stated == pytest.approx(truth, rel=0.08)


def test_pseudo_values_average_to_f1_and_vary_as_the_jackknife() -> None:
    generator = np.random.default_rng(2)
    true = generator.integers(1, 6, (2, 12))
    right = generator.binomial(true, 0.7)
    counts = np.stack([right, right + generator.integers(0, 2, (2, 12)), true], axis=-1).astype(np.float32)
    values = pseudo_values(counts)
    np.testing.assert_allclose(values.mean(axis=1), f1(counts.sum(axis=1)))
    for run, own in zip(counts, values, strict=True):
        without = np.array([f1(np.delete(run, i, axis=0).sum(axis=0)) for i in range(12)])
        jackknife = 11 / 12 * ((without - without.mean()) ** 2).sum()
        assert own.var(ddof=1) / 12 == pytest.approx(jackknife)


def test_one_unit_and_one_seed_have_no_variance() -> None:
    assert components(np.array([[0.1], [0.2]])).unit_std == 0
    assert components(np.array([[0.1, 0.2]])).seed_std is None


def test_the_error_is_that_of_a_mixed_model() -> None:
    """Crossed random effects by REML, as statsmodels fits them; for balanced data, they are those of the ANOVA."""
    generator = np.random.default_rng(8)
    seeds, units = 6, 25
    values = (
        0.01
        + generator.normal(0, 0.004, (seeds, 1))
        + generator.normal(0, 0.01, (1, units))
        + generator.normal(0, 0.01, (seeds, units))
    )
    seed, unit = (part.ravel() for part in np.indices(values.shape))
    frame = pd.DataFrame({"y": 100 * values.ravel(), "seed": seed, "unit": unit, "all": 1})
    effects = {"seed": "0 + C(seed)", "unit": "0 + C(unit)"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimiser's
        model = MixedLM.from_formula("y ~ 1", frame, groups="all", vc_formula=effects).fit(reml=True)
    parts = components(values)
    assert parts.seed_std is not None
    of_seeds, of_units = (float(model.vcomp[list(effects).index(name)]) / 1e4 for name in effects)
    residual = float(model.scale) / 1e4
    assert parts.interaction_std == pytest.approx(np.sqrt(residual / units), rel=0.01)
    assert parts.seed_std == pytest.approx(np.sqrt(of_seeds + residual / units), rel=0.01)
    assert parts.unit_std == pytest.approx(np.sqrt(of_units / units), rel=0.01)
    standard_error = np.hypot(parts.seed_std / np.sqrt(seeds), parts.unit_std)
    assert standard_error == pytest.approx(float(model.bse["Intercept"]) / 100, rel=0.01)
