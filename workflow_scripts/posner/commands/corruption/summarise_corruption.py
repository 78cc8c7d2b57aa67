"""All sweeps of a corpus and encoder, put together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pydantic import Field

from posner.config.base import Name
from posner.config.statistics import Statistics
from posner.config.variants import Variant, baseline_of, seeds
from posner.errors import InputError
from posner.evaluation.stored import changes_file, sweep_file
from posner.files import write_json, write_table
from posner.stats.propagation import QUESTIONS, Curves, ask
from posner.summaries.corruption import (
    answers,
    change_table,
    effect_table,
    interval_table,
    run_table,
    train_test_table,
    variant_summary,
)
from posner.summaries.runs import read_changes, read_sweep
from posner.workflow.command import Command, Folder

FUSIONS = {"early_fusion": "encoder", "late_fusion": "late"}


class SummariseCorruption(Command):
    """Write what corrupted POS does to NER: means, intervals, slopes, and where it happens."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds; the baseline has no sweep."""
    statistics: Statistics = Field(default_factory=Statistics)
    """How sure conclusions have to be."""
    sweeps: Folder
    """Folder of the sweeps: {variant}/seed-{seed}.parquet and .changes.parquet."""
    output: Path
    """Folder to write to: early_fusion.json and late_fusion.json."""
    tables: Path
    """Folder to write to: corruption.csv, corruption_intervals.csv, corruption_changes.csv, slopes.csv, train_test.csv.
    """

    def execute(self) -> None:
        swept, variants, settings = self.swept(), self.variants, self.statistics
        if not swept:
            raise InputError("--variants: none of them has POS, so there is no sweep to summarise")
        sweeps: dict[str, dict[int, pd.DataFrame]] = {name: {} for name in swept}
        changes: dict[str, dict[int, pd.DataFrame]] = {name: {} for name in swept}
        for name, seed in seeds(swept):
            sweeps[name][seed] = read_sweep(sweep_file(self.sweeps, name, seed))
            changes[name][seed] = read_changes(changes_file(self.sweeps, name, seed))
        curves = {name: Curves.of(by_seed, settings) for name, by_seed in sweeps.items()}
        found = {question: ask(question, curves, settings) for question in QUESTIONS}
        for file, fusion in FUSIONS.items():
            chosen = {
                name: variant_summary(name, variants, sweeps[name]) | answers(name, variants, found, settings)
                for name, variant in swept.items()
                if variant.fusion == fusion
            }
            write_json(self.output / f"{file}.json", {"fusion": fusion, "variants": chosen})
        tables = {
            "corruption": [run_table(name, variants, seed, sweeps[name][seed]) for name, seed in seeds(swept)],
            "corruption_intervals": [interval_table(name, variants, curves[name], settings) for name in swept],
            "corruption_changes": [change_table(name, variants, changes[name]) for name in swept],
            "slopes": [effect_table(found, variants)],
            "train_test": [train_test_table(name, variants, curves[name], settings) for name in swept],
        }
        for table, parts in tables.items():
            write_table(self.tables / f"{table}.csv", pd.concat(parts, ignore_index=True))

    def swept(self) -> dict[str, Variant]:
        """The variants that read POS, without the controls."""
        baseline = baseline_of(self.variants)
        return {name: v for name, v in self.variants.items() if name != baseline and not v.is_control}

    def inputs(self) -> list[Path]:
        return [file(self.sweeps, *run) for run in seeds(self.swept()) for file in (sweep_file, changes_file)]

    def sidecar(self) -> Path:
        return self.tables / "corruption.provenance.json"
