"""Sweeps put together: what corrupted POS does to NER, over draws and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from .config import Variant
from .ner_summary import identity
from .statistics import Spread

Sweeps = Mapping[int, pd.DataFrame]  # by seed

POINT = ["mode", "rate"]  # what a point of a curve is named by


def with_drop(sweep: pd.DataFrame) -> pd.DataFrame:
    """A sweep with the column `drop`: F1 at rate 0 of the same draw minus F1; missing where rate 0 was not swept."""
    clean = sweep.loc[sweep["rate"] == 0, ["mode", "draw", "f1"]].rename(columns={"f1": "clean"})
    merged = sweep.merge(clean, on=["mode", "draw"], how="left", validate="many_to_one")
    return merged.assign(drop=merged.pop("clean") - merged["f1"])


def measures(sweep: pd.DataFrame) -> list[str]:
    """The columns of a sweep that are numbers to average."""
    return [str(name) for name in sweep.select_dtypes("number") if name not in ("rate", "draw", "seed")]


def run_table(name: str, variants: Mapping[str, Variant], seed: int, sweep: pd.DataFrame) -> pd.DataFrame:
    """A row a rate of one checkpoint: the mean over draws of every measure; of F1 and drop the deviation too."""
    full = with_drop(sweep)
    groups = full.groupby(POINT, sort=True)
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
        `rates`: for each rate and measure the mean over all draws and seeds, `std` over all of them, `std_draws` (the
        mean over seeds of the standard deviation over draws) and `std_seeds` (of the seeds' means); ``None`` for fewer
        than two values. `runs`: for each seed and rate the mean and standard deviation over draws. F1,
        precision, recall, drop and rates are in 0..1.
    """
    full = {seed: with_drop(sweep) for seed, sweep in sweeps.items()}
    pooled = pd.concat(full.values(), keys=full.keys(), names=["seed"]).reset_index("seed")
    return {
        **identity(name, variants),
        "seeds": list(sweeps),
        "draws": int(pooled["draw"].nunique()),
        "rates": [
            point | {measure: over_seeds(rows, measure) for measure in measures(rows)}
            for point, rows in points_of(pooled)
        ],
        "runs": [
            {"seed": seed} | point | {measure: over_draws(rows, measure) for measure in measures(rows)}
            for seed, sweep in full.items()
            for point, rows in points_of(sweep)
        ],
    }


def points_of(sweep: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """The points of a curve, each with its rows, at growing rates."""
    for _, rows in sweep.groupby(POINT, sort=True):
        yield {"mode": str(rows["mode"].iloc[0]), "rate": float(rows["rate"].iloc[0])}, rows


def over_draws(rows: pd.DataFrame, measure: str) -> dict[str, float | None] | None:
    """Mean and standard deviation over the draws of one seed and rate; ``None`` for a measure that is missing."""
    values = rows[measure].dropna().tolist()
    return {key: value for key, value in asdict(Spread.of(values)).items() if key != "n"} if values else None


def over_seeds(rows: pd.DataFrame, measure: str) -> dict[str, float | None] | None:
    """Mean and standard deviations over the draws and seeds of one rate; ``None`` for a measure that is missing."""
    known = rows.dropna(subset=[measure])
    if known.empty:
        return None
    all_of_them = Spread.of(known[measure].tolist())
    by_seed = [Spread.of(group.tolist()) for _, group in known.groupby("seed")[measure]]
    of_draws = [spread.std for spread in by_seed if spread.std is not None]
    return {
        "mean": all_of_them.mean,
        "std": all_of_them.std,
        "std_draws": Spread.of(of_draws).mean if of_draws else None,
        "std_seeds": Spread.of([spread.mean for spread in by_seed]).std,
    }
