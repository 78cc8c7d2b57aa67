"""Prepare a corpus: read, check and store it."""

from __future__ import annotations

import logging
from pathlib import Path

from posner.config.corpora import Corpus
from posner.corpora.corpus import SPLITS, write_corpus
from posner.corpora.sources import load_corpus
from posner.workflow.command import Command

log = logging.getLogger(__name__)


class PrepareCorpus(Command):
    """Read a corpus from column files, a dataset or the built-in grammar, check it, and store its splits."""

    corpus: Corpus
    """Settings of the corpus."""
    output: Path
    """Folder to write to."""

    def execute(self) -> None:
        splits, provenance = load_corpus(self.corpus)
        card = write_corpus(self.output, splits, provenance)
        counts = (f"{name} {card.sentences[name]:,} sentences, {card.tokens[name]:,} tokens" for name in SPLITS)
        log.info("%s: %s; %d POS tags", self.output, "; ".join(counts), len(card.pos_tags))
