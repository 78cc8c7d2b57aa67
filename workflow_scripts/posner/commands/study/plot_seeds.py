"""What the study could conclude with other numbers of seeds."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.seeds import draw_seeds

CURVES = ("seeds", "variants", "detectable", "margin", "equivalence_power")


class PlotSeeds(Plot):
    """Draw the smallest effect that is detected, and how often no effect is shown to be none, over the seeds."""

    power: Path
    """power.csv of `summarise_power`."""
    curves: Path
    """power_curves.csv of `summarise_power`."""

    def draw(self) -> Figure:
        return draw_seeds(read_table(self.power, ["seeds", "variants"]), read_table(self.curves, CURVES))
