"""The commands, run by hand: a small study, one command after another, and what they refuse."""

from __future__ import annotations

import csv
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from posner.commands.names import class_name, module_names
from posner.corpora.corpus import SPLITS, Provenance, Sentence, read_card, read_split, write_corpus
from posner.pos.corruption import MODES
from posner.workflow.command import Command, run
from posner.workflow.options import options
from seqeval.metrics import f1_score

CHECKOUT = Path(__file__).parents[3]
COMMAND_NAMES = sorted(module_names())

GENERATED = (
    "--corpus.source generated --corpus.train 120 --corpus.validation 30 --corpus.test 40 --corpus.ambiguity 0.5"
)
SCRATCH = (
    "--encoder.source scratch --encoder.vocab-size 300 --encoder.hidden-size 16 --encoder.num-hidden-layers 2"
    " --encoder.num-attention-heads 2 --encoder.intermediate-size 32 --encoder.max-position-embeddings 64"
)
CPU = "--compute.device cpu --compute.precision fp32 --compute.threads 1 --compute.attention eager"
QUICK = (
    "--training.epochs 1 --training.train-batch-size 8 --training.eval-batch-size 16"
    " --training.learning-rate 0.003 --training.new-learning-rate 0.03 --training.max-length 64 --seed 1"
)
TAGGER = QUICK.replace("epochs 1", "epochs 4")
NER = QUICK.replace("epochs 1", "epochs 8").replace("0.03 ", "0.1 ") + " --training.eval-steps 30"
LATE = "--variant.fusion late --variant.pos gold --variant.feature one_hot"
EARLIEST = (
    "--variant.fusion encoder --variant.pos predicted --variant.feature trainable_embed"
    " --variant.inject-layer-offset-from-end earliest"
)
LOGITS = "--variant.fusion late --variant.pos predicted --variant.feature logits"
SWEEP = "--corruption.draws 2 --corruption.seed 3 --max-length 64 --eval-batch-size 16"


def command(script: str) -> type[Command]:
    """The class of a command."""
    return getattr(importlib.import_module(module_names()[script]), class_name(script))


def call(script: str, *arguments: str | Path) -> None:
    """Run a command; text arguments may contain several options."""
    words = [word for part in arguments for word in (part.split(" ") if isinstance(part, str) else [str(part)])]
    run(command(script), words)


