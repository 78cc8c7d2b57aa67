"""Files of a finished study that are lost, changed or damaged: made again where they are missing, else refused."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from workflow_copy import Copy

pytestmark = pytest.mark.slow

WORK = "results/small/tiny"
RUN = f"{WORK}/ner/encoder-gold/seed-1"
LONG_AGO = 1_000_000_000  # seconds since the epoch


@pytest.mark.parametrize("name", ["model/config.json", "model/tokenizer.json", "model/history.csv", "provenance.json"])
def test_a_file_of_a_run_that_is_missing_is_made_again_by_its_training(damaged: Copy, name: str) -> None:
    (damaged.folder / RUN / name).unlink()
    planned = damaged.planned()
    assert planned["train_ner"] == 1
    assert planned["sweep_corruption"] == 1
    assert planned.keys().isdisjoint({"train_tagger", "prepare_corpus", "prepare_encoder"})


def test_a_model_card_that_is_missing_is_written_again(damaged: Copy) -> None:
    (damaged.folder / RUN / "model" / "README.md").unlink()
    assert damaged.planned() == {"write_model_cards": 1}
    damaged.snakemake()
    assert (damaged.folder / RUN / "model" / "README.md").is_file()
    assert damaged.planned() == {}


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (f"{WORK}/encoder.provenance.json", "prepare_encoder"),
        (f"{WORK}/pieces/256/pieces.provenance.json", "tokenize_corpus"),
        ("results/files/corpus/corpus.provenance.json", "prepare_corpus"),
        ("results/files/corpus/folds.provenance.json", "assign_folds"),
        (f"{WORK}/pos/confusion_matrix.provenance.json", "score_pos"),
        (f"{WORK}/figures/ner_results.provenance.json", "plot_ner_results"),
    ],
)
def test_results_without_a_record_are_made_again(damaged: Copy, record: str, rule: str) -> None:
    (damaged.folder / record).unlink()
    assert damaged.planned()[rule] == 1


def test_a_training_that_ended_in_another_run_reaches_the_tables(damaged: Copy) -> None:
    shutil.rmtree(damaged.folder / RUN)
    damaged.snakemake("--", f"{RUN}/metrics.json")
    planned = damaged.planned()
    assert {"list_runs", "summarise_ner", "compare_variants", "write_model_cards"} <= planned.keys()
    assert "train_ner" not in planned
    damaged.snakemake()
    assert (damaged.folder / RUN / "model" / "README.md").is_file()
    assert damaged.posner("verify").returncode == 0


def test_benchmarks_are_no_results(damaged: Copy) -> None:
    shutil.rmtree(damaged.folder / "benchmarks")
    assert damaged.planned() == {}
    assert damaged.posner("verify").returncode == 0


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("resources/styles/posner.mplstyle", {"plot_ner_results", "plot_training", "plot_cost"}),
        ("resources/captions/ner_results.rst", {"report"}),
        ("resources/styles/report.css", {"report"}),
        ("resources/cards/ner.md", {"write_model_cards"}),
        ("resources/poster/style.typ", {"typeset_poster", "report"}),
        ("notebooks/results_analysis.ipynb", {"run_notebook", "report"}),
    ],
)
def test_an_edit_with_an_old_date_counts_and_a_new_date_does_not(damaged: Copy, path: str, rules: set[str]) -> None:
    file = damaged.folder / path
    file.touch()
    assert damaged.planned() == {}
    file.write_text(file.read_text() + "\n")
    os.utime(file, (LONG_AGO, LONG_AGO))
    assert rules <= damaged.planned().keys()


def test_trainings_do_not_read_a_corpus_that_was_changed(damaged: Copy) -> None:
    corpus = damaged.folder / "results" / "small" / "corpus"
    shutil.copy(corpus / "validation.parquet", corpus / "test.parquet")
    damaged.set(study__variants=["baseline", "late-gold-one_hot", "late-gold-trainable_embed"])
    printed = damaged.snakemake("--", f"{WORK}/ner/late-gold-trainable_embed/seed-1/metrics.json", check=False)
    assert "results/small/corpus/test.parquet was changed or damaged" in printed
    assert "results/small/corpus/test.parquet: not the file" in damaged.posner("verify").stdout


def test_a_changed_score_is_not_summarised(damaged: Copy) -> None:
    path = damaged.folder / RUN / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["test"]["f1"] = 1.0
    path.write_text(json.dumps(metrics))
    printed = damaged.snakemake("--forcerun", "summarise_ner", check=False)
    assert f"{RUN}/metrics.json was changed or damaged" in printed
    done = damaged.posner("verify")
    assert done.returncode == 1
    assert f"{RUN}/metrics.json: not the file that is one of the outputs in {RUN}/provenance.json" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        f"{WORK}/tables/ner_by_type.html",
        f"{WORK}/figures/training/baseline.svg",
        "results/summary.rst",
        "results/config.json",
    ],
)
def test_a_changed_file_is_not_reported(damaged: Copy, name: str) -> None:
    file = damaged.folder / name
    file.write_text(file.read_text() + " ")
    printed = damaged.snakemake(check=False)
    assert f"{name} was changed or damaged" in printed
    assert "report" in damaged.planned()


def test_a_changed_model_predicts_nothing(damaged: Copy) -> None:
    model = damaged.folder / WORK / "ner" / "baseline" / "seed-1" / "model"
    (damaged.folder / "words.txt").write_text("a_word\n")
    options = ["--checkpoint", str(model), "--input", "words.txt", "--compute.device", "cpu", "--output", "-"]
    assert damaged.posner("predict", *options).stdout
    config = model / "config.json"
    config.write_text(config.read_text() + " ")
    done = damaged.posner("predict", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{config} was changed or damaged" in done.stderr


def test_a_text_counts_by_content(damaged: Copy) -> None:
    text = damaged.folder / "data" / "texts" / "mine.txt"
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text("a_word\n")
    target = f"{WORK}/predictions/baseline/seed-1/mine.jsonl"
    damaged.snakemake("--", target)
    text.touch()
    assert damaged.planned(target) == {}
    text.write_text("another\n")
    os.utime(text, (LONG_AGO, LONG_AGO))
    assert damaged.planned(target) == {"predict": 1}
    text.write_text("a_word\n")
    assert damaged.planned(target) == {}
    text.with_suffix(".conll").write_text("a_word\n")
    os.utime(text.with_suffix(".conll"), (LONG_AGO, LONG_AGO))
    assert damaged.planned(target) == {"predict": 1}
