"""Summaries of sweeps: the effect of corrupted POS on NER, over draws and seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import pandas as pd

from posner.config.statistics import Estimation
from posner.config.variants import Variant
from posner.evaluation.changes import COUNTED
from posner.stats.pooled_effects import PooledEffect
from posner.stats.propagation import (
    ANCHOR,
    CLEAN,
    Contrast,
    Curves,
    Effect,
    Question,
    estimate_contrasts,
    point_contrast,
)
from posner.stats.spread import Spread
from posner.summaries.names import IDENTITY, identity, labels
from posner.summaries.sentences import effect_sentence

Sweeps = Mapping[int, pd.DataFrame]  # by seed

POINT = ["mode", "level"]  # the columns that identify a point of a curve
TEST_POS = {"gold": CLEAN, "predicted": ANCHOR, "none": ("zero", 1.0)}  # where a curve has each kind of test POS


def with_change(sweep: pd.DataFrame) -> pd.DataFrame:
    """A sweep with the column `change`: F1 minus F1 with the corpus's tags in the same draw.

    A mode that has fewer draws, such as the tagger's own tags, belongs to no draw more than to another: of its F1, the
    mean over all draws with the corpus's tags is taken, as in :mod:`posner.stats.propagation`.
    """
    clean = sweep[sweep["mode"] == "clean"].set_index("draw")["f1"]
    draws = sweep.groupby(POINT)["draw"].transform("size")
    return sweep.assign(change=sweep["f1"] - sweep["draw"].map(clean).where(draws == len(clean), clean.mean()))


def measures(sweep: pd.DataFrame) -> list[str]:
    """The numeric columns of a sweep that are averaged over draws."""
    return [str(name) for name in sweep.select_dtypes("number") if name not in ("level", "draw", "seed")]


def run_table(name: str, variants: Mapping[str, Variant], seed: int, sweep: pd.DataFrame) -> pd.DataFrame:
    """A row for each mode and level of one checkpoint: means of all measures over draws; `std` of F1 and its change.

    The names of the standard deviations begin with `std`: an entity type may be called so, and has a column `f1_TYPE`.
    """
    full = with_change(sweep)
    groups = full.groupby(POINT, sort=False)
    table = groups[measures(full)].mean()
    for measure in ("change", "f1"):
        table.insert(0, f"std_{measure}", groups[measure].std())
    table.insert(0, "draws", groups.size())
    return with_constants(table.reset_index(), identity(name, variants) | {"seed": seed})


def with_constants(table: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A table with constant columns in front."""
    for place, (column, value) in enumerate(columns.items()):
        table.insert(place, column, value)
    return table


