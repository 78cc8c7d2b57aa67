"""Prediction on new text: loading of checkpoints, offsets of entities, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from posner.commands.ner.predict import Predict
from posner.model.checkpoint import Checkpoint
from posner.model.modeling import load_model
from posner.model.tokenization import split_words
from posner.pos.features import PosFeatures, Standardisation, logit_features, one_hot_table
from posner.prediction.annotate import parts_that_fit, predict_words, runs_that_fit
from posner.prediction.text import from_columns
from posner.workflow.command import run
from prediction_calls import LINES, MEAN, SCALE, call
from tiny_models import CPU, LABELS, NO_PIECE, TAGS, make_tokenizer

CHECKOUT = Path(__file__).parents[3]


# --- checkpoints -----------------------------------------------------------------------------------------------------


def test_a_checkpoint_loads_in_two_lines(models: Path) -> None:
    two_lines = (
        "import posner.model.modeling, transformers\n"
        f"model = transformers.AutoModelForTokenClassification.from_pretrained({str(models / 'baseline')!r})\n"
    )
    proof = (
        f"tokenizer = transformers.AutoTokenizer.from_pretrained({str(models / 'baseline')!r})\n"
        "logits = model(**tokenizer('the Ann', return_tensors='pt')).logits\n"
        "print(type(model).__name__, tuple(logits.shape), *model.config.labels)\n"
    )
    done = subprocess.run([sys.executable, "-c", two_lines + proof], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.stdout.split("\n")[0] == f"PosNerModel (1, 4, 5) {' '.join(LABELS)}", done.stderr


def test_a_checkpoint_knows_its_labels_tags_and_source_of_pos(models: Path) -> None:
    for name, pos, tags in [("baseline", "none", []), ("gold", "gold", [*TAGS]), ("logits", "predicted", [*TAGS])]:
        config = load_model(models / name, "eager").config
        assert (config.labels, config.pos, config.pos_tags) == ([*LABELS], pos, tags)


# --- entities ------------------------------------------------------------------------------------------------------


def test_offsets_refer_to_the_text(models: Path, text: Path, tmp_path: Path) -> None:
    rows = call(models, "baseline", text, tmp_path / "out.jsonl")
    assert [row["text"] for row in rows] == LINES
    entities = [(row["text"], entity) for row in rows for entity in row["entities"]]
    assert len(entities) > 3
    for line, entity in entities:
        assert line[entity["start"] : entity["end"]] == entity["text"] == entity["text"].strip() != ""
        assert entity["type"] in ("LOC", "PER")
        assert 1 / len(LABELS) ** 80 <= entity["score"] <= 1
    assert rows[1]["entities"] == []


def test_columns_and_json_have_the_same_entities(models: Path, text: Path, tmp_path: Path) -> None:
    rows = call(models, "predicted", text, tmp_path / "out.conll", tagger=models / "tagger")
    annotated = call(models, "predicted", text, tmp_path / "out.jsonl", tagger=models / "tagger")
    assert [row[0] for row in rows[:6]] == ["Ann", "saw", "Rome", "'s", "e\u0301te\u0301", ""]
    assert {row[1] for row in rows if len(row) == 3} <= set(TAGS)
    begun = [row for i, row in enumerate(rows) if len(row) == 3 and begins(row[2], rows[i - 1])]
    assert len(begun) == sum(len(row["entities"]) for row in annotated)


def begins(label: str, before: list[str]) -> bool:
    """Whether an entity begins at this label, after conlleval."""
    previous = before[2] if len(before) == 3 else "O"
    return label.startswith("B-") or (label.startswith("I-") and previous[2:] != label[2:])


def test_tags_in_columns_are_read_and_unknown_ones_are_no_tags(models: Path, columns: Path, tmp_path: Path) -> None:
    rows = call(models, "gold", columns, tmp_path / "out.conll")
    checkpoint = Checkpoint.load(models / "gold", CPU, 256)
    table = one_hot_table(len(TAGS))
    features = PosFeatures(table, np.array([2, 3, 0, -1]))
    words = predict_words(checkpoint, [["Ann", "saw", "the"], ["Rome"]], features)
    expected = [LABELS[i] for i in words.labels(0)]
    assert [row[2] for row in rows if len(row) == 3] == expected
    assert [row[1] for row in rows if len(row) == 3] == ["NNP", "VB", "DT", "XX"]
    other = predict_words(checkpoint, [["Ann", "saw", "the"]], PosFeatures(table, np.array([0, 0, 0])))
    assert not np.array_equal(other.logits, words.logits[:3]), "tags matter"


def test_logits_are_standardised_as_in_training(models: Path, text: Path, tmp_path: Path) -> None:
    rows = call(models, "logits", text, tmp_path / "out.conll", tagger=models / "tagger")
    words = ["Ann", "saw", "Rome", "'s", "e\u0301te\u0301"]
    tagged = predict_words(Checkpoint.load(models / "tagger", CPU, 256), [words])
    standard = Standardisation(np.array(MEAN, np.float32), np.array(SCALE, np.float32))
    features = logit_features(((tagged.logits - standard.mean) * standard.scale).astype(np.float32))
    logits = predict_words(Checkpoint.load(models / "logits", CPU, 256), [words], features)
    assert [row[2] for row in rows[:5]] == [LABELS[i] for i in logits.labels(0)]
    assert [row[1] for row in rows[:5]] == [TAGS[i] for i in tagged.labels(0)]


def test_gold_models_can_read_a_taggers_tags(models: Path, text: Path, tmp_path: Path) -> None:
    rows = call(models, "gold", text, tmp_path / "out.conll", tagger=models / "tagger", pos="tagger")
    assert {row[1] for row in rows if len(row) == 3} <= set(TAGS)


def test_the_baseline_reads_columns_without_pos(models: Path, tmp_path: Path) -> None:
    (tmp_path / "in.conll").write_text("Ann\nRome\n")
    rows = call(models, "baseline", tmp_path / "in.conll", tmp_path / "out.conll", pos="none")
    assert [row[:2] for row in rows] == [["Ann", "_"], ["Rome", "_"], [""]]


@pytest.mark.parametrize("suffix", [".CONLL", ".Conll"])
def test_the_ending_of_column_files_is_in_any_case(models: Path, tmp_path: Path, suffix: str) -> None:
    source, output = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    source.write_text("Ann NNP\nsaw VB\n")
    call(models, "gold", source, output)
    assert [row.split(" ")[:2] for row in output.read_text().split("\n")[:2]] == [["Ann", "NNP"], ["saw", "VB"]]


def test_a_token_with_a_blank_stays_one_word(models: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in.conll", tmp_path / "out.conll"
    source.write_text("New York\tNNP\nran\tVB\n")
    call(models, "gold", source, output)
    (passage,) = from_columns(output.read_text().split("\n"), 0, 1, "out.conll")
    assert (passage.words, passage.pos) == (["New York", "ran"], ("NNP", "VB"))


def test_conll_u_is_refused_not_read_as_text(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.conllu"
    source.write_text("# text = Ann\n1\tAnn\tAnn\tPROPN\tNNP\n")
    with pytest.raises(SystemExit):
        call(models, "baseline", source, tmp_path / "out.conll")
    assert f"error: {source}:1: a comment of CoNLL-U" in capsys.readouterr().err
    assert not (tmp_path / "out.conll").exists()


def test_words_without_pieces_are_counted(models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "in.txt"
    path.write_text(f"Ann {NO_PIECE} saw {NO_PIECE * 2} A{NO_PIECE}nn\n" + "the " * 300 + "\n", encoding="utf-8")
    with caplog.at_level("INFO"):
        rows = call(models, "baseline", path, tmp_path / "out.conll", max_length=16)
    assert [row[0] for row in rows[:5]] == ["Ann", NO_PIECE, "saw", NO_PIECE * 2, f"A{NO_PIECE}nn"]
    assert [row[2] for row in (rows[1], rows[3])] == ["O", "O"]
    assert "2 words have no word pieces and are labelled O; no word was truncated" in caplog.messages
    caplog.clear()
    path.write_text("Ann saw\n")
    call(models, "baseline", path, tmp_path / "out.conll")
    assert not [message for message in caplog.messages if "no word pieces" in message]


def test_a_pipe_is_read_once(models: Path, text: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(text.read_bytes()), daemon=True)
    writer.start()
    piped = call(models, "baseline", pipe, tmp_path / "piped.jsonl")
    assert piped == call(models, "baseline", text, tmp_path / "read.jsonl") != []


def test_standard_output_is_json_lines(models: Path, text: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(Predict, ["--checkpoint", str(models / "baseline"), "--input", str(text), "--output", "-"])
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.split("\n")[:-1]] == LINES


def test_the_number_of_passages_at_once_changes_nothing(
    models: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = call(models, "baseline", text, tmp_path / "whole.jsonl")
    monkeypatch.setattr("posner.commands.ner.predict.PASSAGES_AT_ONCE", 1)
    parts = call(models, "baseline", text, tmp_path / "parts.jsonl")
    assert [row["entities"] for row in parts] == [
        [entity | {"score": pytest.approx(entity["score"], abs=2e-4)} for entity in row["entities"]] for row in whole
    ]


# --- long sentences --------------------------------------------------------------------------------------------------


def test_a_long_sentence_is_read_in_parts_that_fit() -> None:
    words = ["the", "abcdefgh", NO_PIECE, "abc", "the", "x" * 30, "the"]
    parts = parts_that_fit(make_tokenizer(), [words], 12)
    assert [len(part) for part in parts] == [3, 2, 1, 1]
    assert split_words(make_tokenizer(), parts, 12).lengths.tolist() == [11, 6, 12, 3]
    assert parts_that_fit(make_tokenizer(), [words[:4]], 40) == [words[:4]]


def test_sentences_are_split_one_by_one_and_empty_ones_have_no_part() -> None:
    long, short = ["abcdefgh", "abcdefgh"], ["the"]
    halves = [long[:1], long[1:]]
    assert parts_that_fit(make_tokenizer(), [[], short, long, [], short, []], 10) == [short, *halves, short]
    assert parts_that_fit(make_tokenizer(), [long, []], 10) == halves
    assert parts_that_fit(make_tokenizer(), [[]], 10) == parts_that_fit(make_tokenizer(), [], 10) == []


def test_parts_are_all_the_words_in_order() -> None:
    words = [f"{'ab' * (i % 5)}c" for i in range(500)]
    assert [word for run in runs_that_fit(make_tokenizer(), words, 16) for word in run] == words


def test_parts_are_labelled_with_their_own_pos(models: Path) -> None:
    checkpoint = Checkpoint.load(models / "gold", CPU, 10)
    words = ["the", "Ann", "Rome"] * 9
    pos = PosFeatures(one_hot_table(len(TAGS)), np.arange(27) % 4)
    long = predict_words(checkpoint, [words], pos)
    short = predict_words(checkpoint, [words[i : i + 8] for i in range(0, 27, 8)], pos)
    assert long.seen.all()
    np.testing.assert_allclose(long.logits, short.logits, atol=1e-5)
