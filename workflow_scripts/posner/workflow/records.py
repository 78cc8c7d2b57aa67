"""Provenance records against what rules ask for: a result is current if its record says so and its files are there."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from posner.workflow.verification import Record

FLAGS = ("--", "'--")  # begin the params that are flags; the first may be quoted
CODE = "code of "  # begins the param that holds the fingerprint of a command's code
CONTENT = "content of files: "  # begins the param that holds the hash of files from outside the results


class Difference(NamedTuple):
    """Flags, code and content of a result that differ from those of its rule."""

    recorded: frozenset[str]
    current: frozenset[str]


NO_DIFFERENCE = Difference(frozenset(), frozenset())


def missing_files(path: Path, record: Record | None) -> list[str]:
    """The record at `path` if there is none, else those of its files that are missing."""
    if record is None:
        return [os.path.relpath(path)]
    files = [path.parent / name for name in record["outputs"]]
    return [os.path.relpath(file) for file in files if not file.exists()]


def difference(record: Record | None, params: Iterable[object]) -> Difference:
    """Difference of a provenance record from the params of a rule; none if there is no record.

    Params are flags as of :func:`posner.workflow.options.flags`, joined for a shell, and hashes of code and content;
    others say where files are and do not count.
    """
    if record is None:
        return NO_DIFFERENCE
    texts = [param for param in params if isinstance(param, str)]
    flags = {flag for text in texts if text.startswith(FLAGS) for flag in shlex.split(text)}
    current = flags - set(record["arguments"])
    names = {name_of(flag) for flag in current}
    recorded = {flag for flag in record["arguments"] if name_of(flag) in names}
    for text in texts:
        for start, key in ((CODE, "code"), (CONTENT, "content")):
            name = f"{text.partition(':')[0]}: "
            if text.startswith(start) and text != f"{name}{record[key]}":
                current.add(text)
                recorded.add(f"{name}{record[key]}")
    return Difference(frozenset(recorded), frozenset(current))


def name_of(flag: str) -> str:
    """``--seed`` of ``--seed=1``."""
    return flag.partition("=")[0]
