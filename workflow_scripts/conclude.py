"""What the results of a corpus and encoder say, in words."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run
from .posner.results import read_json, read_table, write_table
from .posner.verdict import conclude, oracles_table, variants_table

NER = ("ner_baseline", "ner_gold_pos", "ner_predicted_pos", "ner_controls")
SWEEPS = ("early_fusion", "late_fusion")


class Conclude(Command):
    """Write whether POS helped, for each variant and in a sentence, and what tagging errors did."""

    metrics: Path = Field(description="Folder of ner_baseline.json and its like for each source of POS.")
    comparisons: Path = Field(description="ner_comparisons.json.")
    ceiling: Path = Field(description="ner_ceiling.json.")
    pos: Path = Field(description="pos_tagging.csv.")
    corruption: Path | None = Field(
        None, description="Folder of early_fusion.json and late_fusion.json, if POS was used."
    )
    output: Path = Field(description="JSON file to write.")
    tables: Path = Field(description="Folder to write to: verdict_variants.csv, verdict_oracles.csv.")

    def cli_cmd(self) -> None:
        tagging = read_table(self.pos, ["accuracy"])
        ner = [read_json(self.metrics / f"{name}.json", ["variants"]) for name in NER]
        folder = self.corruption
        sweeps = [read_json(folder / f"{name}.json", ["variants"]) for name in SWEEPS] if folder else []
        comparisons = read_json(self.comparisons, ["statistics", "texts", "variants"])
        accuracy = dict(zip(tagging["split"], tagging["accuracy"], strict=True))
        ceiling = read_json(self.ceiling, ["answer"])
        verdict = conclude(ner, comparisons, sweeps, accuracy, ceiling)
        write_json(self.output, verdict)
        write_table(self.tables / "verdict_variants.csv", variants_table(verdict))
        write_table(self.tables / "verdict_oracles.csv", oracles_table(verdict))

    def inputs(self) -> list[Path]:
        sweeps = [self.corruption / f"{name}.json" for name in SWEEPS] if self.corruption else []
        return [*(self.metrics / f"{name}.json" for name in NER), self.comparisons, self.ceiling, self.pos, *sweeps]

    def sidecar(self) -> Path:
        return self.tables / "verdict.provenance.json"


if __name__ == "__main__":
    run(Conclude)
