"""Provenance records against what rules ask for: a result is current if its record says so and its files are there.

A record says from what, with which settings and code, and where it was made. One that was copied from another place, or
that was made from files which are others now, is not current.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from posner.workflow.verification import Record

FLAGS = ("--", "'--")  # begin the params that are flags; the first may be quoted
CODE = "code of "  # begins the param that holds the fingerprint of a command's code
CONTENT = "content of files: "  # begins the param that holds the hash of files from outside the results


class Difference(NamedTuple):
    """What a record has and what it would have now, if that differs: flags, code, content, place, hashes of inputs."""

    recorded: frozenset[str]
    current: frozenset[str]

    def __or__(self, other: Difference) -> Difference:
        return Difference(self.recorded | other.recorded, self.current | other.current)


NO_DIFFERENCE = Difference(frozenset(), frozenset())


def missing_files(path: Path, record: Record | None) -> list[str]:
    """The record at `path` if there is none, else those of its files that are missing."""
    if record is None:
        return [os.path.relpath(path)]
    files = [path.parent / name for name in record["outputs"]]
    return [os.path.relpath(file) for file in files if not file.exists()]


def output_paths(record: Record, path: Path) -> dict[str, str]:
    """Hashes of the files of the record at `path`, by path from the working directory."""
    return {os.path.normpath(path.parent / name): digest for name, digest in record["outputs"].items()}


def origin(record: Record, path: Path, hashes: Mapping[str, str]) -> Difference:
    """Difference of the place and the inputs of the record at `path` from those that they would have now.

    Args:
        hashes: hashes of current results by path; inputs without one are from outside the study and do not count.
    """
    changed = {name: digest for name, digest in record["inputs"].items() if hashes.get(name, digest) != digest}
    now = {name: hashes[name] for name in changed}
    if record["place"] != (place := os.path.relpath(path)):
        changed["place"], now["place"] = record["place"], place
    recorded, current = (frozenset(f"{name}: {value}" for name, value in part.items()) for part in (changed, now))
    return Difference(recorded, current)


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
