"""What each way of giving POS can carry: F1 of the oracles, which give the NER labels where variants give POS."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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


class PlotOracles(Plot):
    """Draw test F1 of the oracle of each way of giving POS, with the F1 that opens a way and the baseline's."""

    runs: Path
    """ner_runs.csv."""
    ways: Path
    """verdict_oracles.csv."""

    def draw(self) -> Figure:
        runs = read_table(self.runs, ["seed", "f1"])
        ways = read_table(self.ways, ["needed_f1"])
        oracles = runs[(runs["split"] == "test") & (runs["pos"] == "oracle")]
        baseline = on_test(runs).query("pos == 'none'")["f1"]
        needed, look = 100 * ways["needed_f1"].iloc[0], looks(runs)
        names = ways["way"].tolist()

        figure = Figure(figsize=(TWO_COLUMNS, 1.2 + row_height(names, 0.3) * len(names)), layout="constrained")
        axes = figure.subplots()
        axes.axvspan(baseline.min(), baseline.max(), color=BAND, linewidth=0, zorder=0)
        axes.axvline(baseline.mean(), color=NEUTRAL, linestyle=REFERENCE, linewidth=1, zorder=1)
        axes.axvline(needed, color=NEUTRAL, linewidth=1.4, zorder=1)
        for name, rows in by_variant(oracles):
            if rows["injection"].iloc[0] in names:
                y = names.index(rows["injection"].iloc[0])
                places = [y + offset for offset in beside_each_other(len(rows))]
                axes.plot(
                    100 * rows["f1"], places, marker=look[name].marker, color=look[name].colour, markersize=8, **POINTS
                )
        name_rows(axes, names)
        numbers_at_rows(
            axes,
            [
                f"{state}: {100 * float(f1):.1f}" if f1 else state
                for state, f1 in zip(ways["state"], ways["oracle_f1"], strict=True)
            ],
            "oracle's mean F1",
        )
        low, _ = limits([*baseline, *(100 * oracles["f1"]), needed], 10)
        axes.set_xlim(low, 101)
        axes.set_xlabel("Entity F1 on test (points)")
        band = [Patch(color=BAND, label="range of its seeds")] if len(baseline) > 1 else []
        figure.legend(
            handles=[
                Line2D([], [], color=NEUTRAL, marker="o", linestyle="", label="oracle, one seed"),
                Line2D([], [], color=NEUTRAL, linewidth=1.4, label="what opens a way"),
                Line2D([], [], color=NEUTRAL, linewidth=1, linestyle=REFERENCE, label="baseline's mean"),
                *band,
            ],
            loc="outside lower center",
            ncols=4,
        )
        return figure
