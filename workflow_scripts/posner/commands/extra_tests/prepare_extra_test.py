"""Prepare an extra test of a corpus: read, check and store it."""

from __future__ import annotations

import logging
from pathlib import Path

from posner.config.base import Name
from posner.config.corpora import Corpus
from posner.corpora.corpus import SPLITS, corpus_files, read_card, read_split
from posner.corpora.extra_tests import FOLDER, check_extra_test, write_extra_test
from posner.corpora.sources import load_corpus
from posner.workflow.command import Command

log = logging.getLogger(__name__)


class PrepareExtraTest(Command):
    """Read an additional test set of a prepared corpus, check that it has the same entity types, and store it."""

    corpus: Corpus
    """Settings of the corpus, with the extra test as its test split."""
    name: Name
    """Name of the extra test."""
    folder: Path
    """Folder of the prepared corpus; the test is stored in its folder `extra`."""

    def execute(self) -> None:
        splits, provenance = load_corpus(self.corpus, ["test"])
        corpus = {split: read_split(self.folder / f"{split}.parquet") for split in SPLITS}
        check_extra_test(self.name, splits["test"], corpus)
        described = read_card(self.folder / "corpus.json")
        card = write_extra_test(self.folder, self.name, splits["test"], provenance, described, corpus["train"])
        log.info(
            "%s: %d sentences, %d of them also in train; %d tokens, %d of them with a POS tag that train does not have",
            self.name, card.sentences, card.sentences_in_train, card.tokens, sum(card.unseen_pos_tags.values()),
        )  # fmt: skip

    def inputs(self) -> list[Path]:
        return corpus_files(self.folder)

    def content_files(self) -> list[Path]:
        return self.corpus.contents

    def provenance_path(self) -> Path:
        return self.folder / FOLDER / f"{self.name}.provenance.json"
