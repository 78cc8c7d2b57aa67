"""Prepare a corpus: read, check and store it."""

from __future__ import annotations

import logging
from pathlib import Path

from posner.config.corpora import Corpus
from posner.corpora.checks import check_corpus
from posner.corpora.corpus import SPLITS, CorpusCard, write_corpus
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
        check_corpus(splits, provenance)
        card = write_corpus(self.output, splits, provenance)
        counts = (f"{name} {card.sentences[name]:,} sentences, {card.tokens[name]:,} tokens" for name in SPLITS)
        log.info("%s: %s; %d POS tags", self.output, "; ".join(counts), len(card.pos_tags))
        warn_of_overlap(card)

    def content_files(self) -> list[Path]:
        return self.corpus.contents

    def provenance_path(self) -> Path:
        return self.output / "corpus.provenance.json"


def warn_of_overlap(card: CorpusCard) -> None:
    """Log sentences that validation and test share with earlier splits, and POS tags that train does not have."""
    for split in ("validation", "test"):
        if repeated := card.repeated_sentences[split]:
            share = repeated / card.sentences[split]
            log.warning("%s: %d sentences (%.1f %%) are also in an earlier split", split, repeated, 100 * share)
        if unseen := card.unseen_pos_tags[split]:
            tags = ", ".join(sorted(unseen))
            log.warning("%s: %d tokens have POS tags that train does not have: %s", split, sum(unseen.values()), tags)
