"""Files of taggers and of predicted POS: what is written is read again, and damaged files are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from posner.arrays import WordLogits
from posner.errors import InputError
from posner.pos.merging import merge
from posner.pos.predicted import read_predicted
from tagger_outputs import FALLBACK, LENGTHS, valid_outputs, words, write_and_merge
from tiny_models import TAGS

# --- files that are whole --------------------------------------------------------------------------------------------


def test_tags_and_logits_survive_in_the_order_of_the_corpus(tmp_path: Path) -> None:
    path = tmp_path / "predicted.parquet"
    pq.write_table(write_and_merge(valid_outputs(), tmp_path), path)
    predicted = read_predicted(path, TAGS)
    assert predicted.tags == TAGS
    for split, lengths in LENGTHS.items():
        logits = np.concatenate([words(split, i).logits for i in range(len(lengths))])
        assert np.array_equal(predicted.logits[split], logits)
        assert predicted.logits[split].dtype == np.float32
        assert np.array_equal(predicted.ids[split], logits.argmax(axis=1))


def test_words_without_a_piece_get_the_most_frequent_tag(tmp_path: Path) -> None:
    outputs = valid_outputs()
    partly_seen = WordLogits(
        np.array([[9, 0, 0, 0], [0, 0, 0, 0], [0, 9, 0, 0]], np.float32), np.array([True, False, True])
    )
    outputs["final"].words["test"] = partly_seen
    path = tmp_path / "predicted.parquet"
    table = write_and_merge(outputs, tmp_path)
    pq.write_table(table, path)
    assert read_predicted(path, TAGS).ids["test"].tolist() == [0, FALLBACK, 1]
    assert read_predicted(path, TAGS).logits["test"][1].tolist() == [0, 0, 0, 0]
    assert [row["seen"] for row in table.to_pylist()[-3:]] == [True, False, True]


def test_the_training_record_lists_the_training_sentences(tmp_path: Path) -> None:
    write_and_merge(valid_outputs(), tmp_path)
    record = json.loads((tmp_path / "fold-0" / "training.json").read_text(encoding="utf-8"))
    assert record == {"tagger": "fold-0", "tags": list(TAGS), "trained_on": [1, 3]}


# --- files that are damaged ------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def delete(path: Path) -> None:
    path.unlink()


def blank(path: Path) -> None:
    path.write_bytes(b"")


def no_object(path: Path) -> None:
    path.write_text("[]", encoding="utf-8")


def no_keys(path: Path) -> None:
    path.write_text("{}", encoding="utf-8")


def other_table(path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), path)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("predictions.parquet", cut),
        ("predictions.parquet", delete),
        ("predictions.parquet", blank),
        ("predictions.parquet", other_table),
        ("training.json", cut),
        ("training.json", delete),
        ("training.json", blank),
        ("training.json", no_object),
        ("training.json", no_keys),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, file: str, damage: Callable[[Path], None]) -> None:
    outputs = valid_outputs()
    write_and_merge(outputs, tmp_path)
    damage(tmp_path / "fold-1" / file)
    with pytest.raises(InputError, match="no readable tagger output") as caught:
        merge([tmp_path / name for name in outputs], LENGTHS)
    assert str(tmp_path / "fold-1") in str(caught.value)


def without_tags(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)


def without_logits(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns("logits"), path)


@pytest.mark.parametrize("damage", [cut, delete, blank, no_object, other_table, without_tags, without_logits])
def test_damaged_predicted_pos_is_named(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "predicted.parquet"
    pq.write_table(write_and_merge(valid_outputs(), tmp_path), path)
    damage(path)
    with pytest.raises(InputError, match="not predicted POS") as caught:
        read_predicted(path, TAGS)
    assert str(path) in str(caught.value)


def test_other_tags_than_those_of_the_corpus_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "predicted.parquet"
    pq.write_table(write_and_merge(valid_outputs(), tmp_path), path)
    with pytest.raises(InputError, match="another tag set"):
        read_predicted(path, TAGS[::-1])
