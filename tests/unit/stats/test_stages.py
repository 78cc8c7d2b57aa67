"""Levels of stages: against published boundaries, and by simulated studies that stop at the first claim."""

from __future__ import annotations

import numpy as np
import pytest
from posner.config.statistics import Estimation
from posner.stats.stages import at_stage, nominal_alphas, stage_levels
from pydantic import ValidationError
from scipy import stats


@pytest.mark.parametrize(
    ("looks", "boundaries"),
    [  # O'Brien-Fleming-type spending, equal increments, two-sided 5 %; the tables of Lan & DeMets and of R's gsDesign
        (1, [1.960]),
        (2, [2.963, 1.969]),
        (3, [3.710, 2.511, 1.993]),
        (5, [4.877, 3.357, 2.680, 2.290, 2.031]),
    ],
)
def test_boundaries_are_the_published_ones(looks: int, boundaries: list[float]) -> None:
    alphas = nominal_alphas([(i + 1) / looks for i in range(looks)], 0.05)
    assert stats.norm.isf(np.array(alphas) / 2) == pytest.approx(boundaries, abs=0.001)


def test_levels_are_those_of_alphas_and_a_single_stage_has_the_level_itself() -> None:
    assert stage_levels((5,), 0.95) == (0.95,)
    first, last = stage_levels((5, 8), 0.95)
    assert 1 - np.array([first, last]) == pytest.approx(nominal_alphas([5 / 8, 1], 0.05), abs=2e-6)
    assert first > last > 0.95
    assert stage_levels((3, 30), 0.95)[0] < 1
    assert stage_levels((3, 1000), 0.95) == (0.999999, 0.95)


@pytest.mark.parametrize(("seeds", "stage"), [(5, 0), (6, 0), (8, 1), (10, 1), (3, 0)])
def test_an_analysis_has_the_level_of_the_stage_that_it_has_reached(seeds: int, stage: int) -> None:
    statistics = Estimation(stages=(5, 8), margin=1.5)
    staged = at_stage(statistics, seeds)
    assert staged.level == stage_levels((5, 8), 0.95)[stage]
    assert staged.model_copy(update={"level": 0.95}) == statistics


def test_without_stages_nothing_changes() -> None:
    assert at_stage(Estimation(), 4) == Estimation()


@pytest.mark.parametrize("stages", [(8, 5), (5, 5), (1, 5)])
def test_stages_ascend_from_two_seeds(stages: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="in ascending order"):
        Estimation(stages=stages)


@pytest.mark.parametrize("unit_std", [0.0, 0.2])
def test_the_error_rate_of_all_stages_together_holds(unit_std: float) -> None:
    """Studies of 3, 6 and 10 seeds that stop at the first claim of an effect, where there is none.

    The error of the test set is the same at all stages.
    """
    generator = np.random.default_rng(5)
    stages, studies = (3, 6, 10), 20_000
    differences = generator.normal(0, 0.35, (studies, stages[-1])) + generator.normal(0, unit_std, (studies, 1))
    claimed = np.zeros(studies, bool)
    for stage, level in zip(stages, stage_levels(stages, 0.95), strict=True):
        error = np.hypot(0.35 / np.sqrt(stage), unit_std)
        claimed |= np.abs(differences[:, :stage].mean(axis=1)) > stats.norm.isf((1 - level) / 2) * error
    # Shared errors of the test set make claims at several stages coincide, which lowers the rate.
    assert claimed.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    if unit_std == 0:
        assert claimed.mean() == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / studies))


def test_it_holds_for_student_t_and_equivalence_as_well() -> None:
    """The variance has twice as many degrees of freedom as there are seeds; the true effect is the margin."""
    generator = np.random.default_rng(6)
    stages, studies, margin = (3, 6, 10), 20_000, 0.5
    differences = generator.normal(margin, 0.35, (studies, stages[-1]))
    squares = generator.normal(0, 0.35, (studies, 2 * stages[-1])) ** 2
    effects, equivalences = np.zeros(studies, bool), np.zeros(studies, bool)
    for stage, level in zip(stages, stage_levels(stages, 0.95), strict=True):
        error = np.sqrt(squares[:, : 2 * stage].mean(axis=1) / stage)
        mean, df = differences[:, :stage].mean(axis=1), 2 * stage
        effects |= np.abs(mean - margin) > stats.t.isf((1 - level) / 2, df) * error
        equivalences |= np.abs(mean) < margin - stats.t.isf(1 - level, df) * error
    tolerance = 3 * np.sqrt(0.05 * 0.95 / studies)
    assert effects.mean() < 0.055 + tolerance
    assert equivalences.mean() < 0.055 + tolerance
