"""Results that were made elsewhere, or from other files than those that are there: they are made again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from workflow_copy import Copy

pytestmark = pytest.mark.slow

WORK = "results/small/tiny"
TRAINED = {"train_ner": 1, "list_runs": 1, "summarise_ner": 1, "write_model_cards": 1}


@pytest.fixture(params=["with metadata", "without metadata"])
def restored(damaged: Copy, request: pytest.FixtureRequest) -> Copy:
    """A finished study whose results can be replaced, with or without what Snakemake knows of them."""
    if request.param == "without metadata":
        shutil.rmtree(damaged.folder / ".snakemake")
    return damaged


def replace(folder: Path, by: Path) -> None:
    """Put a copy of another result in place of one, with its dates."""
    shutil.rmtree(folder)
    shutil.copytree(by, folder)


def record_input(path: Path, name: str) -> None:
    """Have a record say that its result was made from another file `name`, without a new date."""
    dates = path.stat()
    record = json.loads(path.read_text())
    [file] = [file for file in record["inputs"] if file.endswith(name)]
    record["inputs"][file] = 64 * "0"
    path.write_text(json.dumps(record))
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))


def assert_planned(copy: Copy, expected: dict[str, int]) -> None:
    """These jobs are planned, the conclusions from them too, and no training but those."""
    planned = copy.planned()
    assert expected.items() <= planned.items()
    assert {"conclude", "report"} <= planned.keys()
    assert planned.keys() & {"prepare_corpus", "prepare_encoder", "train_tagger", "train_ner"} <= expected.keys()


def test_a_run_of_another_seed(restored: Copy) -> None:
    runs = restored.folder / WORK / "ner" / "baseline"
    replace(runs / "seed-2", runs / "seed-1")
    assert_planned(restored, TRAINED)
    done = restored.posner("verify")
    assert done.returncode == 1
    assert f"{WORK}/ner/baseline/seed-2/provenance.json: the record of other results" in done.stdout


def test_two_folds_that_were_swapped(restored: Copy) -> None:
    folds = restored.folder / WORK / "pos"
    for old, new in [("fold-0", "other"), ("fold-1", "fold-0"), ("other", "fold-1")]:
        (folds / old).rename(folds / new)
    planned = restored.planned()
    assert planned["train_tagger"] == 2
    assert {"merge_pos", "score_pos", "report"} <= planned.keys()
    assert restored.posner("verify").returncode == 1


def test_a_run_of_another_corpus(restored: Copy) -> None:
    run = "tiny/ner/encoder-gold/seed-1"
    replace(restored.folder / "results" / "small" / run, restored.folder / "results" / "files" / run)
    assert_planned(restored, TRAINED | {"sweep_corruption": 1})
    assert restored.posner("verify").returncode == 1


def test_a_run_of_an_earlier_corpus(restored: Copy) -> None:
    record_input(restored.folder / WORK / "ner" / "encoder-gold" / "seed-1" / "provenance.json", "corpus/train.parquet")
    assert_planned(restored, TRAINED | {"sweep_corruption": 1})
    assert f"{WORK.replace('tiny', 'corpus')}/train.parquet: not the file that is one of the inputs" in (
        restored.posner("verify").stdout
    )


def test_a_sweep_of_an_earlier_model(restored: Copy) -> None:
    record_input(restored.folder / WORK / "corruption" / "encoder-gold" / "seed-1.provenance.json", "model.safetensors")
    assert_planned(restored, {"sweep_corruption": 1, "list_sweeps": 1, "summarise_corruption": 1})
    printed = restored.snakemake("--dry-run", f"{WORK}/corruption/encoder-gold/seed-1.parquet")
    assert f"before: {WORK}/ner/encoder-gold/seed-1/model/model.safetensors: {64 * '0'} now: " in printed
