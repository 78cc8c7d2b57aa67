"""Sweeps put together: what corrupted POS does to NER, over draws and seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.evaluation.changes import COUNTED
from posner.stats.propagation import ANCHOR, CLEAN, Curves, Effect, Point, Question, answer, difference
from posner.stats.spread import Spread
from posner.summaries.names import labels
from posner.summaries.ner import identity

Sweeps = Mapping[int, pd.DataFrame]  # by seed

POINT = ["mode", "level"]  # what a point of a curve is named by
TESTED = {"gold": CLEAN, "predicted": ANCHOR, "none": ("zero", 1.0)}  # on which POS, by name


def with_change(sweep: pd.DataFrame) -> pd.DataFrame:
    """A sweep with the column `change`: F1 minus F1 on the clean text of the same draw."""
    clean = sweep[sweep["mode"] == "clean"].set_index("draw")["f1"]
    return sweep.assign(change=sweep["f1"] - sweep["draw"].map(clean))


def measures(sweep: pd.DataFrame) -> list[str]:
    """The columns of a sweep that are numbers to average."""
    return [str(name) for name in sweep.select_dtypes("number") if name not in ("level", "draw", "seed")]


def run_table(name: str, variants: Mapping[str, Variant], seed: int, sweep: pd.DataFrame) -> pd.DataFrame:
    """A row a mode and level of one checkpoint: means over draws of all measures, deviations of F1 and its change."""
    full = with_change(sweep)
    groups = full.groupby(POINT, sort=False)
    table = groups[measures(full)].mean()
    for measure in ("change", "f1"):
        table.insert(0, f"{measure}_std", groups[measure].std())
    table.insert(0, "draws", groups.size())
    return named(identity(name, variants) | {"seed": seed}, table.reset_index())


def named(columns: Mapping[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """A table with the same values in front of each row."""
    for place, (column, value) in enumerate(columns.items()):
        table.insert(place, column, value)
    return table


def variant_summary(name: str, variants: Mapping[str, Variant], sweeps: Sweeps) -> dict[str, Any]:
    """One variant's part of ``pos_corruption/{early,late}_fusion.json``.

    Returns:
        `points`: of each mode, level and measure the mean over all draws and seeds, `std` over all of them,
        `std_draws` (the mean over seeds of the standard deviation over draws) and `std_seeds` (of the seeds' means);
        ``None`` for fewer than two values. `runs`: of each seed, mode and level the mean and standard deviation over
        draws. F1, precision, recall, change and rates are in 0..1.
    """
    full = {seed: with_change(sweep) for seed, sweep in sweeps.items()}
    pooled = pd.concat(full.values(), keys=full.keys(), names=["seed"]).reset_index("seed")
    numbers = measures(pooled)
    everything = pooled.groupby(POINT, sort=False)[numbers]
    by_seed = pooled.groupby(["seed", *POINT], sort=False)[numbers]
    over_draws = {"mean": by_seed.mean(), "std": by_seed.std()}
    over_seeds = {part: table.groupby(level=POINT, sort=False) for part, table in over_draws.items()}
    over_all = {
        "mean": everything.mean(),
        "std": everything.std(),
        "std_draws": over_seeds["std"].mean(),
        "std_seeds": over_seeds["mean"].std(),
    }
    return {
        **identity(name, variants),
        "seeds": list(sweeps),
        "draws": int(pooled["draw"].nunique()),
        "points": records(over_all),
        "runs": records(over_draws),
    }


def answers(
    name: str, variants: Mapping[str, Variant], found: Mapping[Question, Mapping[str, Effect]], settings: Statistics
) -> dict[str, Any]:
    """Of each question the effect in one variant, with a sentence; ``None`` where its sweeps do not tell."""
    label = labels(variants)[name]
    return {
        question: asdict(effects[name]) | {"answer": answer(label, question, effects[name], settings)}
        if name in effects
        else None
        for question, effects in found.items()
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


# --- tables of variants ----------------------------------------------------------------------------------------------


def interval_table(name: str, variants: Mapping[str, Variant], curves: Curves, settings: Statistics) -> pd.DataFrame:
    """A row a mode and level: the change of F1 against the clean text, the mean over draws and seeds, with interval."""
    return pd.DataFrame(
        identity(name, variants) | {"mode": point[0], "level": point[1]} | interval(curves, point, CLEAN, settings)
        for point in curves.points
        if point != CLEAN
    )


def interval(curves: Curves, point: Point, other: Point, settings: Statistics) -> dict[str, Any]:
    """F1 at one point minus F1 at another, as columns."""
    made = curves.estimate(difference(point, other))
    low, high = made.interval(settings.level) or (None, None)
    return {"seeds": made.seeds, "change": made.mean, "low": low, "high": high}


def effect_table(found: Mapping[Question, Mapping[str, Effect]], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a question and variant."""
    return pd.DataFrame(
        identity(name, variants) | {"question": question} | asdict(effect)
        for question, by_variant in found.items()
        for name, effect in by_variant.items()
    )


def train_test_table(name: str, variants: Mapping[str, Variant], curves: Curves, settings: Statistics) -> pd.DataFrame:
    """A row a kind of test POS: F1 over draws and seeds, and its change against the kind that it was trained on."""
    own = TESTED[variants[name].pos]
    places = {tested: curves.points.index(point) for tested, point in TESTED.items()}
    return pd.DataFrame(
        identity(name, variants)
        | {"test_pos": tested, "f1_mean": (f1 := Spread.of(curves.f1[:, place].tolist())).mean, "f1_std": f1.std}
        | interval(curves, curves.points[place], own, settings)
        for tested, place in places.items()
    )


def change_table(name: str, variants: Mapping[str, Variant], changes: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Where tags were changed, and what happened there: means over draws and seeds.

    `by` tells what the counts are summed over: everything but the entity type, but the position, each for tokens whose
    tag changed and for the others, or, for changed tokens at the anchor only, but the source and target tag: in other
    modes the pairs are as often as the mode makes them.
    """
    cells = pd.concat(changes.values(), ignore_index=True)
    cells["changed"] = cells["source"] != cells["target"]
    anchor = cells[(cells["mode"] == "anchor") & cells["changed"]]
    parts = [
        ("type", cells, ["type", "changed"]),
        ("position", cells, ["position", "changed"]),
        ("tags", anchor, ["source", "target", "changed"]),
    ]
    tables = [
        named({"by": by}, rows.groupby([*POINT, *keys], sort=False)[list(COUNTED)].sum() / len(changes)).reset_index()
        for by, rows, keys in parts
    ]
    columns = ["by", *POINT, "type", "position", "source", "target", "changed", *COUNTED]
    return named(identity(name, variants), pd.concat(tables, ignore_index=True)[columns])
