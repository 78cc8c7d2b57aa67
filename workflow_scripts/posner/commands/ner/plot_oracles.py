"""F1 of the oracle controls, which show what each input path can transmit."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.ner import draw_oracles


class PlotOracles(Plot):
    """Draw test F1 of the oracle of each input path, with the F1 that it has to reach and the baseline's."""

    runs: Path
    """ner_runs.csv."""
    oracles: Path
    """verdict_oracles.csv."""

    def draw(self) -> Figure:
        return draw_oracles(read_table(self.runs, ["seed", "f1"]), read_table(self.oracles, ["required_f1"]))
