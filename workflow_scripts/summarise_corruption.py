"""All sweeps of a corpus and encoder, put together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run
from .posner.config import Name, Variant
from .posner.corruption_summary import run_table, variant_summary
from .posner.errors import InputError
from .posner.results import baseline_of, read_sweep, seeds, sweep_file, write_table

FUSIONS = {"early_fusion": "encoder", "late_fusion": "late"}


class SummariseCorruption(Command):
    """Write what corrupted POS does to NER, with mean and standard deviation over draws and seeds."""

    variants: dict[Name, Variant] = Field(
        description="Variants by name, each with its seeds; the baseline has no sweep."
    )
    sweeps: Path = Field(description="Folder of the sweeps: {variant}/seed-{seed}.parquet.")
    output: Path = Field(description="Folder to write to: early_fusion.json and late_fusion.json.")
    tables: Path = Field(description="Folder to write to: corruption.csv.")

    def cli_cmd(self) -> None:
        sweeps: dict[str, dict[int, pd.DataFrame]] = {name: {} for name in self.swept()}
        for name, seed in seeds(self.swept()):
            sweeps[name][seed] = read_sweep(sweep_file(self.sweeps, name, seed))
        if not sweeps:
            raise InputError("--variants: none of them has POS, so there is no sweep to summarise")
        for file, fusion in FUSIONS.items():
            chosen = {
                name: variant_summary(name, self.variants, by_seed)
                for name, by_seed in sweeps.items()
                if self.variants[name].fusion == fusion
            }
            write_json(self.output / f"{file}.json", {"fusion": fusion, "variants": chosen})
        tables = [
            run_table(name, self.variants, seed, sweep)
            for name, by_seed in sweeps.items()
            for seed, sweep in by_seed.items()
        ]
        write_table(self.tables / "corruption.csv", pd.concat(tables, ignore_index=True))

    def swept(self) -> dict[str, Variant]:
        """The variants that read POS, without the controls."""
        baseline = baseline_of(self.variants)
        return {name: v for name, v in self.variants.items() if name != baseline and not v.is_control}

    def inputs(self) -> list[Path]:
        return [sweep_file(self.sweeps, name, seed) for name, seed in seeds(self.swept())]

    def sidecar(self) -> Path:
        return self.tables / "corruption.provenance.json"


if __name__ == "__main__":
    run(SummariseCorruption)
