"""POS tagging: accuracy by split, and F1 of each tag."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.commands.plots import Plot
from posner.files import read_table
from posner.report.figures.pos import draw_pos_tagging


class PlotPosTagging(Plot):
    """Draw the taggers' accuracy and F1 by split, and F1 of each tag, a row for each tag, the most frequent first."""

    tagging: Path
    """pos_tagging.csv."""
    by_tag: Path
    """pos_by_tag.csv."""

    def draw(self) -> Figure:
        return draw_pos_tagging(
            read_table(self.tagging, ["accuracy", "macro_f1"]),
            read_table(self.by_tag, ["f1", "support"]),
        )
