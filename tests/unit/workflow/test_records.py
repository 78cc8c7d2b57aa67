"""Provenance records against the params of rules."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
from posner.config.corruption import Corruption
from posner.config.training import NerTraining
from posner.workflow.options import flags
from posner.workflow.records import NO_DIFFERENCE, Difference, difference, missing_files, origin
from posner.workflow.verification import Record, read_record

CODE = "code of train_ner: 0123"
FOLDER = "results/it's a folder"


def params(learning_rate: float = 1e-3, draws: int = 2) -> list[str]:
    """Params of a rule, as :func:`arguments` of rules/common.smk writes them."""
    settings = {"training": NerTraining(learning_rate=learning_rate), "corruption": Corruption(draws=draws)}
    return [FOLDER, CODE, *(shlex.join(flags(**{name: value})) for name, value in settings.items())]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The record of a command that was run with these params, and with flags of which the rule's params say nothing."""
    arguments = [flag for text in params()[2:] for flag in shlex.split(text)]
    path = tmp_path / "provenance.json"
    record = {"code": "0123", "content": "4567", "place": os.path.relpath(path)}
    record |= {"inputs": {"corpus/test.parquet": "cdef"}, "outputs": {"model/config.json": "89ab"}}
    path.write_text(json.dumps(record | {"arguments": [*arguments, "--seed", "1", "--output", FOLDER]}))
    return path


def test_the_same_settings_and_code(record: Path) -> None:
    assert difference(read_record(record), params()) == NO_DIFFERENCE


def test_only_what_differs_is_named(record: Path) -> None:
    expected = Difference(frozenset({"--training.learning-rate=0.001"}), frozenset({"--training.learning-rate=0.002"}))
    assert difference(read_record(record), params(learning_rate=2e-3)) == expected


def test_flags_of_a_group_that_begins_with_a_quoted_one(record: Path) -> None:
    assert difference(read_record(record), params(draws=3)).current == {"--corruption.draws=3"}


def test_a_new_flag(record: Path) -> None:
    assert difference(read_record(record), [*params(), "--new=1"]) == Difference(frozenset(), frozenset({"--new=1"}))


def test_other_code(record: Path) -> None:
    changed = ["code of train_ner: 4567" if text == CODE else text for text in params()]
    assert difference(read_record(record), changed) == Difference(
        frozenset({CODE}), frozenset({"code of train_ner: 4567"})
    )


def test_other_files_from_outside_the_study(record: Path) -> None:
    assert difference(read_record(record), [*params(), "content of files: 4567"]) == NO_DIFFERENCE
    changed = Difference(frozenset({"content of files: 4567"}), frozenset({"content of files: 7654"}))
    assert difference(read_record(record), [*params(), "content of files: 7654"]) == changed


def test_the_place_and_the_inputs_of_a_result(record: Path) -> None:
    current = {"corpus/test.parquet": "cdef", "corpus/train.parquet": "0000"}
    assert origin(complete(record), record, current) == NO_DIFFERENCE
    assert origin(complete(record), record, {}) == NO_DIFFERENCE  # a file from outside the study


def test_a_result_that_was_made_from_other_files(record: Path) -> None:
    assert origin(complete(record), record, {"corpus/test.parquet": "0000"}) == Difference(
        frozenset({"corpus/test.parquet: cdef"}), frozenset({"corpus/test.parquet: 0000"})
    )


def test_a_result_that_was_made_elsewhere(record: Path) -> None:
    before, place = os.path.relpath(record), record.with_name("copied.json")
    record.rename(place)
    now = os.path.relpath(place)
    assert origin(complete(place), place, {}) == Difference(
        frozenset({f"place: {before}"}), frozenset({f"place: {now}"})
    )


def complete(path: Path) -> Record:
    record = read_record(path)
    assert record is not None
    return record


def test_files_of_a_result_that_are_missing(record: Path) -> None:
    model = record.parent / "model" / "config.json"
    assert missing_files(record, read_record(record)) == [os.path.relpath(model)]
    model.parent.mkdir()
    model.touch()
    assert missing_files(record, read_record(record)) == []
    record.write_text("{")
    assert missing_files(record, read_record(record)) == [os.path.relpath(record)]


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"code": "0"}', "[" * 100_000])
def test_without_a_record_nothing_differs(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "provenance.json"
    if text is not None:
        path.write_text(text)
    assert difference(read_record(path), params(draws=3)) == NO_DIFFERENCE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("arguments", [1]),
        ("arguments", "--seed=1"),
        ("code", None),
        ("content", 1),
        ("place", []),
        ("inputs", {"corpus/test.parquet": 1}),
        ("outputs", ["model/config.json"]),
    ],
)
def test_a_record_with_a_value_of_another_type_is_none(record: Path, key: str, value: object) -> None:
    record.write_text(json.dumps(complete(record) | {key: value}))
    assert read_record(record) is None
