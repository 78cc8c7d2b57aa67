"""Damaged files of a finished study: no command reads one, and none ends in a traceback.

``POSNER_FUZZ_CASES`` sets the number of damages. Each is done to an input of a random result, of which the provenance
record has the command line; the command has to refuse it before it does anything. Damaged records have to be noticed,
or to change nothing. Without any records, as in files from elsewhere, a command may do its work with damaged inputs, or
end with one line.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from damages import damage, damage_meaning
from posner.__main__ import main
from posner.commands.names import class_name, module_names
from posner.errors import InputError
from posner.workflow import verification
from posner.workflow.command import Command
from posner.workflow.options import parse
from posner.workflow.recording import Recording
from posner.workflow.records import missing_files
from workflow_copy import Copy

CASES = int(os.environ.get("POSNER_FUZZ_CASES", "300"))

Records = dict[Path, dict[str, Any]]


def begin(record: dict[str, Any], path: Path) -> Recording:
    """What a command does before its work, with the command line in its record."""
    verification.outputs_in.cache_clear()
    return Recording.of(parsed(record), path, record["arguments"])


def parsed(record: dict[str, Any]) -> Command:
    """The command of a record."""
    name = record["script"]
    return parse(getattr(import_module(module_names()[name]), class_name(name)), record["arguments"])


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


# --- without records -------------------------------------------------------------------------------------------------

UNRECORDED = CASES // 10  # whole commands run, which takes seconds each
OFTEN = 4  # a fast command is as much more often chosen as others
SLOW = ("train_ner", "train_tagger", "sweep_corruption", "typeset_poster")


@pytest.fixture
def unrecorded(records: Records, finished: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished study with empty records, which is the working directory.

    They are no records, but the files of which rules name some to give the folder that they are in.
    """
    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns(".snakemake"))
    monkeypatch.chdir(folder)
    verification.outputs_in.cache_clear()
    for path in records:
        path.write_text("{}")
    return folder


@pytest.mark.slow
def test_without_records_a_damaged_input_is_never_a_traceback(
    records: Records, unrecorded: Path, finished: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    by_script: dict[str, list[Path]] = {}
    for path, record in records.items():
        if files_read(record) and record["script"] != "run_notebook":  # which shows the traceback of its cell
            by_script.setdefault(record["script"], []).append(path)
    scripts = [script for script in sorted(by_script) for _ in range(1 if script in SLOW else OFTEN)]
    chance, refused, unexpected = random.Random(3), 0, 0
    for case in range(UNRECORDED):
        path = chance.choice(by_script[chance.choice(scripts)])
        record = records[path]
        file = chance.choice(files_read(record))
        before = damage_meaning(file, chance)
        status, printed = outcome(record)
        assert "Traceback" not in printed, f"case {case}: {record['script']} with {file}:\n{printed}"
        errors = [line for line in printed.splitlines() if line.startswith("error: ")]
        assert len(errors) == (status != 0), f"case {case}: {record['script']} with {file}: {status}\n{printed}"
        refused += status == 2
        unexpected += status == 1
        file.write_bytes(before)
        restore(record, path, finished.folder)
    with capsys.disabled():
        print(f"{UNRECORDED} damages without records: {refused} refused, {unexpected} explained by the inputs alone")


def files_read(record: dict[str, Any]) -> list[Path]:
    """Files that a command reads: inputs, and those from outside the study."""
    return sorted(
        {Path(name) for name in record["inputs"]} | {p for p in parsed(record).content_files() if p.is_file()}
    )


def outcome(record: dict[str, Any]) -> tuple[int, str]:
    """Exit status of a command, and what it writes to standard error."""
    with redirect_stderr(io.StringIO()) as printed, redirect_stdout(io.StringIO()):
        try:
            main([record["script"], *record["arguments"]])
            status = 0
        except SystemExit as left:
            status = int(left.code or 0)
    return status, printed.getvalue()


def restore(record: dict[str, Any], path: Path, source: Path) -> None:
    """Put back the outputs of a command, with an empty record."""
    for name in record["outputs"]:
        output = Path(os.path.normpath(path.parent / name))
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / output, output)
    path.write_text("{}")
    verification.outputs_in.cache_clear()
