"""Check all results against their provenance records."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from posner.workflow.command import Command
from posner.workflow.verification import RECORDS, misfits


class Verify(Command):
    """Compare every file of a study with the hashes in the provenance records, and name those that do not fit.

    Run it in the folder in which the study was run. The exit status is 1 if a file is missing, changed or damaged.
    """

    results: Path = Path("results")
    """Folder of the results."""

    def execute(self) -> None:
        records = sorted(path for path in self.results.rglob(RECORDS) if "published" not in path.parts)
        lines = [line for path in tqdm(records, unit="record", disable=None) for line in misfits(path)]
        print("\n".join([*lines, f"{len(records)} provenance records checked, {len(lines)} files do not fit"]))
        if lines:
            raise SystemExit(1)
