"""Bring a corpus into posner's layout."""

import logging
from pathlib import Path

from pydantic import Field

from .posner.cli import Command, run
from .posner.corpus import SPLITS, write_corpus
from .posner.source_settings import Corpus
from .posner.sources import load_corpus

log = logging.getLogger(__name__)


class PrepareCorpus(Command):
    """Read a corpus from column files, a dataset or the built-in grammar, check it, and write it in posner's layout."""

    corpus: Corpus = Field(description="The corpus.")
    output: Path = Field(description="Folder to write to.")

    def cli_cmd(self) -> None:
        splits, provenance = load_corpus(self.corpus)
        card = write_corpus(self.output, splits, provenance)
        counts = (f"{name} {card.sentences[name]:,} sentences, {card.tokens[name]:,} tokens" for name in SPLITS)
        log.info("%s: %s; %d POS tags", self.output, "; ".join(counts), len(card.pos_tags))


if __name__ == "__main__":
    run(PrepareCorpus)
