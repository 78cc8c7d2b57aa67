"""A command's work with its provenance record: what was read before, what was written after, and by whom."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posner.files import observed_writes, write_json
from posner.workflow.provenance import environment, loaded_packages, record, work_hash
from posner.workflow.verification import output_hashes, read_record

if TYPE_CHECKING:
    from posner.workflow.command import Command


@dataclass(frozen=True)
class Recording:
    """The record of one run of a command, of which `begun` is known before it is executed."""

    path: Path
    arguments: Sequence[str]
    begun: dict[str, Any]
    started: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(cls, command: Command, path: Path, arguments: Sequence[str]) -> Recording:
        """Begin to record `command`.

        Raises:
            InputError: an input is missing, or is not what its own record says.
        """
        return cls(path, arguments, record(command))

    @property
    def key(self) -> str:
        """Hash of the work; see :func:`posner.workflow.provenance.work_hash`."""
        return work_hash(self.begun)

    @contextmanager
    def writing(self, may_write: Callable[[], None]) -> Iterator[None]:
        """A context in which the results are written, and after which the record is.

        The record of earlier results is removed before the first of them is replaced: results without a record are made
        again. `may_write` raises if another process makes the results.
        """

        def before_write() -> None:
            may_write()
            self.path.unlink(missing_ok=True)

        with observed_writes(before_write) as written:
            yield
            write_json(self.path, self.begun | self.ended(written))

    def ended(self, written: Sequence[Path]) -> dict[str, Any]:
        """What is known when the results are written."""
        return {
            "packages": loaded_packages(),
            "environment": environment(),
            "arguments": list(self.arguments),
            "place": os.path.relpath(self.path),
            "seconds": round(time.perf_counter() - self.started, 1),
            "finished": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "outputs": output_hashes(written, self.path.parent),
        }

    def is_finished(self) -> bool:
        """Whether the results are there and are those of this work."""
        before = read_record(self.path)
        if before is None or not self.begun.keys() <= before.keys():
            return False
        same = {name: before[name] for name in self.begun} | {"packages": self.begun["packages"]}  # loaded late
        files = [self.path.parent / name for name in before["outputs"]]
        return work_hash(same) == self.key and (
            all(file.is_file() for file in files) and output_hashes(files, self.path.parent) == before["outputs"]
        )
