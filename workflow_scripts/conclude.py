"""What the results of a corpus and encoder say, in words."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run
from .posner.results import read_json, read_table
from .posner.verdict import conclude

NER = ("ner_baseline", "ner_gold_pos", "ner_predicted_pos", "ner_controls")
SWEEPS = ("early_fusion", "late_fusion")


class Conclude(Command):
    """Write whether POS helped, for each variant and in a sentence, and what tagging errors did."""

    metrics: Path = Field(description="Folder of ner_baseline.json and its like for each source of POS.")
    comparisons: Path = Field(description="ner_comparisons.json.")
    pos: Path = Field(description="pos_tagging.csv.")
    corruption: Path | None = Field(
        None, description="Folder of early_fusion.json and late_fusion.json, if POS was used."
    )
    output: Path = Field(description="JSON file to write.")

    def cli_cmd(self) -> None:
        tagging = read_table(self.pos, ["accuracy"])
        ner = [read_json(self.metrics / f"{name}.json", ["variants"]) for name in NER]
        folder = self.corruption
        sweeps = [read_json(folder / f"{name}.json", ["variants"]) for name in SWEEPS] if folder else []
        comparisons = read_json(self.comparisons, ["statistics", "texts", "variants"])
        accuracy = dict(zip(tagging["split"], tagging["accuracy"], strict=True))
        write_json(self.output, conclude(ner, comparisons, sweeps, accuracy))


if __name__ == "__main__":
    run(Conclude)
