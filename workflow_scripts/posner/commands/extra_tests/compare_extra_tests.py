"""Every variant against the baseline on extra tests, from stored predictions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd
from pydantic import Field

from posner.config.base import Name
from posner.config.statistics import Statistics
from posner.config.variants import Variant, baseline_of, seeds
from posner.corpora.corpus import read_split
from posner.corpora.documents import texts_of
from posner.corpora.extra_tests import FOLDER, extra_test_files
from posner.evaluation.stored import count_runs, entity_counts, predictions_file
from posner.files import write_json, write_table
from posner.stats.comparison import compare
from posner.summaries.comparisons import comparison_table, comparisons
from posner.summaries.slices import whole_table
from posner.workflow.command import Command, Folder


class CompareExtraTests(Command):
    """Write how each variant's F1 on each extra test differs from the baseline's, and how sure that is."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    statistics: Statistics = Field(default_factory=Statistics)
    """How sure conclusions have to be."""
    tests: tuple[Name, ...] = Field(min_length=1)
    """Names of the extra tests."""
    corpus: Folder
    """Folder of the corpus."""
    predictions: Path
    """Folder of {test}/{variant}/seed-{seed}/predictions.parquet."""
    output: Path
    """JSON file to write."""
    tables: Path
    """Folder to write CSV to: extra_tests.csv and extra_tests_comparisons.csv."""

    def execute(self) -> None:
        told, runs, differences = {}, {}, {}
        for test in self.tests:
            sentences = read_split(self.corpus / FOLDER / f"{test}.parquet")
            text_of, unit = texts_of([sentence.document for sentence in sentences])
            counts = count_runs(self.predictions / test, self.variants, test, partial(entity_counts, text_of=text_of))
            found = compare(counts, baseline_of(self.variants), self.statistics)
            told[test] = comparisons(found, self.variants, self.statistics, unit, int(text_of.max()) + 1)
            differences[test] = comparison_table(found, self.variants)
            runs[test] = whole_table(counts, self.variants)
        write_json(self.output, told)
        write_table(self.tables / "extra_tests.csv", by_test(runs))
        write_table(self.tables / "extra_tests_comparisons.csv", by_test(differences))

    def inputs(self) -> list[Path]:
        sentences = [file for test in self.tests for file in extra_test_files(self.corpus, test)]
        runs = [(test, *run) for test in self.tests for run in seeds(self.variants)]
        return [*sentences, *(predictions_file(self.predictions / test, name, seed) for test, name, seed in runs)]

    def sidecar(self) -> Path:
        return self.tables / "extra_tests.provenance.json"


def by_test(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The tables of all tests one below the other, each row with its test."""
    return pd.concat(tables, names=["test"]).reset_index("test")
