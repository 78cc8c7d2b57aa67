"""Readers of the stored results of one corpus and encoder: NER runs and sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from posner.arrays import COUNT_COLUMNS
from posner.config.variants import SeededVariant, seeded_runs
from posner.evaluation.stored import run_file
from posner.files import read_frame, read_json

EVALUATED = ("validation", "test")  # splits that NER models are scored on
SWEEP_COLUMNS = ("mode", "level", "draw", "effective_rate", "f1", *COUNT_COLUMNS)
CHANGE_COLUMNS = ("mode", "level", "type", "position", "source", "target", "tokens", "tokens_flipped")


@dataclass(frozen=True, slots=True)
class Run:
    """One NER training: its variant, its seed, and the content of its ``metrics.json`` (scores in 0..1)."""

    variant: str
    seed: int
    record: dict[str, Any]

    def scores(self, split: str) -> dict[str, Any]:
        """Scores of a split, see :func:`posner.evaluation.scores.ner_scores`."""
        return self.record[split]


def read_runs(folder: Path, variants: Mapping[str, SeededVariant]) -> list[Run]:
    """The runs of `variants` under `folder`."""
    return [Run(name, seed, read_json(run_file(folder, name, seed), EVALUATED)) for name, seed in seeded_runs(variants)]


def read_sweep(path: Path) -> pd.DataFrame:
    """One sweep: a row for each mode, level and draw, see :class:`posner.prediction.sweep_results.SweepTables`."""
    return read_frame(path, SWEEP_COLUMNS, "a sweep")


def read_changes(path: Path) -> pd.DataFrame:
    """Changes of predictions in one sweep, see :meth:`posner.evaluation.changes.ChangeTable.frame`."""
    return read_frame(path, CHANGE_COLUMNS, "the changes of a sweep")
