"""Test F1 of every variant and seed."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.ner import draw_ner_results


class PlotNerResults(Plot):
    """Draw test F1 by variant: a point for each seed, a bar at their mean, and the range of the baseline's seeds."""

    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        return draw_ner_results(read_table(self.runs, ["seed", "f1"]))
