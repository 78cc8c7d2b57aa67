"""Differences from the baseline by type of mention."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.ner import draw_slices


class PlotSlices(Plot):
    """Draw differences in test F1 from the baseline with intervals: panels by type of mention and source of POS."""

    slices: Path
    """ner_slices_summary.csv."""
    seeds: Path
    """ner_slices.csv: the same, seed by seed."""
    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        return draw_slices(
            read_table(self.slices, ["support", "difference", "low", "high"]),
            read_table(self.seeds, ["support", "difference"]),
            read_table(self.runs, ["seed", "f1"]),
        )
