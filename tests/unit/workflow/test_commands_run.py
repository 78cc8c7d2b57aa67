"""The commands, run by hand one after another: what they write, and that other commands give the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from command_study import CPU, EARLIEST, GENERATED, LATE, LOGITS, SCRATCH, Study, call
from posner.corpora.corpus import SPLITS, Provenance, Sentence, read_card, read_split, write_corpus
from posner.pos.corruption import MODES
from seqeval.metrics import f1_score


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
    files = ["predictions.parquet", "metrics.json", "provenance.json"]
    assert {path.name for path in folder.iterdir()} == {"model", *files}
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
        assert metrics[split]["truncated_tokens"] + metrics[split]["tokens_without_pieces"] == int(
            (~rows["seen"]).sum()
        )
    history = pd.read_csv(folder / "model" / "history.csv")
    assert history["step"].iloc[-1] == metrics["steps"]
    best = history.loc[history["score"].idxmax()]
    assert best["step"] == metrics["best_step"]
    assert best["score"] == pytest.approx(metrics["validation"]["f1"]), "the kept weights are the best"
    assert best["score"] > 0, "something is learned"
    assert metrics["seed"] == 1
    assert (metrics["device"], metrics["precision"]) == ("cpu", "fp32")


def test_the_last_weights_are_stored_if_they_are_to_be_kept(study: Study) -> None:
    folder = study.train_ner("last", LATE, "--training.keep", "last")
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    history = pd.read_csv(folder / "model" / "history.csv")
    assert history["score"].iloc[-1] < history["score"].max(), "the last weights are not the best"
    assert metrics["validation"]["f1"] == pytest.approx(history["score"].iloc[-1])
    assert metrics["best_step"] == history.loc[history["score"].idxmax(), "step"]


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
    pieces = study.pieces.parent / "extra" / "again.json"
    test = ["--corpus", study.corpus, "--test again", "--pieces", pieces, CPU]
    if not tagged.exists():
        again = GENERATED.replace("--corpus.train 120", "--corpus.train 1")  # only its test split is used
        call("prepare_extra_test", again, "--name again --folder", study.corpus)
        files = ("--corpus", study.corpus, "--encoder", study.encoder)
        call("tokenize_corpus", *files, "--test again --max-length 64 --output", pieces)
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
    files = ("--corpus", tmp_path / "corpus", "--encoder", study.encoder)
    call("tokenize_corpus", *files, "--max-length 64 --output", tmp_path / "pieces.json")
    strong = "--training.epochs 20 --training.train-batch-size 8 --training.learning-rate 0.001"
    call(
        "train_ner", *files, "--pieces", tmp_path / "pieces.json", LATE, strong,
        "--training.new-learning-rate 0.3 --training.eval-steps 45 --training.max-length 64 --seed 1", CPU,
        "--output", tmp_path / "oracle",
    )  # fmt: skip
    scores = json.loads((tmp_path / "oracle" / "metrics.json").read_text(encoding="utf-8"))
    assert scores["test"]["f1"] > 0.99
    assert scores["test"]["strict"]["f1"] > 0.99


def test_the_card_states_the_benefit_of_pos(study: Study) -> None:
    facts = read_card(study.corpus / "corpus.json").provenance.facts
    assert facts["best_f1_with_pos"]["test"] > facts["best_f1_without_pos"]["test"]
