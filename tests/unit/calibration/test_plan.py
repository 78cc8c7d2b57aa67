"""The plan of a calibration."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from configs import CHECKOUT, PUBLISHED
from posner.calibration.plan import CalibrationPlan, SimulationPlan, planned_study, read_plan
from posner.config.corpora import GeneratedCorpus
from posner.config.validation import check
from posner.errors import InputError
from snakemake.utils import update_config


def config(**plan: Any) -> dict[str, Any]:
    """The config that `make calibrate` reads, with a part of the plan changed."""
    raw = copy.deepcopy(PUBLISHED)
    for file in ("resources/studies/calibration.yaml", "resources/calibration.yaml"):
        update_config(raw, yaml.safe_load((CHECKOUT / file).read_text(encoding="utf-8")))
    update_config(raw, {"calibration": plan})
    return raw


def test_a_planned_study_is_valid_and_its_corpora_are_distinct() -> None:
    study = check(planned_study(config(ambiguities=[0, 0.025], replicates=2, replicates_without=3)))
    names = ["planted-000-00", "planted-000-01", "planted-000-02", "planted-025-00", "planted-025-01"]
    assert list(study.study.corpora) == names
    corpora = [study.corpora[name] for name in names]
    assert all(isinstance(corpus, GeneratedCorpus) for corpus in corpora)
    assert [corpus.ambiguity for corpus in corpora] == [0, 0, 0, 0.025, 0.025]  # type: ignore[union-attr]
    assert len({corpus.seed for corpus in corpora}) == 5  # type: ignore[union-attr]
    assert {corpus.train for corpus in corpora} == {config()["corpora"]["planted"]["train"]}


def test_the_plan_file_states_the_defaults() -> None:
    plan, _, simulation = read_plan(config())
    assert plan == CalibrationPlan()
    assert simulation == SimulationPlan()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"replicates": 1}, "calibration: replicates: Input should be greater than or equal to 2"),
        ({"ambiguities": [2]}, "calibration: ambiguities.0: Input should be less than or equal to 1"),
        ({"seeds": 3}, "calibration: seeds: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_plan_is_one_clear_message(plan: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        planned_study(config(**plan))


def test_a_config_without_a_plan_is_refused() -> None:
    with pytest.raises(InputError, match="'calibration' is missing"):
        read_plan(PUBLISHED)
