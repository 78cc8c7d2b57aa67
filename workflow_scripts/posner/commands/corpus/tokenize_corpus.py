"""Split the words of a corpus into word pieces, once for all jobs that read it with the same encoder."""

from __future__ import annotations

from pathlib import Path

from posner.config.base import Name
from posner.config.training import MaxLength
from posner.corpora.corpus import SPLITS
from posner.corpora.extra_tests import FOLDER
from posner.model.folders import load_tokenizer, require_length, tokenizer_files
from posner.model.stored_pieces import write_pieces
from posner.workflow.command import Command, Folder


class TokenizeCorpus(Command):
    """Write the word pieces of all sentences of a corpus, or of one of its extra tests, for an encoder.

    Trainings, sweeps and predictions of extra tests require them (--pieces).
    """

    corpus: Folder
    """Folder of the corpus."""
    encoder: Folder
    """Folder of the prepared encoder."""
    max_length: MaxLength = 256
    """Longest input in word pieces, special tokens included; longer sentences are truncated."""
    test: Name | None = None
    """Extra test to split in place of train, validation and test."""
    output: Path
    """JSON file to write, the card of the pieces; the pieces are written beside it."""

    def execute(self) -> None:
        require_length(self.encoder, self.max_length)
        write_pieces(self.output, self.sentences(), load_tokenizer(self.encoder), self.max_length)

    def inputs(self) -> list[Path]:
        return [*self.sentences(), *tokenizer_files(self.encoder)]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")

    def sentences(self) -> list[Path]:
        """The files of sentences."""
        if self.test:
            return [self.corpus / FOLDER / f"{self.test}.parquet"]
        return [self.corpus / f"{split}.parquet" for split in SPLITS]
