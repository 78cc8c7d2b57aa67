"""Change of test F1 as the tagger errs more often, and under its own tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posner.files import read_table
from posner.report.figures.axes import add_change_key, add_key, fusion_panels, label_of, limits
from posner.report.figures.style import (
    BAND,
    NEUTRAL,
    REFERENCE,
    Look,
    Plot,
    add_seeds,
    baseline_spread,
    beside_each_other,
    by_variant,
    looks,
    read_intervals,
    read_seeds,
)

LEAST = 2.0  # points that the axis spans at least
WIDTH = 0.07  # of the points of all variants at one factor, as a share of the axis


class PlotScaledErrors(Plot):
    """Draw the change of test F1 over the factor of the tagger's error probability, with its own tags beside it."""

    intervals: Path
    """corruption_intervals.csv."""
    corruption: Path
    """corruption.csv: the same, seed by seed."""
    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        table = read_intervals(self.intervals)
        runs = read_table(self.runs, ["seed", "f1"])
        look, spread = looks(runs), baseline_spread(runs)
        factors = sorted(table.loc[table["mode"] == "scaled", "level"].unique())
        aside = factors[-1] + 0.2 * max(factors[-1] - factors[0], 1)  # where the tagger's own tags stand
        shown, seeds = placed(table, aside), placed(read_seeds(self.corruption), aside)
        figure, panels = fusion_panels(shown, 3.7)
        for fusion, (axes, key) in panels.items():
            variants = by_variant(shown[shown["fusion"] == fusion])
            axes.axhspan(*spread, color=BAND, linewidth=0, zorder=0)
            axes.axhline(0, color=NEUTRAL, linewidth=1, linestyle=REFERENCE, zorder=1)
            shifts = beside_each_other(len(variants), WIDTH * aside / len(variants))
            for shift, (name, rows) in zip(shifts, variants, strict=True):
                add_variant(axes, rows.assign(x=rows["x"] + shift), look[name])
                own = seeds[seeds["variant"] == name]
                add_seeds(axes, own["x"] + shift, own["change"], look[name], "_")
            axes.set_xticks([*factors, aside], [*(f"{factor:g}" for factor in factors), "its own\ntags"])
            axes.set_xlabel("Factor of the tagger's error probability")
            add_key(axes, key)
        figure.axes[0].set_ylim(limits([*spread, *seeds["change"], *shown[["low", "high"]].stack().dropna()], LEAST))
        figure.axes[0].set_ylabel("Change of test F1 (points)")
        add_change_key(figure, spread, "_")
        return figure


def placed(table: pd.DataFrame, aside: float) -> pd.DataFrame:
    """The rows that are drawn, with their places: at their factor, or `aside` for the tagger's own tags."""
    shown = table[table["mode"].isin(["scaled", "anchor"])]
    return shown.assign(x=np.where(shown["mode"] == "anchor", aside, shown["level"]))


def add_variant(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    """One variant: a line over the factors, a point for the tagger's own tags, and intervals where there are some."""
    scaled, anchor = rows[rows["mode"] == "scaled"], rows[rows["mode"] == "anchor"]
    axes.vlines(rows["x"], rows["low"], rows["high"], color=look.colour, linewidth=1)
    axes.plot(scaled["x"], scaled["change"], linestyle=look.dash, label=label_of(rows), **look.point)
    axes.plot(anchor["x"], anchor["change"], linestyle="", **look.point)
