"""Figures of the calibration: intervals around the known truth, and how often an effect is detected."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posner.calibration.reliability import CONTRASTS, SPREADS, design_of, proportion
from posner.report.figures.style import BAND, COLOURS, NEUTRAL, REFERENCE_DASH, VariantStyle

MISSED = COLOURS[1]


# --- intervals around the truth --------------------------------------------------------------------------------------


def draw_coverage(replicates: pd.DataFrame) -> Figure:
    """Intervals of all replicates minus the truth: a panel for each contrast, those that miss it in another colour.

    Args:
        replicates: ``replicates.csv``.
    """
    panels = {name: replicates[replicates["contrast"] == name] for name in CONTRASTS}
    height = 1.4 + 0.055 * max(map(len, panels.values()))
    figure = Figure(figsize=(7.4, height), layout="constrained")
    for axes, (name, rows) in zip(figure.subplots(1, len(panels), sharex=True), panels.items(), strict=True):
        add_contrast(axes, rows.sort_values("error"), CONTRASTS[name])
    figure.supxlabel("Difference minus true difference, with interval (F1 points)", fontsize=9)
    return figure


def add_contrast(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    """Draw one contrast, a line for each replicate."""
    truth = rows["difference"] - rows["error"]
    covers = rows["covers"] == "True"
    colours = [NEUTRAL if covered else MISSED for covered in covers]
    places = range(len(rows))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.hlines(places, 100 * (rows["low"] - truth), 100 * (rows["high"] - truth), colors=colours, linewidth=0.9)
    axes.scatter(100 * rows["error"], places, s=5, c=colours, zorder=3)
    axes.set_title(f"{title}:\n{covers.sum()} of {len(rows)} cover the truth", fontsize=9)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


# --- power -----------------------------------------------------------------------------------------------------------


def draw_power(sizes: pd.DataFrame, level: float) -> Figure:
    """Share of verdicts *helps* over the true effect of gold POS: in replicates, and as computed by the statistics.

    Args:
        sizes: ``sizes.csv``.
        level: of the verdicts, in 0..1.
    """
    gold = sizes[sizes["contrast"] == "gold"].sort_values("difference")
    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    axes = figure.subplots()
    add_computed_power(axes, gold, level)
    add_observed_power(axes, gold)
    axes.axhline(1 - level, color=NEUTRAL, linewidth=0.8, linestyle=REFERENCE_DASH)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("Expected effect of gold POS on test F1 (points)")
    axes.set_ylabel("Share of verdicts “helps”")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def add_computed_power(axes: Axes, gold: pd.DataFrame, level: float) -> None:
    """Draw the power that follows from the standard deviations over seeds and test units, interpolated."""
    differences = gold["difference"]
    grid = np.linspace(0, float(differences.max()), 100)
    numbers = {name: float(gold[name].iloc[0]) for name in ("seeds", "seed_df", "units", "tests")}
    values = [
        design_of(numbers | {name: np.interp(d, differences, gold[name]) for name in SPREADS}, level).power(d)
        for d in grid
    ]
    axes.plot(100 * grid, values, color=NEUTRAL, label="computed power")


def add_observed_power(axes: Axes, gold: pd.DataFrame) -> None:
    """Draw the share of replicates with the verdict *helps*, with its exact interval."""
    shares = [
        proportion([True] * int(helps) + [False] * int(replicates - helps))
        for helps, replicates in zip(gold["helps"], gold["replicates"], strict=True)
    ]
    x = 100 * gold["difference"]
    axes.vlines(x, [part["low"] for part in shares], [part["high"] for part in shares], color=BAND, linewidth=5)
    observed = [part["count"] / part["of"] for part in shares]
    point = VariantStyle(COLOURS[0], "o", "-").outlined_point()
    axes.plot(x, observed, label="observed share, with 95 % interval", **point)
