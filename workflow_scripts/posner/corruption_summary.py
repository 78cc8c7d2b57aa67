"""Sweeps put together: what corrupted POS does to NER, over draws and seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from .config import Variant
from .ner_summary import identity

Sweeps = Mapping[int, pd.DataFrame]  # by seed

POINT = ["mode", "level"]  # what a point of a curve is named by


def with_drop(sweep: pd.DataFrame) -> pd.DataFrame:
    """A sweep with the column `drop`: F1 on the clean text of the same draw minus F1."""
    clean = sweep[sweep["mode"] == "clean"].set_index("draw")["f1"]
    return sweep.assign(drop=sweep["draw"].map(clean) - sweep["f1"])


def measures(sweep: pd.DataFrame) -> list[str]:
    """The columns of a sweep that are numbers to average."""
    return [str(name) for name in sweep.select_dtypes("number") if name not in ("level", "draw", "seed")]


def run_table(name: str, variants: Mapping[str, Variant], seed: int, sweep: pd.DataFrame) -> pd.DataFrame:
    """A row a mode and level of one checkpoint: the mean over draws of every measure; of F1 and drop the deviation too."""
    full = with_drop(sweep)
    groups = full.groupby(POINT, sort=False)
    table = groups[measures(full)].mean()
    for measure in ("drop", "f1"):
        table.insert(0, f"{measure}_std", groups[measure].std())
    table.insert(0, "draws", groups.size())
    table = table.reset_index()
    for place, (column, value) in enumerate((identity(name, variants) | {"seed": seed}).items()):
        table.insert(place, column, value)
    return table


def variant_summary(name: str, variants: Mapping[str, Variant], sweeps: Sweeps) -> dict[str, Any]:
    """One variant's part of ``pos_corruption/{early,late}_fusion.json``.

    Returns:
        `points`: for each mode, level and measure the mean over all draws and seeds, `std` over all of them, `std_draws` (the
        mean over seeds of the standard deviation over draws) and `std_seeds` (of the seeds' means); ``None`` for fewer
        than two values. `runs`: for each seed, mode and level the mean and standard deviation over draws.
        F1, precision, recall, drop and rates are in 0..1.
    """
    full = {seed: with_drop(sweep) for seed, sweep in sweeps.items()}
    pooled = pd.concat(full.values(), keys=full.keys(), names=["seed"]).reset_index("seed")
    numbers = measures(pooled)
    everything, by_seed = (
        pooled.groupby(POINT, sort=False)[numbers],
        pooled.groupby(["seed", *POINT], sort=False)[numbers],
    )
    over_draws = {"mean": by_seed.mean(), "std": by_seed.std()}
    over_all = {
        "mean": everything.mean(),
        "std": everything.std(),
        "std_draws": over_draws["std"].groupby(level=POINT).mean(),
        "std_seeds": over_draws["mean"].groupby(level=POINT).std(),
    }
    return {
        **identity(name, variants),
        "seeds": list(sweeps),
        "draws": int(pooled["draw"].nunique()),
        "points": records(over_all),
        "runs": records(over_draws),
    }


def records(statistics: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Frames with the same rows and columns as one object a row: its index, and each column's statistics by name.

    What is not a number becomes ``None``, and so does a column without a mean.
    """
    mean = statistics["mean"]
    rows = [frame.to_dict("records") for frame in statistics.values()]
    made = []
    for index, *values in zip(mean.index.to_frame().to_dict("records"), *rows, strict=True):
        row: dict[str, Any] = {str(key): value for key, value in index.items()}
        for column in mean.columns:
            parts = {key: known(value[column]) for key, value in zip(statistics, values, strict=True)}
            row[str(column)] = None if parts["mean"] is None else parts
        made.append(row)
    return made


def known(value: float) -> float | None:
    """`value`, or ``None`` for NaN, which JSON does not have."""
    return None if math.isnan(value) else float(value)
