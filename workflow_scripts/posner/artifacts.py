"""Outputs appear whole or not at all: everything is written beside its name and renamed when complete."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A path beside `target` to write a file or folder to; renamed to `target` if the block succeeds, else removed.

    Raises:
        OSError: it cannot be written.
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
    """Write `value` as indented JSON. NaN is refused: it is no JSON, and a missing number is ``null``."""
    with atomic_path(target) as path:
        path.write_text(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(paths: Sequence[Path]) -> str:
    """One hash of what the files at `paths`, and those in the folders there, hold; a missing file counts as such."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            total.update(f"{file.relative_to(path)} {sha256(file) if file.is_file() else None}\n".encode())
    return total.hexdigest()[:16]
