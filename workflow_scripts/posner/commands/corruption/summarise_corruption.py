"""Summaries of all sweeps of one corpus and encoder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from posner.arrays import COUNT_COLUMNS
from posner.commands.analyses import EffectAnalysis
from posner.config.variants import FUSIONS, SeededVariant, baseline_of, seeded_runs
from posner.errors import InputError
from posner.evaluation.stored import changes_file, sweep_file
from posner.files import write_json, write_table
from posner.stats.pooled_effects import pool_effects
from posner.stats.propagation import QUESTIONS, Curves, estimate_effects
from posner.stats.stages import at_stage
from posner.summaries.corruption import (
    change_table,
    effect_summaries,
    effect_table,
    interval_table,
    pooled_summary,
    run_table,
    train_test_table,
    variant_summary,
)
from posner.summaries.runs import read_changes, read_sweep
from posner.workflow.command import Folder


class SummariseCorruption(EffectAnalysis):
    """Write the effect of corrupted POS on NER: means, intervals, slopes, and where predictions change.

    The baseline and the controls are left out.
    """

    sweeps: Folder
    """Folder of the sweeps: {variant}/seed-{seed}.parquet and .changes.parquet."""
    output: Path
    """Folder to write to: encoder_fusion.json and others, one for each fusion, and pooled.json with mean effects."""
    tables: Path
    """Folder to write to: corruption.csv, corruption_intervals.csv, corruption_changes.csv, slopes.csv, train_test.csv.
    """

    def execute(self) -> None:
        swept, variants, statistics = self.swept(), self.variants, at_stage(self.statistics, self.stage)
        if not swept:
            raise InputError("--variants: none of them reads POS, so there is no sweep to summarise")
        curves: dict[str, Curves] = {}
        sweeps: dict[str, dict[int, pd.DataFrame]] = {}
        for name, variant in swept.items():  # one after the other: the counts of all units need most of the memory
            full = {seed: read_sweep(sweep_file(self.sweeps, name, seed)) for seed in variant.seeds}
            curves[name] = Curves.of(full, variant.fusion)
            sweeps[name] = {seed: sweep.drop(columns=list(COUNT_COLUMNS)) for seed, sweep in full.items()}
        effects = {question: estimate_effects(question, curves, statistics) for question in QUESTIONS}
        for fusion in FUSIONS:
            summaries = {
                name: variant_summary(name, variants, sweeps[name])
                | effect_summaries(name, variants, effects, statistics)
                for name, variant in swept.items()
                if variant.fusion == fusion
            }
            write_json(self.output / f"{fusion}_fusion.json", {"fusion": fusion, "variants": summaries})
        sources = {name: variant.pos for name, variant in swept.items()}
        pooled = {question: pool_effects(question, curves, sources, statistics) for question in QUESTIONS}
        write_json(self.output / "pooled.json", pooled_summary(pooled))
        tables = {
            "corruption": [run_table(name, variants, seed, sweeps[name][seed]) for name, seed in seeded_runs(swept)],
            "corruption_intervals": [interval_table(variants, curves, statistics)],
            "corruption_changes": [change_table(name, variants, self.changes(name)) for name in swept],
            "slopes": [effect_table(effects, variants)],
            "train_test": [train_test_table(variants, curves, statistics)],
        }
        for table, parts in tables.items():
            write_table(self.tables / f"{table}.csv", pd.concat(parts, ignore_index=True))

    def changes(self, name: str) -> dict[int, pd.DataFrame]:
        """Changes of predictions in the sweeps of a variant, by seed."""
        return {seed: read_changes(changes_file(self.sweeps, name, seed)) for seed in self.variants[name].seeds}

    def swept(self) -> dict[str, SeededVariant]:
        """The variants that read POS, without the controls."""
        baseline = baseline_of(self.variants)
        return {name: v for name, v in self.variants.items() if name != baseline and not v.is_control}

    def inputs(self) -> list[Path]:
        return [file(self.sweeps, *run) for run in seeded_runs(self.swept()) for file in (sweep_file, changes_file)]

    def provenance_path(self) -> Path:
        return self.tables / "corruption.provenance.json"
