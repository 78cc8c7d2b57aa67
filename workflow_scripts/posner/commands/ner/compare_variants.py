"""Every variant against the baseline: differences, intervals, tests, power and verdicts, from stored predictions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pydantic import Field

from posner.config.base import Name
from posner.config.statistics import Statistics
from posner.config.variants import Variant, seeds
from posner.corpora.corpus import corpus_files, read_split
from posner.corpora.documents import texts_of
from posner.evaluation.stored import count_runs, entity_counts, predictions_file
from posner.files import write_json, write_table
from posner.stats.comparison import compare_families
from posner.summaries.comparisons import comparison_table, comparisons
from posner.workflow.command import Command, Folder

SPLIT = "test"


class CompareVariants(Command):
    """Write how each variant's test F1 differs from the baseline's, and how sure that is."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    statistics: Statistics = Field(default_factory=Statistics)
    """How sure conclusions have to be."""
    corpus: Folder
    """Folder of the corpus."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/predictions.parquet."""
    output: Path
    """JSON file to write."""
    table: Path
    """CSV file to write."""

    def execute(self) -> None:
        sentences = read_split(self.corpus / f"{SPLIT}.parquet")
        text_of, unit = texts_of([sentence.document for sentence in sentences])
        counts = count_runs(self.ner, self.variants, SPLIT, partial(entity_counts, text_of=text_of))
        found = compare_families(counts, self.variants, self.statistics)
        write_json(self.output, comparisons(found, self.variants, self.statistics, unit, int(text_of.max()) + 1))
        write_table(self.table, comparison_table(found, self.variants))

    def inputs(self) -> list[Path]:
        runs = [predictions_file(self.ner, name, seed) for name, seed in seeds(self.variants)]
        return [*corpus_files(self.corpus), *runs]

    def sidecar(self) -> Path:
        return self.table.with_suffix(".provenance.json")
