"""Scores of every run by slice, that is, by kind of mention, from stored predictions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from posner.commands.analyses import EffectAnalysis
from posner.config.variants import seeded_runs
from posner.corpora.corpus import corpus_files, read_card, read_split
from posner.corpora.documents import ResamplingUnits
from posner.evaluation.slices import Slicer, with_mentions
from posner.evaluation.stored import count_runs, predictions_file
from posner.files import write_table
from posner.pos.features import tag_ids
from posner.pos.predicted import read_predicted
from posner.stats.stages import at_stage
from posner.summaries.slices import slice_runs_table, slice_summary_table
from posner.workflow.command import Folder


class ScoreSlices(EffectAnalysis):
    """Write test scores by novelty, type, length, sentence and tagging of mentions, and differences to the baseline."""

    corpus: Folder
    """Folder of the corpus."""
    predicted: Path
    """predicted.parquet; it shows which words the POS tagger mistagged."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/predictions.parquet."""
    tables: Path
    """Folder to write CSV to: ner_slices.csv and ner_slices_summary.csv."""

    def execute(self) -> None:
        card = read_card(self.corpus / "corpus.json")
        sentences = read_split(self.corpus / "test.parquet")
        units = ResamplingUnits.of(sentences)
        predicted = read_predicted(self.predicted, card.pos_tags)
        mistagged = tag_ids(sentences, card.pos_tags) != predicted.ids["test"]
        slicer = Slicer(read_split(self.corpus / "train.parquet"), sentences, card.ner_labels, mistagged)
        all_counts = count_runs(self.ner, self.variants, "test", partial(slicer.counts, units=units))
        counts, slices = with_mentions(all_counts, slicer.slices)
        write_table(self.tables / "ner_slices.csv", slice_runs_table(counts, slices, self.variants))
        summary = slice_summary_table(counts, slices, self.variants, at_stage(self.statistics, self.stage))
        write_table(self.tables / "ner_slices_summary.csv", summary)

    def inputs(self) -> list[Path]:
        runs = [predictions_file(self.ner, name, seed) for name, seed in seeded_runs(self.variants)]
        return [*corpus_files(self.corpus), self.predicted, *runs]

    def provenance_path(self) -> Path:
        return self.tables / "ner_slices.provenance.json"
