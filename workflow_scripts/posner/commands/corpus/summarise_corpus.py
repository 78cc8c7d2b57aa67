"""A table of the sizes of a corpus."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from posner.corpora.corpus import OUTSIDE, SPLITS, read_card
from posner.files import write_table
from posner.workflow.command import Command


class SummariseCorpus(Command):
    """Write the number of sentences, tokens, documents and entities of each split."""

    card: Path
    """corpus.json."""
    output: Path
    """CSV file to write."""

    def execute(self) -> None:
        card = read_card(self.card)
        types = sorted({label[2:] for label in card.ner_labels if label != OUTSIDE})
        rows = (
            {
                "split": split,
                "documents": card.documents[split],  # 0 if the source has no document boundaries
                "sentences": card.sentences[split],
                "tokens": card.tokens[split],
                "entities": sum(card.entities[split].values()),
                **{f"entities_{kind}": card.entities[split].get(kind, 0) for kind in types},
                "tokens_with_unseen_pos": sum(card.unseen_pos_tags.get(split, {}).values()),
                "repeated_sentences": card.repeated_sentences.get(split, 0),  # also in an earlier split
            }
            for split in SPLITS
        )
        write_table(self.output, pd.DataFrame(rows))

    def inputs(self) -> list[Path]:
        return [self.card]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
