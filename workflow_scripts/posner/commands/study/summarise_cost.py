"""Cost of training and sweeping the models of one corpus and encoder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from posner.commands.analyses import RunAnalysis
from posner.config.base import Name
from posner.config.variants import seeded_runs
from posner.files import read_json, write_table
from posner.summaries.cost import Job, cost_table, read_usage
from posner.summaries.names import labels


class JobFiles(NamedTuple):
    """Files of one job: its benchmark, and the provenance record that names its device, if it may have used a GPU."""

    rule: str
    variant: str
    benchmark: Path
    record: Path | None


class SummariseCost(RunAnalysis):
    """Write wall and processor time, peak memory and GPU hours by rule and variant, up to the sweeps."""

    swept: tuple[Name, ...]
    """Names of the variants with sweeps."""
    taggers: tuple[Name, ...]
    """Names of the taggers."""
    work: Path
    """Folder {corpus}/{encoder} with the provenance records of models and sweeps."""
    benchmarks: Path
    """Folder of the benchmark files of this corpus and encoder."""
    table: Path
    """CSV file to write."""

    def execute(self) -> None:
        jobs = [
            Job(rule, variant, read_usage(benchmark), record is not None and used_gpu(record))
            for rule, variant, benchmark, record in self.jobs()
        ]
        write_table(self.table, cost_table(jobs, labels(self.variants)))

    def jobs(self) -> Iterator[JobFiles]:
        """Every job, in the order of the workflow."""
        yield self.job("prepare_encoder", "", "prepare_encoder", None)
        for tagger in self.taggers:
            yield self.job("train_tagger", "", f"pos/{tagger}", f"pos/{tagger}/provenance.json")
        for rule in ("merge_pos", "score_pos"):
            yield self.job(rule, "", rule, None)
        for name, seed in seeded_runs(self.variants):
            run = f"ner/{name}/seed-{seed}"
            yield self.job("train_ner", name, run, f"{run}/provenance.json")
        for name, seed in seeded_runs({name: self.variants[name] for name in self.swept}):
            sweep = f"corruption/{name}/seed-{seed}"
            yield self.job("sweep_corruption", name, sweep, f"{sweep}.provenance.json")

    def job(self, rule: str, variant: str, benchmark: str, record: str | None) -> JobFiles:
        """The files of a job, from their paths below the folders of this corpus and encoder."""
        return JobFiles(rule, variant, self.benchmarks / f"{benchmark}.tsv", self.work / record if record else None)

    def inputs(self) -> list[Path]:
        """The records: benchmarks are no results, so they may be removed."""
        return [job.record for job in self.jobs() if job.record and job.record.is_file()]

    def provenance_path(self) -> Path:
        return self.table.with_suffix(".provenance.json")


def used_gpu(record: Path) -> bool:
    """Whether a job ran on a GPU, according to its ``provenance.json``."""
    return str(read_json(record, ["device"])["device"]).startswith("cuda")
