"""What the models of a corpus and encoder have cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from posner.config.base import Name
from posner.config.variants import Variant, seeds
from posner.files import read_json, write_table
from posner.summaries.cost import Job, cost_table, read_usage
from posner.summaries.names import labels
from posner.workflow.command import Command


class Place(NamedTuple):
    """Where to read of a job: its benchmark, and the record that names its device if it may have had a GPU."""

    rule: str
    variant: str
    benchmark: Path
    record: Path | None


class SummariseCost(Command):
    """Write wall and processor time, peak memory and GPU hours by rule and variant, of what precedes the analysis."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    swept: tuple[Name, ...]
    """Names of the variants that were swept."""
    taggers: tuple[Name, ...]
    """Names of the taggers."""
    work: Path
    """Folder {corpus}/{encoder}, for the records of its models and sweeps."""
    benchmarks: Path
    """Folder of its benchmarks."""
    table: Path
    """CSV file to write."""

    def execute(self) -> None:
        jobs = [
            Job(rule, variant, read_usage(benchmark), record is not None and used_gpu(record))
            for rule, variant, benchmark, record in self.places()
        ]
        write_table(self.table, cost_table(jobs, labels(self.variants)))

    def places(self) -> Iterator[Place]:
        """Every job, in the order in which the data flows."""
        yield self.place("prepare_encoder", "", "prepare_encoder", None)
        for tagger in self.taggers:
            yield self.place("train_tagger", "", f"pos/{tagger}", f"pos/{tagger}/model/provenance.json")
        for rule in ("merge_pos", "score_pos"):
            yield self.place(rule, "", rule, None)
        for name, seed in seeds(self.variants):
            made = f"ner/{name}/seed-{seed}"
            yield self.place("train_ner", name, made, f"{made}/model/provenance.json")
        for name, seed in seeds({name: self.variants[name] for name in self.swept}):
            made = f"corruption/{name}/seed-{seed}"
            yield self.place("sweep_corruption", name, made, f"{made}.provenance.json")

    def place(self, rule: str, variant: str, benchmark: str, record: str | None) -> Place:
        """A place below the folder of this corpus and encoder."""
        return Place(rule, variant, self.benchmarks / f"{benchmark}.tsv", self.work / record if record else None)

    def inputs(self) -> list[Path]:
        files = [file for place in self.places() for file in (place.benchmark, place.record)]
        return [file for file in files if file and file.is_file()]

    def sidecar(self) -> Path:
        return self.table.with_suffix(".provenance.json")


def used_gpu(record: Path) -> bool:
    """Whether a job computed on a GPU, as its ``provenance.json`` has it."""
    return str(read_json(record, ["device"])["device"]).startswith("cuda")