class Study:
    """A folder in which the commands have run, one after another."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.corpus, self.encoder = root / "corpus", root / "encoder"
        self.folds, self.taggers = self.corpus / "folds.json", root / "pos"
        self.predicted, self.confusion = self.taggers / "predicted.parquet", self.taggers / "confusion_matrix.json"

    def train_ner(self, name: str, *more: str | Path) -> Path:
        output = self.root / "ner" / name
        call("train_ner", "--corpus", self.corpus, "--encoder", self.encoder, NER, CPU, *more, "--output", output)
        return output

    def sweep(self, name: str, *more: str | Path) -> pd.DataFrame:
        folder = self.root / "corruption" / name
        call(
            "sweep_corruption", "--corpus", self.corpus, "--checkpoint", self.root / "ner" / name / "model",
            "--confusion", self.confusion, "--predicted", self.predicted, SWEEP, "--corruption.rates", "[0,0.5,1]", CPU,
            *more, "--output", folder / "seed-1.parquet", "--changes", folder / "seed-1.changes.parquet",
        )  # fmt: skip
        return pd.read_parquet(folder / "seed-1.parquet")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    done = Study(tmp_path_factory.mktemp("study"))
    call("prepare_corpus", GENERATED, "--output", done.corpus)
    call("prepare_encoder", SCRATCH, "--train", done.corpus / "train.parquet", "--output", done.encoder)
    call("assign_folds", "--train", done.corpus / "train.parquet", "--folds 2 --fold-seed 1 --output", done.folds)
    for tagger in ("fold-0", "fold-1", "final"):
        call(
            "train_tagger", "--corpus", done.corpus, "--encoder", done.encoder, "--folds", done.folds,
            f"--tagger {tagger}", TAGGER, CPU, "--output", done.taggers / tagger,
        )  # fmt: skip
    call("merge_pos", "--corpus", done.corpus, "--taggers", done.taggers, "--folds 2 --output", done.predicted)
    call("score_pos", "--corpus", done.corpus, "--predicted", done.predicted, "--output", done.confusion)
    done.train_ner("baseline")
    done.train_ner("late", LATE)
    done.train_ner("encoder", EARLIEST, "--predicted", done.predicted)
    done.train_ner("logits", LOGITS, "--predicted", done.predicted)
    return done


# --- the study -------------------------------------------------------------------------------------------------------


def test_taggers_were_not_trained_on_what_they_predicted(study: Study) -> None:
    assignment = json.loads(study.folds.read_text(encoding="utf-8"))
    for fold in (0, 1):
        record = json.loads((study.taggers / f"fold-{fold}" / "training.json").read_text(encoding="utf-8"))
        predicted = set(pq.read_table(study.taggers / f"fold-{fold}" / "predictions.parquet")["sentence"].to_pylist())
        assert predicted == {i for i, other in enumerate(assignment) if other == fold}
        assert set(record["trained_on"]) == set(range(len(assignment))) - predicted
    documents = [sentence.document for sentence in read_split(study.corpus / "train.parquet")]
    pairs = set(zip(documents, assignment, strict=True))
    assert len(pairs) == len(set(documents)), "documents stay whole"


def test_every_token_has_predicted_pos(study: Study) -> None:
    table = pd.read_parquet(study.predicted)
    for split in SPLITS:
        sentences = read_split(study.corpus / f"{split}.parquet")
        rows = table[table["split"] == split]
        places = [(i, j) for i, sentence in enumerate(sentences) for j in range(len(sentence))]
        assert list(zip(rows["sentence"], rows["token"], strict=True)) == places


def test_confusions_are_those_of_the_predictions(study: Study) -> None:
    scores = json.loads(study.confusion.read_text(encoding="utf-8"))
    table = pd.read_parquet(study.predicted)
    for split in SPLITS:
        gold = [tag for sentence in read_split(study.corpus / f"{split}.parquet") for tag in sentence.pos]
        predicted = table[table["split"] == split]["tag"].astype(str).tolist()
        part = scores["splits"][split]
        assert part["accuracy"] == pytest.approx(np.mean([g == p for g, p in zip(gold, predicted, strict=True)]))
        assert part["tokens"] == len(gold)
        assert sum(map(sum, part["counts"])) == len(gold) - part["unseen"]
        assert part["accuracy"] > 0.3, "taggers learn something"
        pairs = list(zip(gold, predicted, strict=True))
        for confusion in part["top_confusions"]:
            assert confusion["count"] == pairs.count((confusion["gold"], confusion["predicted"]))
        shown = [confusion["count"] for confusion in part["top_confusions"]]
        assert shown == sorted(shown, reverse=True)


@pytest.mark.parametrize("name", ["baseline", "late", "encoder", "logits"])
def test_a_training_writes_what_later_stages_read(study: Study, name: str) -> None:
    folder = study.root / "ner" / name
    assert {path.name for path in folder.iterdir()} == {"model", "predictions.parquet", "metrics.json"}
    assert (folder / "model" / "provenance.json").is_file()
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    table = pd.read_parquet(folder / "predictions.parquet")
    for split in ("validation", "test"):
        rows = table[table["split"] == split]
        sentences = read_split(study.corpus / f"{split}.parquet")
        assert rows["gold"].astype(str).tolist() == [label for s in sentences for label in s.ner]
        true, predicted = (
            [part[column].astype(str).tolist() for _, part in rows.groupby("sentence")]
            for column in ("gold", "predicted")
        )
        assert metrics[split]["f1"] == pytest.approx(f1_score(true, predicted, zero_division=0))
        assert metrics[split]["tokens"] == len(rows)
        assert metrics[split]["truncated_tokens"] == int((~rows["seen"]).sum())
    history = pd.read_csv(folder / "model" / "history.csv")
    assert history["step"].iloc[-1] == metrics["steps"]
    best = history.loc[history["score"].idxmax()]
    assert best["step"] == metrics["best_step"]
    assert best["score"] == pytest.approx(metrics["validation"]["f1"]), "the kept weights are the best"
    assert best["score"] > 0, "something is learned"
    assert metrics["seed"] == 1
    assert (metrics["device"], metrics["precision"]) == ("cpu", "fp32")


def test_a_training_gives_the_same_files_twice(study: Study) -> None:
    again = study.train_ner("again", LATE)
    for file in ("predictions.parquet", "metrics.json", "model/model.safetensors"):
        assert (again / file).read_bytes() == (study.root / "ner" / "late" / file).read_bytes(), file


@pytest.mark.parametrize("name", ["baseline", "late", "encoder", "logits"])
def test_prediction_of_the_test_split_is_what_is_stored(study: Study, tmp_path: Path, name: str) -> None:
    """By another path: tokens and the dataset's tags as columns, predicted tags from the final tagger's model."""
    rows = ("".join(map("{} {}\n".format, s.tokens, s.pos)) for s in read_split(study.corpus / "test.parquet"))
    (tmp_path / "test.conll").write_text("\n".join(rows), encoding="utf-8")
    folder, output = study.root / "ner" / name, tmp_path / "out.conll"
    tagger = study.taggers / "final" / "model"
    files = ("--input", tmp_path / "test.conll", "--output", output)
    call("predict", "--checkpoint", folder / "model", "--tagger", tagger, CPU, "--max-length 64", *files)
    predicted = pd.read_csv(
        output, sep=" ", names=["token", "pos", "ner"], keep_default_na=False, quoting=csv.QUOTE_NONE
    )
    stored = pd.read_parquet(folder / "predictions.parquet")
    assert predicted["ner"].tolist() == stored.loc[stored["split"] == "test", "predicted"].astype(str).tolist()
    if name in ("encoder", "logits"):
        tags = pd.read_parquet(study.predicted, columns=["split", "tag"])
        assert predicted["pos"].tolist() == tags.loc[tags["split"] == "test", "tag"].astype(str).tolist()


@pytest.mark.parametrize("name", ["late", "encoder", "logits"])
def test_a_sweep_of_each_fusion(study: Study, name: str) -> None:
    table = study.sweep(name)
    f1 = {mode: rows["f1"].tolist() for mode, rows in table.groupby("mode")}
    assert [len(f1[mode]) for mode in MODES] == [2, 3 * 2, 3 * 2, 5 * 2, 1, 2, 2, 2, 1, 1]
    assert (table.loc[table["level"] == 0, "entities_flipped"] == 0).all()
    # Late fusion was trained on, and tested with, the corpus's own tags; the others with those of the anchor.
    metrics = json.loads((study.root / "ner" / name / "metrics.json").read_text(encoding="utf-8"))
    own = f1["clean" if name == "late" else "anchor"]
    assert own == pytest.approx([metrics["test"]["f1"]] * len(own))
    assert f1["anchor"] != pytest.approx(f1["clean"][:1], abs=1e-6), "tags matter"
    assert table[["f1", "precision", "recall", "effective_rate"]].stack().between(0, 1).all()
    accuracy = json.loads(study.confusion.read_text(encoding="utf-8"))["splits"]["test"]["accuracy"]
    assert table.loc[table["mode"] == "anchor", "effective_rate"].tolist() == [pytest.approx(1 - accuracy)]
    changes = pd.read_parquet(study.root / "corruption" / name / "seed-1.changes.parquet")
    assert set(changes["mode"]) == set(MODES)


@pytest.mark.parametrize("name", ["baseline", "late", "encoder", "logits"])
def test_the_test_split_as_an_extra_test_is_predicted_as_in_training(study: Study, name: str) -> None:
    """The same sentences, tagger and checkpoint give the stored tags, logits and labels."""
    tagged, output = study.taggers / "extra" / "again.parquet", study.root / "extra" / name / "predictions.parquet"
    test = ["--corpus", study.corpus, "--test again", "--max-length 64 --eval-batch-size 16", CPU]
    if not tagged.exists():
        again = GENERATED.replace("--corpus.train 120", "--corpus.train 1")  # only its test split is used
        call("prepare_extra_test", again, "--name again --folder", study.corpus)
        call("tag_extra_test", *test, "--tagger", study.taggers / "final" / "model", "--output", tagged)
        own, extra = pd.read_parquet(study.predicted).query("split == 'test'"), pd.read_parquet(tagged)
        assert set(extra["split"]) == {"again"}
        for column in ("sentence", "token", "tag", "seen", "tagger"):
            assert extra[column].astype(str).tolist() == own[column].astype(str).tolist()
        np.testing.assert_array_equal(np.stack(extra["logits"]), np.stack(own["logits"]))
    variant = {"baseline": (), "late": (LATE,), "encoder": (EARLIEST,), "logits": (LOGITS,)}[name]
    predicted = ("--predicted", tagged) if name in ("encoder", "logits") else ()
    checkpoint = study.root / "ner" / name
    call("predict_extra_test", *test, "--checkpoint", checkpoint / "model", *variant, *predicted, "--output", output)
    own = pd.read_parquet(checkpoint / "predictions.parquet").query("split == 'test'").reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_parquet(output).drop(columns="split"), own.drop(columns="split"))


def test_the_scratch_encoder_is_the_same_from_the_same_settings(study: Study, tmp_path: Path) -> None:
    call("prepare_encoder", SCRATCH, "--train", study.corpus / "train.parquet", "--output", tmp_path / "encoder")
    for path in sorted(study.encoder.iterdir()):
        assert path.read_bytes() == (tmp_path / "encoder" / path.name).read_bytes(), path.name


def test_an_oracle_is_used(study: Study, tmp_path: Path) -> None:
    """NER labels in place of POS tags reach F1 above 0.99, so the input path works."""
    splits = {
        split: [Sentence(s.tokens, s.ner, s.ner, s.document) for s in read_split(study.corpus / f"{split}.parquet")]
        for split in SPLITS
    }
    write_corpus(tmp_path / "corpus", splits, Provenance("generated", "an oracle"))
    strong = "--training.epochs 20 --training.train-batch-size 8 --training.learning-rate 0.001"
    call(
        "train_ner", "--corpus", tmp_path / "corpus", "--encoder", study.encoder, LATE, strong,
        "--training.new-learning-rate 0.3 --training.eval-steps 45 --seed 1", CPU, "--output", tmp_path / "oracle",
    )  # fmt: skip
    scores = json.loads((tmp_path / "oracle" / "metrics.json").read_text(encoding="utf-8"))
    assert scores["test"]["f1"] > 0.99
    assert scores["test"]["strict"]["f1"] > 0.99


# --- the command lines -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", COMMAND_NAMES)
def test_help_names_every_option(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call(script, "--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: posner {script} ")
    for path, _ in options(command(script)):
        assert f"--{path.replace('_', '-')} " in text


def test_a_command_runs_in_a_new_process(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "posner", "assign_folds", "--train", tmp_path / "no.parquet", "--folds", "2",
         "--fold-seed", "0", "--output", tmp_path / "folds.json"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"error: {tmp_path / 'no.parquet'}")
    assert len(finished.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def error_of(capsys: pytest.CaptureFixture[str], attempt: Callable[[], Any]) -> str:
    """The error of a command with invalid input; it must be one line, with status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        attempt()
    assert caught.value.code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("script", COMMAND_NAMES)
