"""One file with the hashes of all files of all runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from posner.commands.analyses import RunAnalysis
from posner.config.variants import seeded_runs
from posner.files import sha256, write_table


class ListRuns(RunAnalysis):
    """Write the SHA-256 of every file of every run, so that rules that read all runs depend on one file."""

    files: tuple[str, ...]
    """Files of a run; {variant} and {seed} in their paths are replaced."""
    output: Path
    """CSV file to write, in the folder that the files are relative to: variant, seed, file, sha256."""

    def execute(self) -> None:
        rows = [(name, seed, file, sha256(self.output.parent / file)) for name, seed, file in self.runs()]
        write_table(self.output, pd.DataFrame(rows, columns=["variant", "seed", "file", "sha256"]))

    def runs(self) -> Iterator[tuple[str, int, str]]:
        """Variant, seed and path of every file of every run."""
        for name, seed in seeded_runs(self.variants):
            for file in self.files:
                yield name, seed, file.format(variant=name, seed=seed)

    def inputs(self) -> list[Path]:
        return [self.output.parent / file for _, _, file in self.runs()]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
