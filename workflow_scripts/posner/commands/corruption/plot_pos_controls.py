"""Change of test F1 when less and less of what the tags say is left."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from posner.files import read_table
from posner.report.figures.axes import add_change_key, add_key, fusion_panels, label_of, limits, name_rows
from posner.report.figures.style import (
    BAND,
    NEUTRAL,
    REFERENCE,
    Plot,
    add_seeds,
    baseline_spread,
    beside_each_other,
    by_variant,
    looks,
    read_intervals,
    read_seeds,
)

LEAST = 2.0  # points that the axis spans at least
STEP = 0.11  # inches from one variant to the next
CONTROLS = {
    "random_tag": "any other tag",
    "shuffle": "shuffled in the sentence",
    "permute": "shuffled in the text",
    "constant": "the most frequent tag",
    "zero": "POS path off",
}


class PlotPosControls(Plot):
    """Draw the change of test F1 in each control, a point and its interval a variant."""

    intervals: Path
    """corruption_intervals.csv."""
    corruption: Path
    """corruption.csv: the same, seed by seed."""
    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        table = read_intervals(self.intervals)
        runs = read_table(self.runs, ["seed", "f1"])
        look, spread = looks(runs), baseline_spread(runs)
        shown = table[table["mode"].isin(CONTROLS)]
        seeds = read_seeds(self.corruption).query("mode in @CONTROLS")
        row = 0.25 + STEP * shown.groupby("fusion")["variant"].nunique().max()
        figure, panels = fusion_panels(shown, 1.6 + row * len(CONTROLS))
        places = {mode: y for y, mode in enumerate(CONTROLS)}
        for fusion, (axes, key) in panels.items():
            variants = by_variant(shown[shown["fusion"] == fusion])
            axes.axvspan(*spread, color=BAND, linewidth=0, zorder=0)
            axes.axvline(0, color=NEUTRAL, linewidth=1, linestyle=REFERENCE, zorder=1)
            for shift, (name, rows) in zip(beside_each_other(len(variants), STEP / row), variants, strict=True):
                y, how = rows["mode"].map(places) + shift, look[name]
                axes.hlines(y, rows["low"], rows["high"], color=how.colour, linewidth=1)
                axes.plot(rows["change"], y, linestyle="", label=label_of(rows), **how.point)
                own = seeds[seeds["variant"] == name]
                add_seeds(axes, own["change"], own["mode"].map(places) + shift, how, "|")
            name_rows(axes, list(CONTROLS.values()))
            axes.set_xlabel("Change of test F1 (points)")
            add_key(axes, key)
        figure.axes[0].set_xlim(limits([*spread, *seeds["change"], *shown[["low", "high"]].stack().dropna()], LEAST))
        add_change_key(figure, spread, "|")
        return figure