def test_an_unknown_option_is_one_line(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, lambda: call(script, "--outptu x"))
    assert "--outptu" in line


def ner(study: Study, *more: str | Path, compute: str = CPU, **places: Path) -> Callable[[], None]:
    """A NER training that must be refused."""
    folders = {"corpus": study.corpus, "encoder": study.encoder} | places
    arguments = [part for name, path in folders.items() for part in (f"--{name}", path)]
    settings = [part for part in (QUICK, compute, *more) if part]
    return lambda: call("train_ner", *arguments, *settings, "--output", study.root / "refused")


def tagger(study: Study, folds: Path, name: str) -> Callable[[], None]:
    """A training of a tagger that must be refused."""
    folders = ("--corpus", study.corpus, "--encoder", study.encoder, "--folds", folds)
    return lambda: call("train_tagger", *folders, f"--tagger {name}", QUICK, CPU, "--output", study.root / "refused")


def corrupt(study: Study, checkpoint: Path, confusion: Path) -> Callable[[], None]:
    """A sweep that must be refused."""
    files = ("--corpus", study.corpus, "--checkpoint", checkpoint, "--confusion", confusion)
    outputs = ("--output", study.root / "refused.parquet", "--changes", study.root / "refused.changes.parquet")
    return lambda: call("sweep_corruption", *files, "--predicted", study.predicted, SWEEP, CPU, *outputs)


