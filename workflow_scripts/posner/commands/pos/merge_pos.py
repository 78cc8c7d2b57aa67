"""Merge the predictions of all POS taggers into one file."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from posner.config.training import Folds
from posner.corpora.corpus import SPLITS, corpus_files, read_split
from posner.files import atomic_path
from posner.pos.merging import merge
from posner.pos.tagger_output import OUTPUT_FILES, tagger_names
from posner.workflow.command import Command, Folder


class MergePos(Command):
    """Merge predicted POS, and check that each token is predicted once, by a tagger that was not trained on it."""

    corpus: Folder
    """Folder of the corpus."""
    taggers: Path
    """Folder that holds fold-0, fold-1, ... and final."""
    folds: Folds
    """Number of folds."""
    output: Path
    """Parquet file to write."""

    def execute(self) -> None:
        lengths = {split: [len(s) for s in read_split(self.corpus / f"{split}.parquet")] for split in SPLITS}
        merged = merge([self.taggers / name for name in tagger_names(self.folds)], lengths)
        with atomic_path(self.output) as path:
            pq.write_table(merged, path)

    def inputs(self) -> list[Path]:
        taggers = [self.taggers / name for name in tagger_names(self.folds)]
        return [*corpus_files(self.corpus), *(t / name for t in taggers for name in OUTPUT_FILES)]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
