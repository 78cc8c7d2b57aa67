"""Differences from the baseline of the same seed, by where POS enters the model."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.ner import draw_injection_strategies


class PlotInjectionStrategies(Plot):
    """Draw differences in test F1 from the baseline: a panel for each source of POS, a row for each strategy."""

    runs: Path
    """ner_runs.csv."""
    comparisons: Path
    """ner_comparisons.csv."""

    def draw(self) -> Figure:
        return draw_injection_strategies(
            read_table(self.runs, ["seed", "f1"]),
            read_table(self.comparisons, ["low", "high"]),
        )
