"""Share of planted effects that are detected, beside the power that the statistics compute."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.calibration.reliability import SPREADS
from posner.commands.plots import Plot
from posner.files import read_json, read_table
from posner.report.figures.calibration import draw_power


class PlotPower(Plot):
    """Draw the share of verdicts *helps* over the size of the effect of gold POS."""

    sizes: Path
    """sizes.csv."""
    calibration: Path
    """calibration.json."""

    def draw(self) -> Figure:
        level = read_json(self.calibration, ["statistics"])["statistics"]["level"]
        numbers = ["difference", "replicates", "helps", *SPREADS, "seeds", "seed_df", "units", "tests"]
        return draw_power(read_table(self.sizes, numbers), level)
