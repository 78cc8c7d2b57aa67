"""Copy the summaries of a finished study to where the repository keeps them."""

from __future__ import annotations

import shutil
from pathlib import Path

from posner.config.base import Name
from posner.errors import InputError
from posner.files import atomic_path
from posner.workflow.command import Command, Folder

# What a reader or a test needs: no predictions, no models, and no text of a corpus, which may be licensed. The points
# of sweeps are in tables/corruption.csv.
SUMMARIES = (
    "*.json",
    "*.csv",
    "*.png",
    "metrics/**/*.json",
    "pos_corruption/pooled.json",
    "tables/*.csv",
    "tables/*.provenance.json",
    "figures/*.png",
    "figures/*.svg",
)
TOO_LARGE = ("tables/corruption_changes.csv",)
CONCLUSIONS = ("verdict.json", "calibration.json")


class Publish(Command):
    """Copy summaries, tables and figures of one corpus and encoder to the published results, in place of older ones."""

    study: Name
    """Name of the study: the copy's folder."""
    results: Folder
    """Folder {corpus}/{encoder} of a finished study, or the results of a calibration."""
    published: Path = Path("results/published")
    """Folder that holds the published studies."""

    def execute(self) -> None:
        if not any((self.results / name).is_file() for name in CONCLUSIONS):
            raise InputError(f"{self.results}: not a finished study, {' and '.join(CONCLUSIONS)} are missing")
        target = self.published / self.study
        with atomic_path(target, {str(file.relative_to(target)) for file in summaries(target)}) as folder:
            for file in self.files():
                target = folder / file.relative_to(self.results)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)

    def inputs(self) -> list[Path]:
        return self.files()

    def files(self) -> list[Path]:
        """The files to copy."""
        return sorted(summaries(self.results) - {self.results / name for name in TOO_LARGE})


def summaries(folder: Path) -> set[Path]:
    """All files of a study that could be copied."""
    return {file for pattern in SUMMARIES for file in folder.glob(pattern)}
