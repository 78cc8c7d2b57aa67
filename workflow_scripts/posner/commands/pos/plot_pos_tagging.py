"""How well POS was tagged: accuracy by split, and F1 of each tag."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posner.files import read_table
from posner.report.figures.axes import fitting_row, name_rows, numbers_at_rows, thousands
from posner.report.figures.style import TWO_COLUMNS, Plot, beside_each_other

SPLITS = {
    "train": ("train, out of fold", "#332288", "o"),
    "validation": ("validation", "#88ccee", "s"),
    "test": ("test", "#cc6677", "^"),
}
SHIFTS = dict(zip(SPLITS, beside_each_other(len(SPLITS), 0.18), strict=True))
OVERALL = {"accuracy": "accuracy, all tokens", "macro_f1": "F1, mean over tags"}


class PlotPosTagging(Plot):
    """Draw the taggers' accuracy and F1 by tag, a row a tag, the most frequent first."""

    tagging: Path
    """pos_tagging.csv."""
    by_tag: Path
    """pos_by_tag.csv."""

    def draw(self) -> Figure:
        tagging = read_table(self.tagging, list(OVERALL)).set_index("split")
        overall = {split: [float(tagging[name][split]) for name in OVERALL] for split in SPLITS}
        by_tag = read_table(self.by_tag, ["f1", "support"])
        support = (
            by_tag[by_tag["split"] == "train"].set_index("tag")["support"].sort_values(ascending=False, kind="stable")
        )
        row = fitting_row(0.19, len(support) + 2, 2.2)
        figure = Figure(figsize=(TWO_COLUMNS, 2.2 + row * (len(support) + 2)), layout="constrained")
        top, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, len(support)])
        for split, (label, _, _) in SPLITS.items():
            self.add_points(top, split, pd.Series(overall[split]), label)
            rows = by_tag[(by_tag["split"] == split) & (by_tag["support"] > 0)].set_index("tag")["f1"]
            self.add_points(below, split, rows.reindex(support.index))
        name_rows(top, list(OVERALL.values()))
        percent = [" / ".join(f"{100 * score:.2f}" for score in row) for row in zip(*overall.values(), strict=True)]
        numbers_at_rows(top, percent, "train / validation / test")
        name_rows(below, list(support.index))
        numbers_at_rows(below, [thousands(int(count)) for count in support], "tokens in train")
        for axes in (top, below):
            axes.grid(visible=True, axis="y")
        below.set_xlim(-2, 102)
        below.set_xlabel("F1 of each tag (points)")
        figure.legend(loc="outside upper center", ncols=3, markerscale=1.2)
        return figure

    def add_points(self, axes: Axes, split: str, scores: pd.Series[float], label: str | None = None) -> None:
        """One split's scores in 0..1, from above; a tag that the split lacks has no point."""
        _, colour, marker = SPLITS[split]
        axes.plot(
            100 * scores,
            [row + SHIFTS[split] for row in range(len(scores))],
            marker,
            color=colour,
            label=label,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.4,
            clip_on=False,
        )
