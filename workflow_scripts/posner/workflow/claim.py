"""Claims: of two processes that make the same results, the one that began later writes them.

Snakemake that is killed leaves its jobs running. When the config is edited and a new Snakemake starts, such a job ends
after its successor and would replace newer results by older ones.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path
from typing import Self

from posner.errors import InputError


class ClaimLostError(InputError):
    """A process that began later makes the same results."""


class Claim:
    """A file beside a provenance record that names the process which began last; removed at the end.

    A record is therefore never inside a folder that is replaced as a whole.
    """

    def __init__(self, record: Path) -> None:
        self.record, self.path, self.token = record, record.with_name(f".{record.stem}.claim"), uuid.uuid4().hex
        self.is_new_folder = not record.parent.exists()

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.{self.token}")
        part.write_text(self.token, encoding="utf-8")
        part.replace(self.path)
        return self

    def __exit__(self, *error: object) -> None:
        if self._holder() == self.token:
            self.path.unlink(missing_ok=True)
        if self.is_new_folder:
            with suppress(OSError):  # it holds results
                self.path.parent.rmdir()

    def require(self) -> None:
        """Make sure that no other process has begun to make these results.

        Raises:
            ClaimLostError: one has.
        """
        if self._holder() != self.token:
            raise ClaimLostError(f"{self.record}: another process makes these results; ending without writing them")

    def _holder(self) -> str | None:
        """Token of the process that began last; ``None`` if it has ended."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
