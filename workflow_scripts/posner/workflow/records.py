"""Comparison of provenance records with the params of rules, for results that Snakemake has no metadata for.

Snakemake stores the params of a job in ``.snakemake`` when the job ends, but not if Snakemake was killed before, and
the folder can be deleted. It considers results without such metadata current.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

FLAGS = ("--", "'--")  # begin the params that are flags; the first may be quoted
CODE = "code of "  # begins the param that holds the fingerprint of a command's code


class Difference(NamedTuple):
    """Flags and code of a result that differ from those of its rule."""

    recorded: frozenset[str]
    current: frozenset[str]


NO_DIFFERENCE = Difference(frozenset(), frozenset())


def difference(path: Path, params: Iterable[object]) -> Difference:
    """Differences of the provenance record at `path` from the params of a rule; none if there is no record.

    Params are flags as of :func:`posner.workflow.options.flags`, joined for a shell, and the fingerprint of the code.
    Others say where files are and do not count.
    """
    record = read_record(path)
    if record is None:
        return NO_DIFFERENCE
    texts = [param for param in params if isinstance(param, str)]
    flags = {flag for text in texts if text.startswith(FLAGS) for flag in shlex.split(text)}
    current = flags - set(record["arguments"])
    names = {name_of(flag) for flag in current}
    recorded = {flag for flag in record["arguments"] if name_of(flag) in names}
    for text in texts:
        if text.startswith(CODE) and not text.endswith(f": {record['code']}"):
            current.add(text)
            recorded.add(f"{text.partition(':')[0]}: {record['code']}")
    return Difference(frozenset(recorded), frozenset(current))


def name_of(flag: str) -> str:
    """``--seed`` of ``--seed=1``."""
    return flag.partition("=")[0]


def read_record(path: Path) -> dict[str, Any] | None:
    """The record at `path`; ``None`` if there is none that holds the command line."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and {"arguments", "code"} <= record.keys() else None
