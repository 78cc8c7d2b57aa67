"""The most frequent POS confusions."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.pos import draw_confusions


class PlotConfusions(Plot):
    """Draw the most frequent confusions of the fold taggers, on sentences that they were not trained on."""

    confusions: Path
    """pos_confusions.csv."""

    def draw(self) -> Figure:
        return draw_confusions(read_table(self.confusions, ["count", "share"]))
