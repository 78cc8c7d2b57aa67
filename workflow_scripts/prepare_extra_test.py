"""Bring an extra test of a corpus into posner's layout."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import Field

from .posner.cli import Command, run
from .posner.corpus import read_card, read_split
from .posner.extra_tests import write_extra_test
from .posner.settings import Name
from .posner.source_settings import Corpus
from .posner.sources import load_corpus

log = logging.getLogger(__name__)


class PrepareExtraTest(Command):
    """Read one more test set of a prepared corpus, check that it has the corpus's tags, and write it beside it."""

    corpus: Corpus = Field(description="The corpus, with the extra test in the place of its test split.")
    name: Name = Field(description="Name of the extra test.")
    folder: Path = Field(description="Folder of the prepared corpus; the test is written to its folder `extra`.")

    def cli_cmd(self) -> None:
        splits, provenance = load_corpus(self.corpus, ["test"])
        corpus, train = read_card(self.folder / "corpus.json"), read_split(self.folder / "train.parquet")
        card = write_extra_test(self.folder, self.name, splits["test"], provenance, corpus, train)
        log.info(
            "%s: %d sentences, of which train has %d; %d tokens, of which %d have a POS tag that train never had",
            self.name, card.sentences, card.sentences_in_train, card.tokens, sum(card.unseen_pos_tags.values()),
        )  # fmt: skip


if __name__ == "__main__":
    run(PrepareExtraTest)
