"""Studies of the repository, and the calibration, as plans; and what a study can conclude before it is run."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from posner.commands.names import class_name, module_names
from posner.workflow.command import Command
from posner.workflow.options import parse
from workflow_copy import CHECKOUT, STUDY, Copy, copy_workflow


@pytest.mark.parametrize("study", sorted(CHECKOUT.glob("resources/studies/*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("profile", ["local", "slurm"])
def test_every_named_study_can_be_planned(tmp_path: Path, study: Path, profile: str) -> None:
    copy = copy_workflow(tmp_path / "copy")
    data = copy.folder / "data" / "conll2003"
    data.mkdir(parents=True)
    for name in ("eng.train", "eng.testa", "eng.testb"):
        (data / name).touch()
    copy.study = study
    assert copy.planned("--profile", f"profiles/{profile}")["train_ner"] >= 9


def test_the_power_of_a_study_is_stated_before_it_is_run(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    several = "study={seeds: [1, 2]}"
    printed = copy.snakemake("--cores", "1", "--config", several, "--", "power")
    stated = (copy.folder / "results" / "power.txt").read_text()
    assert stated in printed
    assert "config: study.seeds: " in printed  # the warning, which is not in the log alone
    table = pd.read_csv(copy.folder / "results" / "power.csv")
    assert len(table) + 1 == len(stated.splitlines()) > 1  # and the assumptions
    assert (copy.folder / "results" / "power_by_seeds.png").is_file()
    assert not (copy.folder / "results" / "made-up").exists()
    assert table["detectable"].notna().all()
    # A pilot in the same results is read as it is: it is not made again.
    pilot = copy.folder / "results" / "made-up" / "tiny" / "metrics" / "ner_comparisons.json"
    pilot.parent.mkdir(parents=True)
    spread = {"seed_std": 0.01, "unit_std": 0.02}
    pooled = {pos: {**spread, "variants": ["a"]} for pos in ("gold", "predicted")}
    pilot.write_text(json.dumps({"units": {"number": 9}, "pooled": pooled, "variants": {"a": spread}}))
    config = ("--config", several, f"power={{pilot: {pilot.relative_to(copy.folder)}}}")
    assert copy.planned("power", *config) == {"summarise_power": 1, "plot_seeds": 1, "power": 1}
    copy.snakemake("--cores", "1", *config, "--", "power")
    assert (pd.read_csv(copy.folder / "results" / "power.csv")["detectable"] > table["detectable"]).all()
    missing = copy.snakemake("--config", "power={pilot: no.json}", "--", "power", check=False)
    assert "config: power.pilot: no.json is no file" in missing


def test_the_addition_of_a_test_set_can_be_planned(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    data = copy.folder / "data"
    for name in ("conll2003/eng.train", "conll2003/eng.testa", "conll2003/eng.testb", "cleanconll/cleanconll.test"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    copy.study = CHECKOUT / "resources/studies/minilm.yaml"
    addition = yaml.safe_load((CHECKOUT / "resources/studies/additions/cleanconll.yaml").read_text())
    planned = copy.planned("--config", f"corpora={json.dumps(addition['corpora'])}")
    assert planned["predict_extra_test"] == 9 * 5  # of all variants but the controls


CALIBRATION = ("--snakefile", "rules/calibration.smk", "--directory", "results/calibration")


@pytest.fixture
def calibration(tmp_path: Path) -> Copy:
    """A calibration on few corpora."""
    copy = copy_workflow(tmp_path / "copy")
    (tmp_path / "few.yaml").write_text("calibration: {ambiguities: [0, 0.1], replicates: 2, replicates_without: 3}")
    copy.study = tmp_path / "few.yaml"
    return copy


def test_a_calibration_can_be_planned(calibration: Copy) -> None:
    planned = calibration.planned(*CALIBRATION)
    assert (planned["study_prepare_corpus"], planned["study_train_ner"], planned["plot_power"]) == (5, 60, 1)


def planned_commands(printed: str) -> Iterator[Command]:
    """The commands in the output of a dry run with ``--printshellcmds``, one of each name."""
    found = re.findall(r"python -m posner (\w+) (.*?) > \S+ 2>&1", printed)
    for name, arguments in dict(found).items():
        kind = getattr(importlib.import_module(module_names()[name]), class_name(name))
        yield parse(kind, shlex.split(arguments))


@pytest.mark.parametrize("workflow", ["study", "calibration"])
def test_no_job_writes_a_file_or_folder_that_it_reads(calibration: Copy, workflow: str) -> None:
    """Such a command refuses to run."""
    if workflow == "study":
        calibration.study = STUDY
    options = CALIBRATION if workflow == "calibration" else ()
    commands = list(planned_commands(calibration.snakemake("--dry-run", "--printshellcmds", *options)))
    names = {type(command).__name__ for command in commands}
    assert names >= {"TrainNer", "CompareVariants", "SummariseCalibration" if options else "SummariseStudy"}
    for command in commands:
        outputs = {getattr(command, name) for name in command.written if name in type(command).model_fields}
        assert not outputs & set(command.paths_read()), type(command).__name__