def test_gold_logits_are_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    more = "--variant.fusion late --variant.pos gold --variant.feature logits"
    assert "gold POS has no logits" in error_of(capsys, ner(study, more))


def test_predicted_pos_is_required(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--predicted" in error_of(capsys, ner(study, EARLIEST))
    assert "--predicted" in error_of(capsys, ner(study, LOGITS))


def test_an_offset_deeper_than_the_encoder_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    more = EARLIEST.replace("earliest", "3")
    line = error_of(capsys, ner(study, more, predicted=study.predicted))
    assert "3 is deeper than the encoder, which has 2 layers" in line
    assert not (study.root / "refused").exists()


@pytest.mark.parametrize("name", ["corpus", "encoder", "predicted"])
def test_a_missing_input_is_reported(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    missing = tmp_path / "nowhere"
    line = error_of(capsys, ner(study, LATE, **{name: missing}))
    assert str(missing) in line


def test_an_unavailable_device_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, ner(study, "--compute.device cuda:99", compute=""))
    assert "cuda:99" in line


def test_fp16_on_a_cpu_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, ner(study, "--compute.device cpu --compute.precision fp16", compute=""))
    assert "fp16" in line


def test_a_fold_that_the_folds_do_not_have_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, tagger(study, study.folds, "fold-7"))
    assert "fold-7" in line


