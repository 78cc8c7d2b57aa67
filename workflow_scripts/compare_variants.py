"""Every variant against the baseline: differences, intervals, tests, power and verdicts, from stored predictions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, Folder, run
from .posner.comparison import compare_families
from .posner.comparison_summary import comparison_table, comparisons
from .posner.config import Statistics, Variant
from .posner.corpus import corpus_files, read_split
from .posner.entity_counts import count_runs, entity_counts
from .posner.results import predictions_file, seeds, write_table
from .posner.settings import Name
from .posner.texts import texts_of

SPLIT = "test"


class CompareVariants(Command):
    """Write how each variant's test F1 differs from the baseline's, and how sure that is."""

    variants: dict[Name, Variant] = Field(description="Variants by name, each with its seeds.")
    statistics: Statistics = Field(default_factory=Statistics, description="How sure conclusions have to be.")
    corpus: Folder = Field(description="Folder of the corpus.")
    ner: Folder = Field(description="Folder of the runs: {variant}/seed-{seed}/predictions.parquet.")
    output: Path = Field(description="JSON file to write.")
    table: Path = Field(description="CSV file to write.")

    def cli_cmd(self) -> None:
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


if __name__ == "__main__":
    run(CompareVariants)
