"""Check all results against their provenance records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from posner.errors import InputError
from posner.workflow.command import Command
from posner.workflow.verification import RECORDS, misfits

PUBLISHED = "published"  # folder of committed summaries, which have no files beside them that their records name


class Verify(Command):
    """Compare every file of a study with the hashes in the provenance records, and name those that do not fit.

    Run it in the folder in which the study was run. The exit status is 1 if a file is missing, changed or damaged.
    """

    results: Path = Path("results")
    """Folder of the results."""

    def execute(self) -> None:
        records = sorted(self.records())
        if not records:
            raise InputError(f"{self.results}: no provenance records; run this in the folder of a finished study")
        lines = [line for path in tqdm(records, unit="record", disable=None) for line in misfits(path)]
        print("\n".join([*lines, f"{len(records)} provenance records checked, {len(lines)} files do not fit"]))
        if lines:
            raise SystemExit(1)

    def records(self) -> Iterator[Path]:
        """All provenance records, also those in folders that are links, e.g. to a larger disk."""
        seen = set()
        for folder, names, _ in os.walk(self.results, followlinks=True):
            if (place := os.path.realpath(folder)) in seen:  # a link to a folder above
                names.clear()
                continue
            seen.add(place)
            if Path(folder) == self.results and PUBLISHED in names:
                names.remove(PUBLISHED)
            yield from Path(folder).glob(RECORDS)
