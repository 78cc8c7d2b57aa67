"""Test F1 over the rate of POS corruption."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.corruption import draw_corruption


class PlotCorruption(Plot):
    """Draw test F1 over the rate of corruption: a line and a band for each variant, with the baseline for reference."""

    corruption: Path
    """corruption.csv."""
    runs: Path
    """ner_runs.csv."""
    tagging: Path
    """pos_tagging.csv, for the tagger's own error rate on test."""

    def draw(self) -> Figure:
        return draw_corruption(
            read_table(self.corruption, ["seed", "level", "effective_rate", "f1", "std_f1"]),
            read_table(self.runs, ["seed", "f1"]),
            read_table(self.tagging, ["accuracy"]),
        )
