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
from posner.workflow.records import NO_DIFFERENCE, Difference, difference, missing_files
from posner.workflow.verification import read_record

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
    record = {"code": "0123", "content": "4567", "inputs": {}, "outputs": {"model/config.json": "89ab"}}
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


def test_files_of_a_result_that_are_missing(record: Path) -> None:
    model = record.parent / "model" / "config.json"
    assert missing_files(record, read_record(record)) == [os.path.relpath(model)]
    model.parent.mkdir()
    model.touch()
    assert missing_files(record, read_record(record)) == []
    record.write_text("{")
    assert missing_files(record, read_record(record)) == [os.path.relpath(record)]


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"code": "0"}'])
def test_without_a_record_nothing_differs(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "provenance.json"
    if text is not None:
        path.write_text(text)
    assert difference(read_record(path), params(draws=3)) == NO_DIFFERENCE
