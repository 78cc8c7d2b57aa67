"""Every replicate's interval around the truth."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posner.calibration.reliability import CONTRASTS
from posner.files import read_table
from posner.report.figures.style import COLOURS, NEUTRAL, Plot

MISSED = COLOURS[1]


class PlotCoverage(Plot):
    """Draw intervals minus the truth, a panel a contrast, those that miss it in another colour."""

    replicates: Path
    """replicates.csv."""

    def draw(self) -> Figure:
        rows = read_table(self.replicates, ["difference", "low", "high", "error"])
        panels = {name: rows[rows["contrast"] == name] for name in CONTRASTS}
        tallest = max(map(len, panels.values()))
        figure = Figure(figsize=(7.4, 1.4 + 0.055 * tallest), layout="constrained")
        for axes, (name, chosen) in zip(figure.subplots(1, len(panels), sharex=True), panels.items(), strict=True):
            add_panel(axes, chosen.sort_values("error"), CONTRASTS[name])
        figure.supxlabel("Interval of the difference minus the truth (points of F1)", fontsize=9)
        return figure


def add_panel(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    """One contrast, a line a replicate."""
    truth = rows["difference"] - rows["error"]
    covers = rows["covers"] == "True"
    colours = [NEUTRAL if covered else MISSED for covered in covers]
    places = range(len(rows))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.hlines(places, 100 * (rows["low"] - truth), 100 * (rows["high"] - truth), colors=colours, linewidth=0.9)
    axes.scatter(100 * rows["error"], places, s=5, c=colours, zorder=3)
    axes.set_title(f"{title}:\n{covers.sum()} of {len(rows)} cover it", fontsize=9)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
