"""Figure of a study's cost: wall time and peak memory of its jobs."""

from __future__ import annotations

from math import isnan

import pandas as pd
from matplotlib.figure import Figure

from posner.report.figures.axes import add_right_column, row_figure
from posner.report.figures.style import NEUTRAL, variant_styles
from posner.report.formats import format_duration, format_gigabytes

RULES = {
    "prepare_encoder": "Encoder",
    "train_tagger": "POS taggers",
    "merge_pos": "Predicted POS",
    "score_pos": "Tagger scores",
    "train_ner": "NER",
    "sweep_corruption": "Sweep",
}
SECONDS_IN = {"hours": 3600, "minutes": 60, "seconds": 1}


def draw_cost(cost: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Wall time of each rule and variant, summed over its jobs, with the peak memory of one job.

    Args:
        cost: ``cost.csv``.
        runs: ``ner_runs.csv``, which determines the colours of the variants.
    """
    styles, seconds = variant_styles(runs), cost["seconds"]
    unit = next((unit for unit, size in SECONDS_IN.items() if seconds.max() >= 2 * size), "seconds")
    labels = [
        f"{RULES[rule]}: {label}" if label else RULES[rule]
        for rule, label in zip(cost["rule"], cost["label"], strict=True)
    ]
    figure, [axes] = row_figure(labels, 0.2, 0.9)
    colours = [styles[name].colour if name else NEUTRAL for name in cost["variant"]]
    axes.barh(range(len(cost)), seconds.fillna(0) / SECONDS_IN[unit], height=0.66, color=colours)
    add_right_column(axes, [format_usage(row) for _, row in cost.iterrows()], "jobs · longest · peak memory")
    axes.set_xlim(left=0)
    axes.set_xlabel(f"Wall time summed over jobs ({unit}); total {format_duration(seconds.sum())}")
    return figure


def format_usage(row: pd.Series[float]) -> str:
    """Number of jobs, duration of the longest, and peak memory; missing values are left out."""
    longest, memory = row["longest_seconds"], row["peak_memory_bytes"]
    parts = [
        f"{row['jobs']:.0f}",
        "not measured" if isnan(longest) else format_duration(longest),
        "" if isnan(memory) else format_gigabytes(memory),
    ]
    return " · ".join(filter(None, parts))
