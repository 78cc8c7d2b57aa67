"""The workflow as a user runs it: a small study from nothing to its report, and what an edit then reruns."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

CHECKOUT = Path(__file__).parents[1]
STUDY = CHECKOUT / "tests" / "small_study.yaml"
PARTS = ["Snakefile", "config.yaml", "rules", "workflow_scripts", "envs", "resources", "profiles"]


class Copy:
    """A copy of the workflow that a test may edit, and the results that it makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study = folder / "study.yaml"

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake with the local profile; returns all that it printed."""
        command = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--cores", "2"]
        done = subprocess.run(
            [*command, "--configfile", str(self.study), *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0 or not check, printed
        return printed

    def planned(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a dry run plans."""
        printed = self.snakemake("--dry-run", "--quiet", "rules", *arguments)
        table = re.findall(r"^(\w+) +(\d+)$", printed, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in table if rule not in ("total", "all")}

    def set(self, **values: object) -> None:
        """Write settings into the study's file; ``ner__training__epochs=2`` is a nested one."""
        raw = yaml.safe_load(self.study.read_text())
        for path, value in values.items():
            *parents, key = path.split("__")
            part = raw
            for parent in parents:
                part = part.setdefault(parent, {})
            part[key] = value
        self.study.write_text(yaml.safe_dump(raw))


def copy_workflow(folder: Path) -> Copy:
    folder.mkdir(parents=True)
    for part in PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    shutil.copy(STUDY, folder / "study.yaml")
    return Copy(folder)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A finished small study."""
    copy = copy_workflow(tmp_path_factory.mktemp("finished") / "with blank")
    copy.snakemake()
    return copy


@pytest.fixture
def edited(finished: Copy, tmp_path: Path) -> Copy:
    """The finished study in a copy with other dates, to be edited."""
    folder = tmp_path / "other place"
    shutil.copytree(finished.folder, folder, copy_function=shutil.copyfile)
    return Copy(folder)


def expected_jobs(raw: dict[str, object], folds: int, seeds: dict[str, int]) -> dict[str, int]:
    """Jobs of each stage by formula: `seeds` is the number of seeds of each variant, the first the baseline."""
    study = raw["study"]
    corpora = len(study["corpora"])  # type: ignore[index]
    pairs = corpora * len(study["encoders"])  # type: ignore[index]
    baseline, *aware = seeds.values()
    return {
        "prepare_corpus": corpora,
        "assign_folds": corpora,
        "prepare_encoder": pairs,
        "train_tagger": pairs * (folds + 1),
        "merge_pos": pairs,
        "score_pos": pairs,
        "train_ner": pairs * (baseline + sum(aware)),
        "sweep_corruption": pairs * sum(aware),
    }


def test_the_number_of_jobs_follows_the_formula(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    seeds = {"baseline": 2, "late-gold-one_hot": 3, "late-predicted-logits": 3, "encoder-gold": 3}
    copy.set(study__seeds=[1, 2, 3], pos__folds=4)
    raw = yaml.safe_load(copy.study.read_text())
    raw["corpora"]["other"] = raw["corpora"]["small"] | {"seed": 2}
    raw["encoders"]["wide"] = raw["encoders"]["tiny"] | {"hidden_size": 64}
    raw["study"] |= {"corpora": ["small", "other"], "encoders": ["tiny", "wide"]}
    copy.study.write_text(yaml.safe_dump(raw))
    planned = copy.planned()
    expected = expected_jobs(raw, folds=4, seeds=seeds)
    assert {rule: planned[rule] for rule in expected} == expected
    assert expected["train_ner"] == 44


def test_a_finished_study_has_everything(finished: Copy) -> None:
    work = finished.folder / "results" / "small" / "tiny"
    for variant, seed in [("baseline", 1), ("baseline", 2), ("late-gold-one_hot", 1), ("encoder-gold", 1)]:
        run = work / "ner" / variant / f"seed-{seed}"
        metrics = json.loads((run / "metrics.json").read_text())
        predictions = pd.read_parquet(run / "predictions.parquet")
        test = predictions[predictions["split"] == "test"]
        assert metrics["test"]["tokens"] == len(test)
        assert metrics["test"]["accuracy"] == pytest.approx((test["gold"] == test["predicted"]).mean())
    sweep = pd.read_parquet(work / "corruption" / "encoder-gold" / "seed-1.parquet")
    clean = json.loads((work / "ner" / "encoder-gold" / "seed-1" / "metrics.json").read_text())["test"]["f1"]
    assert len(sweep) == 6
    assert sweep.loc[sweep["rate"] == 0, "f1"].tolist() == pytest.approx([clean, clean], abs=5e-3)
    assert sorted(path.suffix for path in (work / "figures").iterdir()).count(".png") >= 5
    assert not list(finished.folder.glob("results/**/.*.part*"))


def test_a_second_run_has_nothing_to_do(finished: Copy) -> None:
    assert "Nothing to be done" in finished.snakemake("--dry-run")


def test_a_copy_with_other_dates_has_nothing_to_do(edited: Copy) -> None:
    for path in edited.folder.rglob("*"):
        if path.is_file():
            path.touch()
    assert edited.planned() == {}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_comment_reruns_nothing(edited: Copy) -> None:
    library = edited.folder / "workflow_scripts" / "posner"
    replace(library / "training.py", "def training_step(", "# A comment.\ndef training_step(")
    assert edited.planned() == {}


def test_the_code_of_a_fusion_reruns_its_variants_only(edited: Copy) -> None:
    library = edited.folder / "workflow_scripts" / "posner"
    replace(library / "late_fusion.py", "logits + self.project(pos)", "self.project(pos) + logits")
    planned = edited.planned()
    assert planned["train_ner"] == planned["sweep_corruption"] == 2
    assert "train_tagger" not in planned


def test_a_setting_reruns_what_depends_on_it(edited: Copy) -> None:
    edited.set(ner__training__learning_rate=2e-3)
    planned = edited.planned()
    assert planned["train_ner"] == 5
    assert "train_tagger" not in planned


def test_a_seed_more_trains_that_seed_only(edited: Copy) -> None:
    edited.set(study__seeds=[1, 2])
    planned = edited.planned()
    assert planned["train_ner"] == planned["sweep_corruption"] == 3
    assert "train_tagger" not in planned


def test_rates_rerun_sweeps_only(edited: Copy) -> None:
    edited.set(corruption__rates=[0, 0.25, 1])
    planned = edited.planned()
    assert planned["sweep_corruption"] == 3
    assert "train_ner" not in planned


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ner__training__epoch": 3}, "ner.training.epoch: unknown key; did you mean 'epochs'?"),
        ({"study__seeds": [1, 1]}, "study.seeds: 1 stands there more than once"),
        ({"corpora__small": {"source": "columns", "train": "a", "validation": "b", "test": "c"}}, "a is not there"),
    ],
)
def test_a_wrong_config_is_one_clear_message(tmp_path: Path, change: dict[str, object], message: str) -> None:
    copy = copy_workflow(tmp_path / "copy")
    copy.set(**change)
    printed = copy.snakemake("--dry-run", check=False)
    assert message in printed
    assert "Traceback" not in printed
