"""One file that tells what all runs have made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from posner.config.base import Name
from posner.config.variants import Variant, seeds
from posner.errors import InputError
from posner.files import sha256, write_table
from posner.workflow.command import Command


class ListRuns(Command):
    """Write the SHA-256 of every file of every run: whatever reads the runs depends on this one file."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    files: tuple[str, ...]
    """Files of a run, with {variant} and {seed} in their names."""
    output: Path
    """CSV file to write in the folder of the files: variant, seed, file, sha256."""

    def execute(self) -> None:
        rows = [(name, seed, file, self.hash_of(file)) for name, seed, file in self.runs()]
        write_table(self.output, pd.DataFrame(rows, columns=["variant", "seed", "file", "sha256"]))

    def runs(self) -> Iterator[tuple[str, int, str]]:
        """Every file, with the variant and the seed of its run."""
        for name, seed in seeds(self.variants):
            for file in self.files:
                yield name, seed, file.format(variant=name, seed=seed)

    def hash_of(self, file: str) -> str:
        """SHA-256 of a file.

        Raises:
            InputError: it is not there.
        """
        try:
            return sha256(self.output.parent / file)
        except OSError as error:
            raise InputError(
                f"{self.output.parent / file}: missing in its run ({error}); delete the rest of the run and run again"
            ) from error
