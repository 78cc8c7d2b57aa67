"""Readers of the stored results of one corpus and encoder: NER runs and sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, Field, TypeAdapter

from posner.arrays import COUNT_COLUMNS
from posner.config.variants import SeededVariant, seeded_runs
from posner.errors import InputError
from posner.evaluation.changes import COUNTED
from posner.evaluation.stored import run_file
from posner.files import read_frame, read_json, read_model

EVALUATED = ("validation", "test")  # splits that NER models are scored on
SWEEP_COLUMNS = ("mode", "level", "draw", "effective_rate", "f1", *COUNT_COLUMNS)
CHANGE_COLUMNS = ("mode", "level", "type", "position", "source", "target", *COUNTED)
Finite = Annotated[float, Field(allow_inf_nan=False)]


class StoredScores(BaseModel):
    """Scores of entities in 0..1, and the number of true ones; further keys are not checked."""

    f1: Finite
    precision: Finite
    recall: Finite
    support: int


class SplitScores(StoredScores):
    """What summaries read of :func:`posner.evaluation.scores.ner_scores`."""

    f1_macro: Finite
    accuracy: Finite
    by_type: dict[str, StoredScores]
    strict: StoredScores


class RunRecord(BaseModel):
    """Scores of both splits."""

    validation: SplitScores
    test: SplitScores


RUN_RECORDS = TypeAdapter(RunRecord)


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
    """The runs of `variants` under `folder`.

    Raises:
        InputError: a file is missing or damaged.
    """
    return [Run(name, seed, read_scores(run_file(folder, name, seed))) for name, seed in seeded_runs(variants)]


def read_scores(path: Path) -> dict[str, Any]:
    """The ``metrics.json`` of one run.

    Raises:
        InputError: the file is missing or damaged.
    """
    read_model(path, RUN_RECORDS, "the scores of a run")
    return read_json(path, EVALUATED)


def read_sweep(path: Path) -> pd.DataFrame:
    """One sweep: a row for each mode, level and draw, see :class:`posner.prediction.sweep_results.SweepTables`.

    Raises:
        InputError: the file is missing or damaged.
    """
    sweep = read_frame(path, SWEEP_COLUMNS, "a sweep", ["level", "draw", "effective_rate", "f1"])
    if sweep.duplicated(["mode", "level", "draw"]).any():
        raise InputError(f"{path}: not a sweep (a draw is there twice); delete it and run again")
    return sweep


def read_changes(path: Path) -> pd.DataFrame:
    """Changes of predictions in one sweep, see :meth:`posner.evaluation.changes.ChangeTable.frame`."""
    return read_frame(path, CHANGE_COLUMNS, "the changes of a sweep", ["level", *COUNTED])
