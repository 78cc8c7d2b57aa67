"""Settings of profiles that depend on the machine, or on each other."""

from __future__ import annotations

import glob
from typing import Any

import pytest
import yaml
import yte
from workflow_copy import CHECKOUT


def profile(name: str) -> dict[str, Any]:
    """The settings of a profile, as Snakemake reads them."""
    text = (CHECKOUT / "profiles" / name / "config.yaml").read_text(encoding="utf-8")
    settings = yte.process_yaml(text) if "__use_yte__" in text else yaml.safe_load(text)
    assert isinstance(settings, dict)
    return settings


@pytest.mark.parametrize(("devices", "jobs"), [(["/dev/nvidia0"], 2), ([], 1_000_000)])
def test_two_jobs_share_a_gpu_and_without_one_only_cores_limit_them(
    devices: list[str], jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glob, "glob", lambda _: devices)
    assert profile("local")["resources"]["gpu"] == jobs


def test_groups_of_short_jobs_have_a_number_of_jobs_and_time_limits() -> None:
    short = profile("short_jobs")
    assert short["group-components"].keys() <= set(short["groups"].values())
    assert short["set-resources"].keys() <= short["groups"].keys()
    assert len({short["groups"][rule] for rule in ("train_tagger", "train_ner", "sweep_corruption")}) == 3
