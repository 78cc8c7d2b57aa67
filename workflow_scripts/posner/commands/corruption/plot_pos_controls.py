"""Change of test F1 under tags that carry less and less information."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.corruption import draw_pos_controls


class PlotPosControls(Plot):
    """Draw the change of test F1 under each control, with the interval of each variant."""

    intervals: Path
    """corruption_intervals.csv."""
    corruption: Path
    """corruption.csv: the same, seed by seed."""
    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        return draw_pos_controls(
            read_table(self.intervals, ["change", "low", "high"]),
            read_table(self.corruption, ["change"]),
            read_table(self.runs, ["seed", "f1"]),
        )
