"""Assign the sentences of train to folds."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run
from .posner.corpus import read_split
from .posner.folds import assign_folds


class AssignFolds(Command):
    """Assign the sentences of train to folds, documents whole."""

    train: Path = Field(description="train.parquet of the corpus.")
    folds: int = Field(ge=2, description="Number of folds.")
    fold_seed: int = Field(ge=0, description="Seed of the assignment.")
    output: Path = Field(description="JSON file to write: the fold of each sentence.")

    def cli_cmd(self) -> None:
        documents = [sentence.document for sentence in read_split(self.train)]
        write_json(self.output, assign_folds(documents, self.folds, self.fold_seed))


if __name__ == "__main__":
    run(AssignFolds)
