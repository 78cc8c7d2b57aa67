"""Summaries of all NER runs of one corpus and encoder."""

from __future__ import annotations

from pathlib import Path

from posner.commands.analyses import RunAnalysis
from posner.config.variants import seeded_runs
from posner.evaluation.stored import run_file
from posner.files import write_json, write_table
from posner.summaries.ner import by_type_table, ner_runs_table, ner_summary_table, variant_summaries
from posner.summaries.runs import read_runs
from posner.workflow.command import Folder

# Files that group the variants by source of POS.
GROUPS = {
    "ner_baseline": ("none",),
    "ner_gold_pos": ("gold",),
    "ner_predicted_pos": ("predicted",),
    "ner_controls": ("oracle", "random"),
}


class SummariseNer(RunAnalysis):
    """Write scores by seed, their mean and standard deviation, and the paired difference from the baseline."""

    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/metrics.json."""
    metrics: Path
    """Folder to write JSON to: variants/{variant}.json, ner_baseline.json and others."""
    tables: Path
    """Folder to write CSV to: ner_runs.csv, ner_summary.csv, ner_by_type.csv."""

    def execute(self) -> None:
        runs = read_runs(self.ner, self.variants)
        summaries = variant_summaries(runs, self.variants)
        for name, summary in summaries.items():
            write_json(self.metrics / "variants" / f"{name}.json", summary)
        for group, sources in GROUPS.items():
            members = {name: summary for name, summary in summaries.items() if self.variants[name].pos in sources}
            write_json(self.metrics / f"{group}.json", {"variants": members})
        write_table(self.tables / "ner_runs.csv", ner_runs_table(runs, self.variants))
        write_table(self.tables / "ner_summary.csv", ner_summary_table(summaries, self.variants))
        write_table(self.tables / "ner_by_type.csv", by_type_table(runs, self.variants))

    def inputs(self) -> list[Path]:
        return [run_file(self.ner, name, seed) for name, seed in seeded_runs(self.variants)]

    def provenance_path(self) -> Path:
        return self.tables / "ner.provenance.json"