def test_folds_of_another_corpus_are_refused(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = tmp_path / "folds.json"
    short.write_text(json.dumps(json.loads(study.folds.read_text(encoding="utf-8"))[:-1]), encoding="utf-8")
    line = error_of(capsys, tagger(study, short, "fold-0"))
    assert str(short) in line


def test_more_folds_than_documents_are_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--train", study.corpus / "train.parquet", "--folds 1000 --fold-seed 0")
    line = error_of(capsys, lambda: call("assign_folds", *arguments, "--output", study.root / "refused.json"))
    assert "1000 folds are more than" in line


def test_a_damaged_checkpoint_is_named(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "model"
    shutil.copytree(study.root / "ner" / "late" / "model", broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    line = error_of(capsys, corrupt(study, broken, study.confusion))
    assert str(broken) in line
    assert "delete" in line


def test_a_damaged_encoder_is_named(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "encoder"
    shutil.copytree(study.encoder, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    arguments = ("--encoder.source path --encoder.path", broken, "--train", study.corpus / "train.parquet")
    line = error_of(capsys, lambda: call("prepare_encoder", *arguments, "--output", tmp_path / "prepared"))
    assert str(broken) in line
    assert not (tmp_path / "prepared").exists()


@pytest.mark.parametrize("text", ["", "{}", "{", '{"splits": {}}', "[]", '{"splits": {"train": {"counts": 3}}}'])
def test_a_damaged_confusion_matrix_is_named(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "confusion_matrix.json"
    path.write_text(text, encoding="utf-8")
    line = error_of(capsys, corrupt(study, study.root / "ner" / "late" / "model", path))
    assert str(path) in line


def test_the_card_states_the_benefit_of_pos(study: Study) -> None:
    facts = read_card(study.corpus / "corpus.json").provenance.facts
    assert facts["best_f1_with_pos"]["test"] > facts["best_f1_without_pos"]["test"]
