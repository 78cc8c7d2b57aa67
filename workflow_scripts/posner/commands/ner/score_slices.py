"""Every run's scores by kind of mention, and how they differ from the baseline's, from stored predictions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pydantic import Field

from posner.config.base import Name
from posner.config.statistics import Statistics
from posner.config.variants import Variant, seeds
from posner.corpora.corpus import corpus_files, read_card, read_split
from posner.corpora.documents import texts_of
from posner.evaluation.slices import Slicer, with_mentions
from posner.evaluation.stored import count_runs, predictions_file
from posner.files import write_table
from posner.pos.features import tag_ids
from posner.pos.predicted import read_predicted
from posner.summaries.slices import runs_table, summary_table
from posner.workflow.command import Command, Folder

SPLIT = "test"


class ScoreSlices(Command):
    """Write precision, recall and F1 on test by novelty, type, length and place of mentions, beside the baseline's."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    statistics: Statistics = Field(default_factory=Statistics)
    """How sure intervals have to be."""
    corpus: Folder
    """Folder of the corpus."""
    predicted: Path
    """predicted.parquet: which words the POS tagger got wrong."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/predictions.parquet."""
    tables: Path
    """Folder to write CSV to: ner_slices.csv and ner_slices_summary.csv."""

    def execute(self) -> None:
        card = read_card(self.corpus / "corpus.json")
        sentences = read_split(self.corpus / f"{SPLIT}.parquet")
        text_of, _ = texts_of([sentence.document for sentence in sentences])
        predicted = read_predicted(self.predicted, card.pos_tags)
        mistagged = tag_ids(sentences, card.pos_tags) != predicted.ids[SPLIT]
        slicer = Slicer(read_split(self.corpus / "train.parquet"), sentences, card.ner_labels, mistagged)
        counted = count_runs(self.ner, self.variants, SPLIT, partial(slicer.counts, text_of=text_of))
        counts, slices = with_mentions(counted, slicer.slices)
        write_table(self.tables / "ner_slices.csv", runs_table(counts, slices, self.variants))
        summary = summary_table(counts, slices, self.variants, self.statistics)
        write_table(self.tables / "ner_slices_summary.csv", summary)

    def inputs(self) -> list[Path]:
        runs = [predictions_file(self.ner, name, seed) for name, seed in seeds(self.variants)]
        return [*corpus_files(self.corpus), self.predicted, *runs]

    def sidecar(self) -> Path:
        return self.tables / "ner_slices.provenance.json"
