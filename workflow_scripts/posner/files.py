"""Read and write files. Writing is atomic: a file is written beside its target and renamed when complete."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from posner.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Json = Mapping[str, Any]  # an object of a JSON file


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A path beside `target` for a file or folder; renamed to `target` if the block succeeds, else removed.

    Raises:
        OSError: `target` cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield temporary
        if temporary.is_dir() and target.is_dir():  # a folder cannot be renamed over one that is not empty
            shutil.rmtree(target)
        temporary.replace(target)
    except SafetensorError as error:
        raise OSError(f"{target} cannot be written: {error}") from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def write_json(target: Path, value: Any) -> None:
    """Write `value` as indented JSON.

    Raises:
        ValueError: it contains NaN or infinity, which are not JSON; missing numbers are ``null``.
    """
    with atomic_path(target) as path:
        path.write_text(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(paths: Sequence[Path]) -> str:
    """One hash, 16 hexadecimal digits, of the contents of all files and folders in `paths`; files may be missing."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            total.update(f"{file.relative_to(path)} {sha256(file) if file.is_file() else None}\n".encode())
    return total.hexdigest()[:16]


def read_frame(path: Path, columns: Sequence[str], what: str) -> pd.DataFrame:
    """A parquet file with at least `columns`; `what` describes it in messages.

    Raises:
        InputError: the file cannot be read or lacks a column.
    """
    import pandas as pd  # here, because it is slow to import and most users of this module do not read tables
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: not {what} ({error}); delete it and run again") from error
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"{path}: not {what} (it has no column {missing[0]!r}); delete it and run again")
    return frame


def read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """A JSON object with at least `keys`.

    Raises:
        InputError: the file cannot be read or lacks a key.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no readable results ({error}); delete it and run again") from error
    if not isinstance(value, dict) or (missing := [key for key in keys if key not in value]):
        lacking = repr(missing[0]) if isinstance(value, dict) else "an object"
        raise InputError(f"{path}: not the expected results (without {lacking}); delete it and run again")
    return value


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV."""
    with atomic_path(path) as part:
        frame.to_csv(part, index=False, lineterminator="\n")


def read_table(path: Path, numbers: Sequence[str]) -> pd.DataFrame:
    """A table of :func:`write_table`. The columns `numbers` are numeric, all others are text.

    Types are not inferred, since ``NA`` and ``null`` may be names of POS tags or variants.

    Raises:
        InputError: the file cannot be read, or lacks a column.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        return frame.assign(**{name: pd.to_numeric(frame[name]) for name in numbers})
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not the expected table ({error}); delete it and run again") from error
