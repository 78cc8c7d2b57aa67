"""Where POS enters the model, compared as differences to the baseline of the same seed."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from posner.files import read_table
from posner.report.figures.axes import limits, name_rows, row_height
from posner.report.figures.style import (
    BAND,
    NEUTRAL,
    POINTS,
    TWO_COLUMNS,
    Look,
    Plot,
    baseline_spread,
    beside_each_other,
    by_variant,
    looks,
    on_test,
    spread_key,
)
from posner.stats.spread import Difference, paired_difference
from posner.summaries.names import POS

LEAST = 2.0  # points that the axis spans at least


class PlotInjectionStrategies(Plot):
    """Draw differences of test F1 to the baseline, a panel for gold and one for predicted POS, a row a strategy."""

    runs: Path
    """ner_runs.csv."""
    comparisons: Path
    """ner_comparisons.csv."""

    def draw(self) -> Figure:
        runs = read_table(self.runs, ["seed", "f1"])
        test = on_test(runs)
        found, bounds = differences(test), intervals(self.comparisons)
        spread = baseline_spread(runs)
        variants = test[test["pos"] != "none"].groupby("variant", sort=False).first()
        sources = [source for source in POS if source in set(variants["pos"])]
        strategies = list(dict.fromkeys(variants.sort_values("fusion", kind="stable", ascending=False)["injection"]))
        figure = Figure(
            figsize=(TWO_COLUMNS, 1.6 + row_height(strategies, 0.42) * len(strategies)), layout="constrained"
        )
        panels = figure.subplots(1, len(sources), sharex=True, sharey=True, squeeze=False)[0]
        for axes, source in zip(panels, sources, strict=True):
            axes.axvspan(*spread, color=BAND, linewidth=0, zorder=0)
            add_panel(axes, variants[variants["pos"] == source], strategies, found, bounds, looks(runs))
            axes.set_title(POS[source])
            name_rows(axes, strategies)
        panels[0].set_xlim(
            limits(
                [*spread, *(v for d in found.values() for v in d.values), *chain.from_iterable(bounds.values())], LEAST
            )
        )
        figure.supxlabel("Test F1 minus the baseline's of the same seed (points)", fontsize=9)
        figure.legend(
            handles=[
                Line2D([], [], color=NEUTRAL, marker="o", linestyle="", label="one seed"),
                Line2D([], [], color=NEUTRAL, marker="|", mew=1.6, linewidth=1.2, label="mean and its interval"),
                *spread_key(spread),
            ],
            loc="outside upper center",
            ncols=3,
        )
        return figure


def differences(test: pd.DataFrame) -> dict[str, Difference]:
    """Paired differences to the baseline by variant, in the unit of `test`."""
    scores = {name: dict(zip(rows["seed"].astype(int), rows["f1"], strict=True)) for name, rows in by_variant(test)}
    baseline = scores[test.loc[test["pos"] == "none", "variant"].iloc[0]]
    return {name: paired_difference(by_seed, baseline) for name, by_seed in scores.items() if by_seed is not baseline}


def intervals(path: Path) -> dict[str, tuple[float, float]]:
    """Bounds in points by variant, of those that have an interval."""
    table = read_table(path, ["low", "high"]).dropna(subset=["low", "high"])
    return dict(zip(table["variant"], zip(100 * table["low"], 100 * table["high"], strict=True), strict=True))


def add_panel(
    axes: Axes,
    variants: pd.DataFrame,
    strategies: list[str],
    found: dict[str, Difference],
    bounds: dict[str, tuple[float, float]],
    look: dict[str, Look],
) -> None:
    """One source of POS: `variants` are its rows, each drawn at its strategy."""
    axes.axvline(0, color=NEUTRAL, linewidth=1)
    for name, injection in variants["injection"].items():
        row, difference, how = strategies.index(injection), found[str(name)], look[str(name)]
        shift = 0.0
        if str(name) in bounds and difference.mean is not None:
            # The interval lies below its seeds, which would hide it.
            axes.hlines(row + 0.3, *bounds[str(name)], color=how.colour, linewidth=1.2)
            axes.plot([difference.mean], [row + 0.3], marker="|", markeredgewidth=1.6, color=how.colour)
            shift = -0.1
        places = [row + shift + offset for offset in beside_each_other(len(difference.values))]
        axes.plot(difference.values, places, marker=how.marker, color=how.colour, **POINTS)
    for y, strategy in enumerate(strategies):
        if strategy not in set(variants["injection"]):
            axes.annotate(
                "not run", (0.98, y), xycoords=("axes fraction", "data"), ha="right", va="center", color=NEUTRAL
            )
