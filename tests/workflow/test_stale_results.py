"""Results without metadata of Snakemake: completed after it was killed, or in a folder without ``.snakemake``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from workflow_copy import Copy

pytestmark = pytest.mark.slow

RUN = "results/small/tiny/ner/baseline/seed-1"
TARGET = f"{RUN}/metrics.json"


@pytest.fixture
def forgotten(finished: Copy, tmp_path: Path) -> Copy:
    """The finished study without any metadata, in a copy with the same dates: now they count."""
    folder = tmp_path / "other place"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns(".snakemake"))
    return Copy(folder)


def test_results_of_the_same_settings_and_code_are_kept(forgotten: Copy) -> None:
    assert forgotten.planned() == {}


def test_an_edit_of_the_config_is_noticed_by_the_records(forgotten: Copy) -> None:
    forgotten.set(ner__training__learning_rate=2e-3)
    planned = forgotten.planned()
    assert planned["train_ner"] == 12
    assert planned["sweep_corruption"] == 6
    assert planned.keys().isdisjoint({"prepare_corpus", "prepare_encoder", "train_tagger", "merge_pos"})


def test_an_edit_of_a_summarys_settings_reruns_no_training(forgotten: Copy) -> None:
    forgotten.set(statistics__margin=0.3)
    planned = forgotten.planned()
    assert planned["compare_variants"] == 2
    assert planned.keys().isdisjoint({"train_ner", "train_tagger", "sweep_corruption"})


def test_an_edit_of_the_code_of_a_fusion_reruns_its_variants_only(forgotten: Copy) -> None:
    path = forgotten.folder / "workflow_scripts" / "posner" / "model" / "fusion" / "late.py"
    text = path.read_text()
    assert "logits + self.scale * self.project(pos)" in text
    path.write_text(text.replace("logits + self.scale * self.project(pos)", "self.scale * self.project(pos) + logits"))
    planned = forgotten.planned("pos", "ner", "corruption")
    assert planned == {"train_ner": 6, "sweep_corruption": 4, "ner": 1, "corruption": 1}


def test_the_reason_says_what_differs(edited: Copy) -> None:
    files = [f"{RUN}/{name}" for name in ("provenance.json", "metrics.json")]
    edited.snakemake("--cleanup-metadata", *files)
    assert edited.planned(TARGET) == {}
    edited.set(ner__training__learning_rate=2e-3)
    printed = edited.snakemake("--dry-run", TARGET)
    before, now = printed.partition("before: ")[2].split("\n")[0].split(" now: ")
    assert before.strip() == "--training.learning-rate=0.001"
    assert now.strip() == "--training.learning-rate=0.002"


def test_the_user_may_ask_for_dates_only(forgotten: Copy) -> None:
    forgotten.set(ner__training__learning_rate=2e-3)
    assert forgotten.planned(TARGET, "--rerun-triggers", "mtime") == {}
