"""Wall time of the study's jobs."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.cost import draw_cost


class PlotCost(Plot):
    """Draw the wall time of each rule and variant, summed over its jobs, with the peak memory of one job."""

    cost: Path
    """cost.csv."""
    runs: Path
    """ner_runs.csv, which determines the colours of the variants."""

    def draw(self) -> Figure:
        return draw_cost(
            read_table(self.cost, ["jobs", "seconds", "longest_seconds", "peak_memory_bytes"]),
            read_table(self.runs, []),
        )
