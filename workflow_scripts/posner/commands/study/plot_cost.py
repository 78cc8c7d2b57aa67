"""Where the time went."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from posner.files import read_table
from posner.report.figures.axes import name_rows, numbers_at_rows, row_height
from posner.report.figures.style import NEUTRAL, TWO_COLUMNS, Plot, looks
from posner.report.formats import duration, gigabytes

RULES = {
    "prepare_encoder": "Encoder prepared",
    "train_tagger": "Taggers",
    "merge_pos": "Predicted POS put together",
    "score_pos": "Confusions counted",
    "train_ner": "NER",
    "sweep_corruption": "Sweep",
}
UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}  # of the axis, in seconds


class PlotCost(Plot):
    """Draw the wall time of each rule and variant, summed over its jobs, with the peak memory of one job."""

    cost: Path
    """cost.csv."""
    runs: Path
    """ner_runs.csv, by which variants have their colours."""

    def draw(self) -> Figure:
        rows = read_table(self.cost, ["jobs", "seconds", "longest_seconds", "peak_memory_bytes"])
        look = looks(read_table(self.runs, []))
        names = [
            f"{RULES[rule]}: {label}" if label else RULES[rule]
            for rule, label in zip(rows["rule"], rows["label"], strict=True)
        ]
        total = rows["seconds"].sum()
        unit = next((unit for unit, seconds in UNITS.items() if rows["seconds"].max() >= 2 * seconds), "seconds")
        figure = Figure(
            figsize=(TWO_COLUMNS, 0.9 + row_height(names, 0.2) * len(names)),
            layout="constrained",
        )
        axes = figure.subplots()
        colours = [look[name].colour if name else NEUTRAL for name in rows["variant"]]
        axes.barh(range(len(rows)), rows["seconds"].fillna(0) / UNITS[unit], height=0.66, color=colours)
        name_rows(axes, names)
        numbers_at_rows(axes, [row_text(row) for _, row in rows.iterrows()], "jobs · longest · peak memory")
        axes.set_xlim(left=0)
        axes.set_xlabel(f"Wall time of all jobs ({unit}); together {duration(total)}")
        return figure


def row_text(row: pd.Series[float]) -> str:
    """Number of jobs, the longest, and the peak memory; what was not measured is left out."""
    longest, memory = row["longest_seconds"], row["peak_memory_bytes"]
    parts = [
        f"{row['jobs']:.0f}",
        "not measured" if isnan(longest) else duration(longest),
        "" if isnan(memory) else gigabytes(memory),
    ]
    return " · ".join(filter(None, parts))
