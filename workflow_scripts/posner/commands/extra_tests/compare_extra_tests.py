"""Comparison of every variant with the baseline on extra test sets, from stored predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path

import pandas as pd
from pydantic import Field

from posner.commands.analyses import EffectAnalysis
from posner.config.base import Name
from posner.config.variants import seeded_runs
from posner.corpora.corpus import read_split
from posner.corpora.documents import ResamplingUnits
from posner.corpora.extra_tests import FOLDER, extra_test_files
from posner.evaluation.stored import count_runs, counts_by_unit, predictions_file
from posner.files import Json, read_json, write_json, write_table
from posner.stats.comparison import Comparison, compare_sources
from posner.stats.pooling import pool_sources
from posner.stats.stages import at_stage
from posner.summaries.comparisons import comparison_summary, comparison_table
from posner.summaries.oracles import baseline_reasons, f1_over_seeds, gated, trusted
from posner.summaries.slices import whole_test_table
from posner.workflow.command import Folder


class CompareExtraTests(EffectAnalysis):
    """Write each variant's difference in F1 from the baseline on each extra test, with interval, tests and verdict.

    Verdicts on an input path that was not learned are inconclusive, as on the test set of the corpus.
    """

    tests: tuple[Name, ...] = Field(min_length=1)
    """Names of the extra tests."""
    corpus: Folder
    """Folder of the corpus."""
    main: Path
    """ner_comparisons.json of the same models, on the test set of the corpus."""
    predictions: Path
    """Folder of {test}/{variant}/seed-{seed}/predictions.parquet."""
    output: Path
    """JSON file to write."""
    tables: Path
    """Folder to write CSV to: extra_tests.csv and extra_tests_comparisons.csv."""

    def execute(self) -> None:
        statistics = at_stage(self.statistics, self.stage)
        summaries, runs, differences = {}, {}, {}
        compared_before = read_json(self.main, ["variants"])["variants"]
        differences["test"] = comparison_table(stored_comparisons(compared_before, self.variants), self.variants)
        because = {name: entry["reason"] for name, entry in compared_before.items() if entry["reason"]}
        for test in self.tests:
            units = ResamplingUnits.of(read_split(self.corpus / FOLDER / f"{test}.parquet"))
            counts = count_runs(self.predictions / test, self.variants, test, partial(counts_by_unit, units=units))
            here = because | baseline_reasons(self.variants, f1_over_seeds(counts), statistics)
            comparisons = gated(compare_sources(counts, self.variants, statistics), here)
            pooled = pool_sources(counts, trusted(self.variants, here), statistics)
            summaries[test] = comparison_summary(comparisons, pooled, self.variants, statistics, units)
            differences[test] = comparison_table(comparisons, self.variants)
            runs[test] = whole_test_table(counts, self.variants)
        write_json(self.output, summaries)
        write_table(self.tables / "extra_tests.csv", by_test(runs))
        write_table(self.tables / "extra_tests_comparisons.csv", by_test(differences))

    def inputs(self) -> list[Path]:
        sentences = [file for test in self.tests for file in extra_test_files(self.corpus, test)]
        runs = [(test, *run) for test in self.tests for run in seeded_runs(self.variants)]
        return [
            self.main,
            *sentences,
            *(predictions_file(self.predictions / test, name, seed) for test, name, seed in runs),
        ]

    def provenance_path(self) -> Path:
        return self.tables / "extra_tests.provenance.json"


def stored_comparisons(entries: Json, variants: Iterable[str]) -> dict[str, Comparison]:
    """The comparisons in ``ner_comparisons.json`` of some variants."""
    names = [field.name for field in fields(Comparison)]
    return {name: Comparison(**{key: entries[name][key] for key in names}) for name in variants if name in entries}


def by_test(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The concatenated tables, with the column `test` in front."""
    return pd.concat(tables, names=["test"]).reset_index("test")
