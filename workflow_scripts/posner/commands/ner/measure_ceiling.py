"""Upper bound: the share of the baseline's errors that rules on POS could correct, from stored predictions."""

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
from posner.evaluation.ceiling import MIN_LEADS, LabelledSplit, rule_effects
from posner.evaluation.stored import label_ids, predictions_file, read_predictions, sentence_lengths
from posner.files import write_json, write_table
from posner.pos.features import tag_ids
from posner.pos.predicted import read_predicted
from posner.summaries.ceiling import ceiling_summary
from posner.workflow.command import Command, Folder


class MeasureCeiling(Command):
    """Write the share of the baseline's test errors that rules on POS correct, learned on validation or on test."""

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
        sentences = {split: read_split(self.corpus / f"{split}.parquet") for split in MIN_LEADS}
        pos = {
            split: {
                "none": np.zeros_like(predicted[split]),
                "gold": tag_ids(sentences[split], card.pos_tags),
                "predicted": predicted[split],
            }
            for split in MIN_LEADS
        }
        rows = []
        for seed, file in zip(self.seeds, self.runs(), strict=True):
            splits = {split: read_baseline(file, split, sentences[split], pos[split]) for split in MIN_LEADS}
            rows += [{"seed": seed} | row for row in rule_effects(splits, card.ner_labels)]
        table = pd.DataFrame(rows)
        write_table(self.table, table)
        write_json(self.output, ceiling_summary(table))

    def runs(self) -> list[Path]:
        """Predictions of the baseline, one file for each seed."""
        return [predictions_file(self.ner, self.baseline, seed) for seed in self.seeds]

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), self.predicted, *self.runs()]

    def provenance_path(self) -> Path:
        return self.table.with_suffix(".provenance.json")


def read_baseline(file: Path, split: str, sentences: Sequence[Sentence], pos: Mapping[str, Ids]) -> LabelledSplit:
    """One split with the predictions of one run of the baseline.

    Raises:
        InputError: the predictions are not those of this corpus.
    """
    predictions = read_predictions(file, split)
    lengths = sentence_lengths(predictions)
    if lengths != [len(sentence) for sentence in sentences]:
        raise InputError(f"{file}: predictions are not those of this corpus: sentences differ; delete them")
    return LabelledSplit(lengths, label_ids(predictions, "gold"), label_ids(predictions, "predicted"), pos)
