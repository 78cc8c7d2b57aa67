"""Error rates, coverage and power of simulated studies."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.simulation import SIMULATED_OUTCOMES, draw_simulation


class PlotSimulation(Plot):
    """Draw how often verdicts of simulated studies are right, over the number of seeds."""

    rates: Path
    """Table of `simulate_studies`."""

    def draw(self) -> Figure:
        return draw_simulation(read_table(self.rates, ["seeds", "units", *SIMULATED_OUTCOMES]))
