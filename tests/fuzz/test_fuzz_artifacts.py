"""Damaged files of a finished study: no command reads one, and none ends in a traceback.

``POSNER_FUZZ_CASES`` sets the number of damages. Each is done to an input of a random result, of which the provenance
record has the command line; the command has to refuse it before it does anything. Damaged records have to be noticed,
or to change nothing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from posner.commands.names import class_name, module_names
from posner.errors import InputError
from posner.workflow import verification
from posner.workflow.options import parse
from posner.workflow.recording import Recording
from posner.workflow.records import missing_files
from workflow_copy import Copy

CASES = int(os.environ.get("POSNER_FUZZ_CASES", "300"))

Records = dict[Path, dict[str, Any]]


def flip_a_bit(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def zero(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw))
    length = len(raw[start : start + 512])
    return raw[:start] + bytes(length) + raw[start + length :]


def repeat(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw))
    return raw[:start] + raw[start : start + 64] + raw[start:]


def replace(raw: bytes, chance: random.Random) -> bytes:
    return chance.choice([b"", b"{}", b"[]", b"null", b"\xff\xfe", b"not what it was"])


DAMAGES = [flip_a_bit, flip_a_bit, cut, zero, repeat, replace]


def damage(path: Path, chance: random.Random) -> bytes:
    """Damage a file; returns what it was."""
    before = path.read_bytes()
    after = before
    while after == before:
        after = chance.choice(DAMAGES)(before, chance) if before else b"no longer empty"
    path.write_bytes(after)
    return before


def begin(record: dict[str, Any], path: Path) -> Recording:
    """What a command does before its work, with the command line in its record."""
    verification.outputs_in.cache_clear()
    name = record["script"]
    command = getattr(import_module(module_names()[name]), class_name(name))
    return Recording.of(parse(command, record["arguments"]), path, record["arguments"])


@pytest.fixture(scope="module")
def records(finished: Copy, tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The records of a copy of the finished study, which is the working directory."""
    folder = tmp_path_factory.mktemp("damaged") / "copy"
    shutil.copytree(finished.folder, folder)
    os.chdir(folder)
    found = {path: json.loads(path.read_text()) for path in sorted(Path("results").rglob("*provenance.json"))}
    assert len(found) > 50
    return found


@pytest.fixture(autouse=True)
def _back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return to the working directory after each test."""
    monkeypatch.chdir(Path.cwd())


def refusal(record: dict[str, Any], path: Path) -> str | None:
    """The message with which a command refuses its inputs; ``None`` if it begins."""
    try:
        begin(record, path)
    except InputError as error:
        return str(error)
    return None


@pytest.mark.slow
def test_no_command_reads_a_damaged_file(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    readers = [(path, name) for path, record in records.items() for name in record["inputs"]]
    chance = random.Random(1)
    without_record = 0
    for _ in range(CASES):
        path, name = chance.choice(readers)
        before = damage(Path(name), chance)
        message = refusal(records[path], path)
        Path(name).write_bytes(before)
        if verification.recorded_hashes(Path(name)):
            assert message is not None, f"{path} read a damaged {name}"
        without_record += message is None
        assert message is None or (name in message and "\n" not in message)
    with capsys.disabled():
        print(f"{CASES} damages, {without_record} of them to files without a record")


@pytest.mark.slow
def test_damaged_records_are_noticed_or_change_nothing(records: Records) -> None:
    chance = random.Random(2)
    readers = {path: first_reader(records, path) for path in records}
    for _ in range(CASES):
        path = chance.choice(list(records))
        before = damage(path, chance)
        if verification.read_record(path) is None:
            assert missing_files(path, None) == [str(path)]
        lines = list(verification.misfits(path))
        reader = readers[path]
        message = refusal(records[reader], reader) if reader else None
        path.write_bytes(before)
        assert not [line for line in [*lines, message or ""] if "\n" in line]


def first_reader(records: Records, path: Path) -> Path | None:
    """A record with an input that is an output of the record at `path`."""
    made = {os.path.normpath(path.parent / name) for name in records[path]["outputs"]}
    return next((other for other, record in records.items() if made & record["inputs"].keys()), None)
