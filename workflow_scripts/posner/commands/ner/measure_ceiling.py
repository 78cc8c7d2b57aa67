"""How many of the baseline's errors a rule on POS alone could mend, from its stored predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from posner.arrays import Ids
from posner.config.base import Name, Seed
from posner.corpora.corpus import Sentence, corpus_files, read_card, read_split
from posner.errors import InputError
from posner.evaluation.ceiling import LEADS, Split, ceiling, mend
from posner.evaluation.stored import label_ids, predictions_file, read_predictions, sentence_lengths
from posner.files import write_json, write_table
from posner.pos.features import tag_ids
from posner.pos.predicted import read_predicted
from posner.workflow.command import Command, Folder


class MeasureCeiling(Command):
    """Write the share of the baseline's test errors that rules on POS mend, made on validation and on test itself."""

    baseline: Name
    """Name of the baseline."""
    seeds: tuple[Seed, ...] = Field(min_length=1)
    """Its training seeds."""
    corpus: Folder
    """Folder of the corpus."""
    predicted: Path
    """predicted.parquet."""
    ner: Path
    """Folder of the runs: {variant}/seed-{seed}/predictions.parquet."""
    output: Path
    """JSON file to write."""
    table: Path
    """CSV file to write."""

    def execute(self) -> None:
        card = read_card(self.corpus / "corpus.json")
        predicted = read_predicted(self.predicted, card.pos_tags).ids
        sentences = {split: read_split(self.corpus / f"{split}.parquet") for split in LEADS}
        pos = {
            split: {
                "none": np.zeros_like(predicted[split]),
                "gold": tag_ids(sentences[split], card.pos_tags),
                "predicted": predicted[split],
            }
            for split in LEADS
        }
        rows = []
        for seed, file in zip(self.seeds, self.runs(), strict=True):
            splits = {split: read_baseline(file, split, sentences[split], pos[split]) for split in LEADS}
            rows += [{"seed": seed} | row for row in mend(splits, card.ner_labels)]
        table = pd.DataFrame(rows)
        write_table(self.table, table)
        write_json(self.output, ceiling(table))

    def runs(self) -> list[Path]:
        """Predictions of the baseline, a file a seed."""
        return [predictions_file(self.ner, self.baseline, seed) for seed in self.seeds]

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), self.predicted, *self.runs()]

    def sidecar(self) -> Path:
        return self.table.with_suffix(".provenance.json")


def read_baseline(file: Path, split: str, sentences: Sequence[Sentence], pos: Mapping[str, Ids]) -> Split:
    """One split as a run of the baseline sees it."""
    predictions = read_predictions(file, split)
    lengths = sentence_lengths(predictions)
    if lengths != [len(sentence) for sentence in sentences]:
        raise InputError(f"{file}: predictions are not those of this corpus: sentences differ; delete them")
    return Split(lengths, label_ids(predictions, "gold"), label_ids(predictions, "predicted"), pos)
