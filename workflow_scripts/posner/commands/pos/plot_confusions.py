"""The most frequent POS confusions."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from posner.files import read_table
from posner.report.figures.axes import name_rows, numbers_at_rows, thousands
from posner.report.figures.style import COLOURS, ONE_COLUMN, Plot

TOP = 15


class PlotConfusions(Plot):
    """Draw how often the fold taggers took a tag for another one, on sentences that they were not trained on."""

    confusions: Path
    """pos_confusions.csv."""

    def draw(self) -> Figure:
        table = read_table(self.confusions, ["count", "share"])
        rows = table[table["split"] == "train"].nlargest(TOP, "count")
        figure = Figure(figsize=(ONE_COLUMN, 1.1 + 0.27 * max(len(rows), 1)), layout="constrained")
        axes = figure.subplots()
        if rows.empty:
            axes.annotate("no confusions", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")
        axes.barh(range(len(rows)), rows["count"], height=0.62, color=COLOURS[0])
        name_rows(
            axes, [f"{gold} → {predicted}" for gold, predicted in zip(rows["gold"], rows["predicted"], strict=True)]
        )
        numbers_at_rows(
            axes,
            [
                f"{thousands(int(count))}  ({100 * share:.1f} %)"
                for count, share in zip(rows["count"], rows["share"], strict=True)
            ],
            "tokens (share)",
        )
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda count, _: thousands(round(count)))
        axes.xaxis.set_major_locator(MaxNLocator(3))
        figure.supxlabel("Tokens of train (true → predicted tag)", fontsize=9)
        return figure
