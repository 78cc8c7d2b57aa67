"""Stored results of wrong types are refused by their reader, in one line that names the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from posner.arrays import COUNT_COLUMNS
from posner.corpora.corpus import CorpusCard, Provenance, read_card
from posner.errors import InputError
from posner.evaluation.scores import ner_scores
from posner.evaluation.stored import read_predictions
from posner.files import write_json
from posner.pos.predicted import PREDICTED_COLUMNS
from posner.pos.tagger_output import read_output
from posner.report.figures.style import figure_style
from posner.report.model_cards import write_card
from posner.summaries.runs import CHANGE_COLUMNS, read_changes, read_scores, read_sweep

Edit = Callable[[Any], Any]


def refusal(read: Callable[[], Any], file: Path) -> str:
    with pytest.raises(InputError) as caught:
        read()
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message


def changed(value: Any, path: str, edit: Edit) -> Any:
    """A copy of JSON in which the value at `path` is edited."""
    copy = json.loads(json.dumps(value))
    *parents, last = path.split(".")
    part = copy
    for parent in parents:
        part = part[parent]
    part[last] = edit(part[last])
    return copy


SCORES = ner_scores([["B-PER", "O"]], [["B-PER", "B-PER"]], 0, 0)
RECORD = {"seed": 1, "validation": SCORES, "test": SCORES}


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("test.f1", str),
        ("test.f1", lambda _: None),
        ("validation.by_type", lambda _: []),
        ("validation.by_type.PER.recall", lambda _: "high"),
        ("test.by_type.PER.support", lambda _: 0.5),
        ("test.strict", lambda _: None),
        ("test", lambda _: []),
    ],
)
def test_scores_of_a_run(tmp_path: Path, path: str, edit: Edit) -> None:
    file = tmp_path / "metrics.json"
    write_json(file, RECORD)
    assert read_scores(file) == RECORD
    write_json(file, changed(RECORD, path, edit))
    assert path in refusal(lambda: read_scores(file), file)


BY_SPLIT = dict.fromkeys(("train", "validation", "test"), 3)
CARD = CorpusCard(
    pos_tags=("NN",),
    ner_labels=("O", "B-PER", "I-PER"),
    sentences=BY_SPLIT,
    tokens=BY_SPLIT,
    documents=BY_SPLIT,
    entities={split: {"PER": 1} for split in BY_SPLIT},
    unseen_pos_tags={},
    provenance=Provenance("columns", "somewhere"),
)


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("pos_tags", lambda _: "NN"),
        ("pos_tags", lambda _: [None]),
        ("ner_labels", lambda labels: labels[:-1]),
        ("sentences.test", str),
        ("entities", lambda _: {}),
        ("provenance", lambda _: None),
        ("provenance.origin", lambda _: 3),
        ("files", lambda _: []),
    ],
)
def test_a_corpus_description(tmp_path: Path, path: str, edit: Edit) -> None:
    file = tmp_path / "corpus.json"
    write_json(file, asdict(CARD))
    assert read_card(file) == CARD
    write_json(file, changed(asdict(CARD), path, edit))
    assert path.partition(".")[0] in refusal(lambda: read_card(file), file)


def sweep() -> pd.DataFrame:
    rows = {
        "mode": ["clean", "anchor"],
        "level": [0.0, 1.0],
        "draw": [0, 0],
        "effective_rate": [0.0, 0.1],
        "f1": [1, 1],
    }
    return pd.DataFrame(rows | {key: [[1, 2], [1, 2]] for key in COUNT_COLUMNS})


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda frame: frame.assign(level="high"), "column 'level' is not of numbers only"),
        (lambda frame: frame.assign(f1=[0.5, None]), "column 'f1' is not of numbers only"),
        (lambda frame: pd.concat([frame, frame]), "a draw is there twice"),
        (lambda frame: frame.drop(columns="draw"), "no column 'draw'"),
    ],
)
def test_a_sweep(tmp_path: Path, edit: Edit, reason: str) -> None:
    file = tmp_path / "seed-1.parquet"
    sweep().to_parquet(file)
    read_sweep(file)
    edit(sweep()).to_parquet(file)
    assert reason in refusal(lambda: read_sweep(file), file)


def test_changes_of_a_sweep(tmp_path: Path) -> None:
    file = tmp_path / "seed-1.changes.parquet"
    good = pd.DataFrame({key: [1] for key in CHANGE_COLUMNS})
    good.to_parquet(file)
    read_changes(file)
    good.assign(moved="many").to_parquet(file)
    assert "column 'moved'" in refusal(lambda: read_changes(file), file)


@pytest.mark.parametrize("column", ["gold", "predicted"])
def test_predictions(tmp_path: Path, column: str) -> None:
    file = tmp_path / "predictions.parquet"
    labels = pd.Series(["O", "B-PER"], dtype="category")
    good = pd.DataFrame({"split": ["test"] * 2, "sentence": [0, 0], "gold": labels, "predicted": labels})
    good.to_parquet(file)
    read_predictions(file, "test")
    for bad in (good[column].astype(str), good[column].where([True, False])):
        good.assign(**{column: bad}).to_parquet(file)
        refusal(lambda: read_predictions(file, "test"), file)


def test_output_of_a_tagger(tmp_path: Path) -> None:
    write_json(tmp_path / "training.json", {"tagger": "final", "tags": ["NN"], "trained_on": [1]})
    table = pa.table({key: ["x"] for key in PREDICTED_COLUMNS})
    pq.write_table(table, tmp_path / "predictions.parquet")
    read_output(tmp_path)
    without = table.set_column(table.schema.get_field_index("tag"), "tag", pa.array([None], pa.string()))
    pq.write_table(without, tmp_path / "predictions.parquet")
    assert "column 'tag' has missing values" in refusal(lambda: read_output(tmp_path), tmp_path)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"{{ unknown }}", b"{% if"])
def test_a_template_of_cards(tmp_path: Path, raw: bytes) -> None:
    template = tmp_path / "ner.md"
    template.write_bytes(raw)
    refusal(lambda: write_card(tmp_path / "model", template, {}), template)


def test_a_style_sheet(tmp_path: Path) -> None:
    style = tmp_path / "style.mplstyle"
    style.write_bytes(b"font.size: \xff")

    def use() -> None:
        with figure_style(style):
            pass

    refusal(use, style)
