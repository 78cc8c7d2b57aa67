"""Files against the provenance records that hold their hashes: what was changed or damaged is not read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from posner.errors import InputError
from posner.files import sha256

RECORDS = "*provenance.json"
LEVELS = 3  # a record is in the folder of a file or in one of those above: model/, run, variant
RECORDS_OF_SUMMARIES = "tables"  # summaries that are written to several folders have their record here
Record = dict[str, Any]
TEXTS = ("code", "content", "place")  # of every record, as are its arguments, and its files with their hashes


def read_record(path: Path) -> Record | None:
    """The record at `path`; ``None`` if there is none that is complete."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and is_complete(record) else None


def is_complete(record: Record) -> bool:
    """Whether a record has all that is read from it, in the right types."""
    arguments, files = record.get("arguments"), [record.get(kind) for kind in ("inputs", "outputs")]
    return (
        isinstance(arguments, list)
        and all(isinstance(text, str) for text in [*arguments, *map(record.get, TEXTS)])
        and all(isinstance(hashes, dict) and all(isinstance(h, str) for h in hashes.values()) for hashes in files)
    )


def output_hashes(written: Iterable[Path], folder: Path) -> dict[str, str]:
    """SHA-256 of all files in `written`, which are files and folders, by their path from `folder`."""
    files = {file for path in written for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()}
    return {os.path.relpath(file, folder): sha256(file) for file in sorted(files)}


def verified_hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 of each file.

    Raises:
        InputError: a file is missing, or is not the one that its record describes.
    """
    hashes = {}
    for path in paths:
        try:
            hashes[path] = sha256(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error}); make it again, then run again") from error
        recorded = recorded_hashes(path)
        if recorded and hashes[path] not in recorded.values():
            raise InputError(
                f"{path} was changed or damaged: its hash is not the one in {next(iter(recorded))}; delete both, and"
                " run again"
            )
    return hashes


def recorded_hashes(path: Path) -> dict[Path, str]:
    """Hash of a file by the record that holds it; empty if no record does."""
    place = path.absolute()
    hashes = {}
    for folder in place.parents[:LEVELS]:
        for records in (folder, folder / RECORDS_OF_SUMMARIES):
            for record, outputs in outputs_in(records).items():
                if (recorded := outputs.get(os.path.relpath(place, records))) is not None:
                    hashes[record] = recorded
    return hashes


@cache
def outputs_in(folder: Path) -> Mapping[Path, Mapping[str, str]]:
    """Outputs by record, of all records in a folder."""
    return dict(_outputs(folder))


def _outputs(folder: Path) -> Iterator[tuple[Path, Mapping[str, str]]]:
    for path in sorted(folder.glob(RECORDS)):
        if (record := read_record(path)) is not None:
            yield path, record["outputs"]


def misfits(path: Path) -> Iterator[str]:
    """What does not fit the record at `path`, a line for each: its place, and files that are gone or are others."""
    record = read_record(path)
    if record is None:
        yield f"{path}: not a complete provenance record"
        return
    if record["place"] != os.path.relpath(path):
        yield f"{path}: the record of other results, which were made as {record['place']}"
    for kind, folder in (("outputs", path.parent), ("inputs", Path())):
        for name, recorded in record[kind].items():
            file = Path(os.path.normpath(folder / name))
            if not file.is_file():
                yield f"{file}: missing, but one of the {kind} in {path}"
            elif sha256(file) != recorded:
                yield f"{file}: not the file that is one of the {kind} in {path}"
