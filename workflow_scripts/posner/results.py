"""The results of one corpus and encoder as they are stored: NER runs, POS scores, sweeps, and tables made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from .artifacts import atomic_path
from .config import Variant
from .errors import InputError

EVALUATED = ("validation", "test")  # splits that NER models are scored on
SWEEP_COLUMNS = ("mode", "level", "draw", "effective_rate", "f1", "text_right", "text_predicted", "text_true")
CHANGE_COLUMNS = ("mode", "level", "type", "position", "source", "target", "tokens", "tokens_flipped")


@dataclass(frozen=True, slots=True)
class Run:
    """One NER training: its variant, its seed, and its ``metrics.json`` as it stands (scores in 0..1)."""

    variant: str
    seed: int
    record: dict[str, Any]

    def scores(self, split: str) -> dict[str, Any]:
        """Scores of a split, see :func:`posner.scoring.ner_scores`."""
        return self.record[split]


def baseline_of(variants: Mapping[str, Variant]) -> str:
    """Name of the variant without POS."""
    found = [name for name, variant in variants.items() if variant.fusion == "none"]
    if len(found) != 1:
        raise InputError(f"--variants: exactly one variant must have fusion: none, the baseline, not {len(found)}")
    return found[0]


def seeds(variants: Mapping[str, Variant]) -> list[tuple[str, int]]:
    """Every variant with every seed that it names."""
    return [(name, seed) for name, variant in variants.items() for seed in variant.seeds or ()]


def run_file(folder: Path, variant: str, seed: int) -> Path:
    """Scores of one NER training."""
    return folder / variant / f"seed-{seed}" / "metrics.json"


def predictions_file(folder: Path, variant: str, seed: int) -> Path:
    """Predictions of one NER training."""
    return folder / variant / f"seed-{seed}" / "predictions.parquet"


def sweep_file(folder: Path, variant: str, seed: int) -> Path:
    """Rows of one sweep."""
    return folder / variant / f"seed-{seed}.parquet"


def history_file(folder: Path, variant: str, seed: int) -> Path:
    """How one training went, see :class:`posner.progress.Step`."""
    return folder / variant / f"seed-{seed}" / "model" / "history.csv"


def changes_file(folder: Path, variant: str, seed: int) -> Path:
    """Where tags were changed in one sweep."""
    return folder / variant / f"seed-{seed}.changes.parquet"


def read_runs(folder: Path, variants: Mapping[str, Variant]) -> list[Run]:
    """The runs under `folder`."""
    return [Run(name, seed, read_json(run_file(folder, name, seed), EVALUATED)) for name, seed in seeds(variants)]


def read_sweep(path: Path) -> pd.DataFrame:
    """One sweep, a row for each mode, level and draw, see :class:`posner.sweep_table.Sweep`."""
    return read_frame(path, SWEEP_COLUMNS, "a sweep")


def read_changes(path: Path) -> pd.DataFrame:
    """Where one sweep changed tags, see :meth:`posner.entity_changes.ChangeTable.frame`."""
    return read_frame(path, CHANGE_COLUMNS, "the changes of a sweep")


def read_frame(path: Path, columns: Sequence[str], what: str) -> pd.DataFrame:
    """A parquet file that has at least `columns`."""
    try:
        frame = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: not {what} ({error}); delete it and run again") from error
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"{path}: not {what} (it has no column {missing[0]!r}); delete it and run again")
    return frame


def read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """A JSON object that has at least `keys`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no readable results ({error}); delete it and run again") from error
    if not isinstance(value, dict) or (missing := [key for key in keys if key not in value]):
        lacking = repr(missing[0]) if isinstance(value, dict) else "an object"
        raise InputError(f"{path}: not the expected results (without {lacking}); delete it and run again")
    return value


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV."""
    with atomic_path(path) as part:
        frame.to_csv(part, index=False, lineterminator="\n")


def read_table(path: Path, numbers: Sequence[str]) -> pd.DataFrame:
    """A table of :func:`write_table`: `numbers` are the columns of numbers, all others are text as it stands.

    Nothing is guessed, since ``NA`` and ``null`` are names that a POS tag or a variant may have.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        return frame.assign(**{name: pd.to_numeric(frame[name]) for name in numbers})
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not the expected table ({error}); delete it and run again") from error
