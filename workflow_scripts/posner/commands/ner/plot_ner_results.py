"""Test F1 of every variant and seed."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from posner.files import read_table
from posner.report.figures.axes import limits, name_rows, numbers_at_rows, row_height
from posner.report.figures.style import (
    BAND,
    NEUTRAL,
    POINTS,
    REFERENCE,
    TWO_COLUMNS,
    Plot,
    beside_each_other,
    by_variant,
    looks,
    on_test,
)
from posner.stats.spread import Spread

LEAST = 2.0  # points that the axis spans at least


class PlotNerResults(Plot):
    """Draw test F1 by variant: a point a seed, a bar at their mean, the range of the baseline's seeds as a band."""

    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        runs = read_table(self.runs, ["seed", "f1"])
        test, look = on_test(runs), looks(runs)
        groups = by_variant(test)
        labels = [str(rows["label"].iloc[0]) for _, rows in groups]
        figure = Figure(figsize=(TWO_COLUMNS, 1.5 + row_height(labels, 0.36) * len(labels)), layout="constrained")
        axes = figure.subplots()
        baseline = test.loc[test["pos"] == "none", "f1"]
        axes.axvspan(baseline.min(), baseline.max(), color=BAND, linewidth=0, zorder=0)
        axes.axvline(baseline.mean(), color=NEUTRAL, linewidth=1, linestyle=REFERENCE, zorder=1)
        for y, (name, rows) in enumerate(groups):
            colour, marker = look[name].colour, look[name].marker
            if len(rows) > 1:
                axes.vlines(rows["f1"].mean(), y - 0.36, y + 0.36, color=colour, linewidth=1.6)
            places = [y + offset for offset in beside_each_other(len(rows))]
            axes.plot(rows["f1"], places, marker=marker, color=colour, **POINTS)
        name_rows(axes, labels)
        numbers_at_rows(axes, [spread_text(rows["f1"].tolist()) for _, rows in groups], "mean ± sd (seeds)")
        axes.set_xlim(limits(test["f1"].tolist(), LEAST))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.set_xlabel("Entity F1 on test (points)")
        keys: list[Line2D | Patch] = [
            Line2D([], [], color=NEUTRAL, marker="o", linestyle="", label="one seed"),
            Line2D([], [], color=NEUTRAL, marker="|", markersize=11, mew=1.6, linestyle="", label="mean"),
            Line2D([], [], color=NEUTRAL, linewidth=1, linestyle=REFERENCE, label="baseline's mean"),
        ]
        if len(baseline) > 1:
            keys.append(Patch(color=BAND, label="range of the baseline's seeds"))
        figure.legend(handles=keys, loc="outside lower center", ncols=len(keys))
        return figure


def spread_text(values: list[float]) -> str:
    """``85.70 ± 0.21 (3)``."""
    spread = Spread.of(values)
    std = "" if spread.std is None else f" ± {spread.std:.2f}"
    return f"{spread.mean:.2f}{std} ({spread.n})"
