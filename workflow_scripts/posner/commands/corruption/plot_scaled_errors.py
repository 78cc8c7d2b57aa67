"""Change of test F1 as the tagger errs more often, and under its own tags."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.corruption import draw_scaled_errors


class PlotScaledErrors(Plot):
    """Draw the change of test F1 over the factor of the tagger's error probability, with its own tags to the right."""

    intervals: Path
    """corruption_intervals.csv."""
    corruption: Path
    """corruption.csv: the same, seed by seed."""
    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        return draw_scaled_errors(
            read_table(self.intervals, ["level", "effective_rate", "change", "low", "high"]),
            read_table(self.corruption, ["level", "effective_rate", "change"]),
            read_table(self.runs, ["seed", "f1"]),
        )
