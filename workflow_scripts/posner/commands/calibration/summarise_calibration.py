"""Reliability of verdicts and intervals, from the replicates of a calibration."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from posner.calibration.reliability import proportion, reliability, reliability_sentences, sizes, with_coverage
from posner.calibration.replicates import read_guesses, read_replicate, refuse_leaked_labels
from posner.corpora.corpus import SPLITS, corpus_files
from posner.files import read_json, write_json, write_table
from posner.workflow.command import Command


class SummariseCalibration(Command):
    """Write every replicate's differences and intervals, and count how often verdicts and intervals were right.

    Taggers that are right too often about tags that the text does not determine are refused: they were trained on the
    sentences that they predict.
    """

    plan: Path
    """plan.json, with the corpora by name; the results of each, {corpus}/{encoder}, lie beside it."""
    encoder: str = "tiny"
    """Name of the encoder."""
    output: Path
    """Folder to write calibration.json, replicates.csv and sizes.csv to."""

    def execute(self) -> None:
        folders = self.folders()
        statistics = read_json(self.comparisons()[0], ["statistics"])["statistics"]
        rows = with_coverage(pd.DataFrame(row for folder in folders for row in read_replicate(folder)))
        table = sizes(rows, statistics["level"])
        guessed: dict[str, list[bool]] = defaultdict(list)
        for folder in folders:
            for split, right in read_guesses(folder).items():
                guessed[split] += right
        refuse_leaked_labels(guessed)
        calibration: dict[str, Any] = {
            "statistics": statistics,
            "replicates": len(folders),
            "trainings": sum(len(list(folder.glob("ner/*/*/metrics.json"))) for folder in folders),
            **reliability(rows, statistics["margin"] / 100),
            "guesses": {split: proportion(guessed[split]) for split in SPLITS},
        }
        write_json(self.output / "calibration.json", calibration | {"sentence": reliability_sentences(calibration)})
        write_table(self.output / "sizes.csv", table)
        write_table(self.output / "replicates.csv", rows)

    def folders(self) -> list[Path]:
        """Results of all planned corpora."""
        return [self.plan.parent / name / self.encoder for name in read_json(self.plan, ["corpora"])["corpora"]]

    def comparisons(self) -> list[Path]:
        """Conclusions on each corpus."""
        return [folder / "metrics" / "ner_comparisons.json" for folder in self.folders()]

    def inputs(self) -> list[Path]:
        runs = ["ner/*/seed-*/metrics.json", "ner/*/seed-*/predictions.parquet", "pos/predicted.parquet"]
        folders = self.folders()
        corpora = [file for folder in folders for file in corpus_files(folder.parent / "corpus")]
        stored = [file for folder in folders for pattern in runs for file in sorted(folder.glob(pattern))]
        return [self.plan, *self.comparisons(), *corpora, *stored]

    def provenance_path(self) -> Path:
        return self.output / "calibration.provenance.json"
