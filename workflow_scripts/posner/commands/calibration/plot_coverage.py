"""Intervals of all replicates around the truth."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.calibration import draw_coverage


class PlotCoverage(Plot):
    """Draw intervals minus the truth: a panel for each contrast, those that miss it in another colour."""

    replicates: Path
    """replicates.csv."""

    def draw(self) -> Figure:
        return draw_coverage(read_table(self.replicates, ["difference", "low", "high", "error"]))
