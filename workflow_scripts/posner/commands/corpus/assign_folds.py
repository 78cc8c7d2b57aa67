"""Assign the sentences of train to folds for cross-fitting the POS taggers."""

from __future__ import annotations

from pathlib import Path

from posner.config.base import Seed
from posner.config.training import Folds
from posner.corpora.corpus import read_split
from posner.corpora.folds import assign_folds, refuse_unequal
from posner.files import write_json
from posner.workflow.command import Command


class AssignFolds(Command):
    """Assign the sentences of train to folds; documents stay whole where they are known."""

    train: Path
    """train.parquet of the corpus."""
    folds: Folds
    """Number of folds."""
    fold_seed: Seed
    """Seed of the assignment."""
    output: Path
    """JSON file to write: the fold of each sentence."""

    def execute(self) -> None:
        documents = [sentence.document for sentence in read_split(self.train)]
        assignment = assign_folds(documents, self.folds, self.fold_seed)
        refuse_unequal(assignment, self.folds)
        write_json(self.output, assignment)

    def inputs(self) -> list[Path]:
        return [self.train]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
