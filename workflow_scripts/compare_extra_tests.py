"""Every variant against the baseline on extra tests, from stored predictions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd
from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, Folder, run
from .posner.comparison import compare
from .posner.comparison_summary import comparison_table, comparisons
from .posner.config import Statistics, Variant
from .posner.corpus import read_split
from .posner.entity_counts import count_runs, entity_counts
from .posner.extra_tests import FOLDER, extra_test_files
from .posner.results import baseline_of, predictions_file, seeds, write_table
from .posner.settings import Name
from .posner.slices import whole_table
from .posner.texts import texts_of


class CompareExtraTests(Command):
    """Write how each variant's F1 on each extra test differs from the baseline's, and how sure that is."""

    variants: dict[Name, Variant] = Field(description="Variants by name, each with its seeds.")
    statistics: Statistics = Field(default_factory=Statistics, description="How sure conclusions have to be.")
    tests: tuple[Name, ...] = Field(min_length=1, description="Names of the extra tests.")
    corpus: Folder = Field(description="Folder of the corpus.")
    predictions: Path = Field(description="Folder of {test}/{variant}/seed-{seed}/predictions.parquet.")
    output: Path = Field(description="JSON file to write.")
    tables: Path = Field(description="Folder to write CSV to: extra_tests.csv and extra_tests_comparisons.csv.")

    def cli_cmd(self) -> None:
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


if __name__ == "__main__":
    run(CompareExtraTests)
