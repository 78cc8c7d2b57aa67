"""How often a planted effect is found, beside how often the statistics say that it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posner.calibration.reliability import share
from posner.files import read_json, read_table
from posner.report.figures.style import BAND, COLOURS, NEUTRAL, POINTS, REFERENCE, Plot
from posner.stats.intervals import power

NUMBERS = ["difference", "replicates", "helps", "seed_std", "text_std", "seeds", "tests", "planted"]


class PlotPower(Plot):
    """Draw the share of verdicts *helps* by the size of the effect of gold POS."""

    sizes: Path
    """sizes.csv."""
    calibration: Path
    """calibration.json."""

    def draw(self) -> Figure:
        table = read_table(self.sizes, NUMBERS)
        gold = table[table["contrast"] == "gold"].sort_values("difference")
        level = read_json(self.calibration, ["statistics"])["statistics"]["level"]
        figure = Figure(figsize=(5.6, 3.6), layout="constrained")
        axes = figure.subplots()
        add_stated(axes, gold, level)
        add_found(axes, gold)
        axes.axhline(1 - level, color=NEUTRAL, linewidth=0.8, linestyle=REFERENCE)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel("Expected difference of test F1 that gold POS makes (points)")
        axes.set_ylabel("Share of verdicts “helps”")
        figure.legend(loc="outside upper center", ncols=2)
        return figure


def add_stated(axes: Axes, gold: pd.DataFrame, level: float) -> None:
    """The power that follows from the spread over seeds and texts, which between the sizes is interpolated."""
    differences = gold["difference"]
    grid = np.linspace(0, float(differences.max()), 100)
    spreads = (np.interp(grid, differences, gold[name]) for name in ("seed_std", "text_std"))
    seeds, tests = (int(gold[name].iloc[0]) for name in ("seeds", "tests"))
    stated = [power(d, s, t, seeds, 1 - (1 - level) / tests) for d, s, t in zip(grid, *spreads, strict=True)]
    axes.plot(100 * grid, stated, color=NEUTRAL, label="stated by the statistics")


def add_found(axes: Axes, gold: pd.DataFrame) -> None:
    """What replicates found, with exact intervals of the share."""
    found = [
        share([True] * int(helps) + [False] * int(n - helps))
        for helps, n in zip(gold["helps"], gold["replicates"], strict=True)
    ]
    x = 100 * gold["difference"]
    axes.vlines(x, [part["low"] for part in found], [part["high"] for part in found], color=BAND, linewidth=5)
    shares = [part["count"] / part["of"] for part in found]
    axes.plot(x, shares, color=COLOURS[0], marker="o", label="found in replicates, with its 95 % interval", **POINTS)