def variant_summary(name: str, variants: Mapping[str, Variant], sweeps: Sweeps) -> dict[str, Any]:
    """One variant's entry in ``pos_corruption/{encoder,late}_fusion.json``.

    Returns:
        `points`: for each mode, level and measure the mean over all draws and seeds, `std` over all of them,
        `std_draws` (mean over seeds of the standard deviation over draws) and `std_seeds` (standard deviation of the
        seeds' means); ``None`` for fewer than two values. `runs`: for each seed, mode and level the mean and standard
        deviation over draws. F1, precision, recall, change and rates are in 0..1.
    """
    full = {seed: with_change(sweep) for seed, sweep in sweeps.items()}
    pooled = pd.concat(full.values(), keys=full.keys(), names=["seed"]).reset_index("seed")
    numbers = measures(pooled)
    by_point = pooled.groupby(POINT, sort=False)[numbers]
    by_seed = pooled.groupby(["seed", *POINT], sort=False)[numbers]
    over_draws = {"mean": by_seed.mean(), "std": by_seed.std()}
    over_seeds = {part: table.groupby(level=POINT, sort=False) for part, table in over_draws.items()}
    over_all = {
        "mean": by_point.mean(),
        "std": by_point.std(),
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


def effect_summaries(
    name: str,
    variants: Mapping[str, Variant],
    effects: Mapping[Question, Mapping[str, Effect]],
    statistics: Estimation,
) -> dict[str, Any]:
    """The effect on one variant by question, with a sentence; ``None`` where its sweeps do not allow an estimate.

    Verdicts are those of the tests alone; :func:`posner.summaries.verdict.conclude` also considers the oracles.
    """
    label = labels(variants)[name]
    return {
        question: asdict(by_variant[name])
        | {"sentence": effect_sentence(label, question, by_variant[name], statistics)}
        if name in by_variant
        else None
        for question, by_variant in effects.items()
    }


def pooled_summary(pooled: Mapping[Question, Mapping[str, PooledEffect]]) -> dict[str, Any]:
    """The content of ``pooled.json``: mean effects by question and source of POS in training."""
    return {
        question: {source: asdict(effect) for source, effect in effects.items()} for question, effects in pooled.items()
    }


def records(statistics: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Frames of equal shape as one JSON object per row: its index, and each column's statistics by name.

    NaN becomes ``None``, and so does a column without a mean.
    """
    mean = statistics["mean"]
    rows = [frame.to_dict("records") for frame in statistics.values()]
    objects = []
    for index, *values in zip(mean.index.to_frame().to_dict("records"), *rows, strict=True):
        row: dict[str, Any] = {str(key): value for key, value in index.items()}
        for column in mean.columns:
            parts = {key: number_or_none(value[column]) for key, value in zip(statistics, values, strict=True)}
            row[str(column)] = None if parts["mean"] is None else parts
        objects.append(row)
    return objects


def number_or_none(value: float) -> float | None:
    """`value`, or ``None`` for NaN, which is not valid JSON."""
    return None if math.isnan(value) else float(value)


# --- tables of variants ----------------------------------------------------------------------------------------------


def interval_table(
    variants: Mapping[str, Variant], curves: Mapping[str, Curves], statistics: Estimation
) -> pd.DataFrame:
    """A row for each variant, mode and level: mean change of F1 against the corpus's tags, and its interval.

    The tagger's own tags come first: they are what the corpus's tags would really be replaced by. `effective_rate` is
    the share of the tokens (0..1) whose tag changed.
    """
    points = {name: sorted(curve.points, key=lambda point: point != ANCHOR) for name, curve in curves.items()}
    changes = {
        point: intervals(curves, dict.fromkeys(curves, point_contrast(point, CLEAN)), statistics)
        for point in set().union(*points.values()) - {CLEAN}
    }
    return pd.DataFrame(
        identity(name, variants)
        | {"mode": point[0], "level": point[1], "effective_rate": curve.changed_at(point)}
        | changes[point][name]
        for name, curve in curves.items()
        for point in points[name]
        if point != CLEAN
    )


def intervals(
    curves: Mapping[str, Curves], contrasts: Mapping[str, Contrast], statistics: Estimation
) -> dict[str, dict[str, Any]]:
    """Value and interval of a contrast as columns, by variant; an interval is for one variant by itself."""
    columns = {}
    for name, estimate in estimate_contrasts(curves, contrasts).items():
        low, high = estimate.interval(statistics.level) or (None, None)
        columns[name] = {"seeds": estimate.parts.seeds, "change": estimate.mean, "low": low, "high": high}
    return columns


def effect_table(effects: Mapping[Question, Mapping[str, Effect]], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each question and variant: estimates and tests, see :class:`posner.stats.propagation.Effect`.

    Verdicts are left out: they also depend on the oracles, see :func:`posner.summaries.verdict.effects_table`.
    """
    columns = [field.name for field in fields(Effect) if field.name not in ("verdict", "reason")]
    rows = [
        identity(name, variants) | {"question": question} | {column: getattr(effect, column) for column in columns}
        for question, by_variant in effects.items()
        for name, effect in by_variant.items()
    ]
    return pd.DataFrame(rows, columns=[*IDENTITY, "question", *columns])


def train_test_table(
    variants: Mapping[str, Variant], curves: Mapping[str, Curves], statistics: Estimation
) -> pd.DataFrame:
    """A row for each variant and kind of test POS: F1 over seeds, and its change against the kind used in training."""
    changes = {
        test_pos: intervals(
            curves, {name: point_contrast(point, TEST_POS[variants[name].pos]) for name in curves}, statistics
        )
        for test_pos, point in TEST_POS.items()
    }
    return pd.DataFrame(
        identity(name, variants)
        | {"test_pos": test_pos, "f1_mean": (f1 := Spread.of(curve.f1_at(point))).mean, "f1_std": f1.std}
        | changes[test_pos][name]
        for name, curve in curves.items()
        for test_pos, point in TEST_POS.items()
    )


def change_table(name: str, variants: Mapping[str, Variant], changes: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Changes of predictions at tokens with and without a replaced tag: counts, means over draws and seeds.

    Column `by` says how the counts are grouped: by entity `type` or by `position` in the entity, each separately for
    tokens whose tag was replaced and for the others; or by the original and the new tag (`tags`), for replaced tags in
    mode `anchor` only, since the other modes choose the pairs themselves.
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
        with_constants(
            rows.groupby([*POINT, *keys], sort=False)[list(COUNTED)].sum() / len(changes), {"by": by}
        ).reset_index()
        for by, rows, keys in parts
    ]
    columns = ["by", *POINT, "type", "position", "source", "target", "changed", *COUNTED]
    return with_constants(pd.concat(tables, ignore_index=True)[columns], identity(name, variants))
