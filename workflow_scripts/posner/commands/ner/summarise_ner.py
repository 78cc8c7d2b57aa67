"""Scores of all NER runs of a corpus and encoder, put together."""

from __future__ import annotations

from pathlib import Path

from posner.config.base import Name
from posner.config.variants import Variant, seeds
from posner.evaluation.stored import run_file
from posner.files import write_json, write_table
from posner.summaries.ner import by_type_table, runs_table, summaries, summary_table
from posner.summaries.runs import read_runs
from posner.workflow.command import Command, Folder

# Besides one file a variant, there is one for each source of POS, and one for what is given in its place.
GROUPS = {
    "ner_baseline": ("none",),
    "ner_gold_pos": ("gold",),
    "ner_predicted_pos": ("predicted",),
    "ner_controls": ("oracle", "random"),
}


class SummariseNer(Command):
    """Write every seed's scores with mean, standard deviation and the paired difference to the baseline."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/metrics.json."""
    metrics: Path
    """Folder to write JSON to: {variant}.json, ner_baseline.json and others."""
    tables: Path
    """Folder to write CSV to: ner_runs.csv, ner_summary.csv, ner_by_type.csv."""

    def execute(self) -> None:
        runs = read_runs(self.ner, self.variants)
        made = summaries(runs, self.variants)
        for name, summary in made.items():
            write_json(self.metrics / f"{name}.json", summary)
        for group, sources in GROUPS.items():
            chosen = {name: summary for name, summary in made.items() if self.variants[name].pos in sources}
            write_json(self.metrics / f"{group}.json", {"variants": chosen})
        write_table(self.tables / "ner_runs.csv", runs_table(runs, self.variants))
        write_table(self.tables / "ner_summary.csv", summary_table(made, self.variants))
        write_table(self.tables / "ner_by_type.csv", by_type_table(runs, self.variants))

    def inputs(self) -> list[Path]:
        return [run_file(self.ner, name, seed) for name, seed in seeds(self.variants)]

    def sidecar(self) -> Path:
        return self.tables / "ner.provenance.json"
