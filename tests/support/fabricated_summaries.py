"""Summaries of fabricated studies, in the layout of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from fabricated import CEILING, VARIANTS, counts_of, write_study
from posner.commands.corruption.summarise_corruption import SummariseCorruption
from posner.commands.ner.summarise_ner import SummariseNer
from posner.commands.pos.summarise_pos import SummarisePos
from posner.commands.study.conclude import Conclude
from posner.commands.study.summarise_power import SummarisePower
from posner.config.statistics import Statistics
from posner.config.variants import SeededVariant
from posner.corpora.documents import ResamplingUnits
from posner.evaluation.slices import with_mentions
from posner.files import write_json, write_table
from posner.stats.comparison import compare_sources
from posner.stats.pooling import pool_sources
from posner.stats.random_control import compare_with_random
from posner.summaries.comparisons import as_dicts, comparison_summary, comparison_table, random_control_table
from posner.summaries.cost import Job, Usage, cost_table
from posner.summaries.names import labels
from posner.summaries.oracles import f1_over_seeds, gated, reasons, trusted
from posner.summaries.scorings import differences_by_scoring, scorings_summary, scorings_table
from posner.summaries.slices import slice_runs_table, slice_summary_table


def write_comparisons(
    folder: Path, f1: Mapping[str, Mapping[int, float]], variants: Mapping[str, SeededVariant], tables: Path
) -> None:
    """``ner_comparisons.json`` in `folder`, and its tables, of runs with these F1; boundaries are easier than types."""
    scored = {
        name: {
            seed: np.stack([counts_of(1 - share * (1 - value)) for share in (1, 0.5, 0.7, 1)])
            for seed, value in by_seed.items()
        }
        for name, by_seed in f1.items()
    }
    counts = {name: {seed: by_scoring[0] for seed, by_scoring in by_seed.items()} for name, by_seed in scored.items()}
    statistics, units = Statistics(resamples=500), ResamplingUnits(np.arange(60), "documents", 60)
    because = reasons(variants, f1_over_seeds(counts), statistics)
    comparisons = gated(compare_sources(counts, variants, statistics), because)
    pooled = pool_sources(counts, trusted(variants, because), statistics)
    scorings = differences_by_scoring(scored, variants, because, statistics)
    summary = comparison_summary(comparisons, pooled, variants, statistics, units)
    controlled = gated(compare_with_random(counts, variants, statistics), because)
    more = {"scorings": scorings_summary(scorings), "random_control": as_dicts(controlled)}
    write_json(folder / "ner_comparisons.json", summary | more)
    write_table(tables / "ner_comparisons.csv", comparison_table(comparisons, variants))
    write_table(tables / "ner_scorings.csv", scorings_table(scorings, variants))
    write_table(tables / "ner_random_control.csv", random_control_table(controlled, variants))


def write_slices(f1: Mapping[str, Mapping[int, float]], variants: Mapping[str, SeededVariant], tables: Path) -> None:
    """Tables of slices of runs with these F1, without controls; new is harder, and one slice is empty."""
    slices = [("all", "all mentions"), ("novelty", "seen"), ("novelty", "new"), ("sentence", "in capitals")]
    losses = (0, -0.02, 0.15)
    counts = {
        name: {
            seed: np.stack([*(counts_of(value - loss) for loss in losses), 0 * counts_of(value)])
            for seed, value in by_seed.items()
        }
        for name, by_seed in f1.items()
        if not variants[name].is_control
    }
    kept, slices = with_mentions(counts, slices)
    write_table(tables / "ner_slices.csv", slice_runs_table(kept, slices, variants))
    write_table(
        tables / "ner_slices_summary.csv", slice_summary_table(kept, slices, variants, Statistics(resamples=200))
    )


def summarise(folder: Path, variants: Mapping[str, SeededVariant] = VARIANTS) -> Path:
    """Write a study and its summaries; returns the folder of the tables."""
    f1 = write_study(folder, variants)
    tables = folder / "tables"
    SummariseNer(variants=dict(variants), ner=folder / "ner", metrics=folder / "metrics", tables=tables).execute()
    SummariseCorruption(
        variants=dict(variants),
        statistics=Statistics(resamples=500),
        sweeps=folder / "corruption",
        output=folder / "pos_corruption",
        tables=tables,
    ).execute()
    SummarisePos(confusion=folder / "pos" / "confusion_matrix.json", tables=tables).execute()
    write_comparisons(folder / "metrics", f1, variants, tables)
    write_slices(f1, variants, tables)
    write_json(folder / "metrics" / "ner_ceiling.json", CEILING)
    Conclude(
        metrics=folder / "metrics",
        comparisons=folder / "metrics" / "ner_comparisons.json",
        ceiling=folder / "metrics" / "ner_ceiling.json",
        pos=tables / "pos_tagging.csv",
        corruption=folder / "pos_corruption",
        output=folder / "verdict.json",
        tables=tables,
    ).execute()
    SummarisePower(variants=dict(variants), output=folder / "power").execute()
    write_table(tables / "cost.csv", cost_table(cost_jobs(variants), labels(variants)))
    return tables


def cost_jobs(variants: Mapping[str, SeededVariant]) -> list[Job]:
    """Jobs of a study with their cost; one has no measurement."""
    taggers = [Job("train_tagger", "", Usage(100 + i, 90, 2**31), on_gpu=False) for i in range(6)]
    runs = [
        Job("train_ner", name, Usage(1000 * (i + 1), None, None), on_gpu=i == 1)
        for i, (name, settings) in enumerate(variants.items())
        for _ in settings.seeds
    ]
    return [Job("prepare_encoder", "", None, on_gpu=False), *taggers, *runs]
