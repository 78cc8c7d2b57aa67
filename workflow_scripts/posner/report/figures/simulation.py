"""Figure of simulated studies: error rates, coverage and power by number of seeds and test documents."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posner.report.figures.style import COLOURS, NEUTRAL, REFERENCE_DASH

SIMULATED_OUTCOMES = {
    "false_claims": "Claims of an effect\nwhere there is none",
    "coverage": "Intervals that cover\nthe true values",
    "power": "Effects detected\n(gold POS)",
    "equivalent": "Shown to be equivalent\n(predicted POS)",
}
ROWS = {"variants": "single variants", "answer": "answer on a\nsource of POS"}
NOMINAL = {"false_claims": 0.05, "coverage": 0.95, "power": 0.8, "equivalent": 0.8}
ALIKE = "alike"


def draw_simulation(rows: pd.DataFrame) -> Figure:
    """A panel for each outcome and kind of verdict; lines join equal spreads, points are the other designs.

    Args:
        rows: of :func:`posner.calibration.simulated_verdicts.simulate`.
    """
    figure = Figure(figsize=(8.6, 4.6), layout="constrained")
    panels = figure.subplots(len(ROWS), len(SIMULATED_OUTCOMES), sharex=True, sharey="col", squeeze=False)
    for line, (kind, label) in zip(panels, ROWS.items(), strict=True):
        for axes, outcome in zip(line, SIMULATED_OUTCOMES, strict=True):
            add_outcome(axes, rows[rows["kind"] == kind], outcome)
        line[0].set_ylabel(f"Share, {label}")
    for axes, title in zip(panels[0], SIMULATED_OUTCOMES.values(), strict=True):
        axes.set_title(title, fontsize=9)
    figure.supxlabel("Training seeds (lines: equal spreads of all models; small points: the other designs)", fontsize=9)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


def add_outcome(axes: Axes, rows: pd.DataFrame, outcome: str) -> None:
    """Draw one outcome of one kind of verdict, in a colour for each number of test documents."""
    seeds = sorted(rows["seeds"].unique())
    places = rows["seeds"].map({number: place for place, number in enumerate(seeds)})
    axes.axhline(NOMINAL[outcome], color=NEUTRAL, linewidth=0.8, linestyle=REFERENCE_DASH)
    for units, colour in zip(sorted(rows["units"].unique()), COLOURS, strict=False):
        own = rows["units"] == units
        alike, other = own & (rows["spreads"] == ALIKE), own & (rows["spreads"] != ALIKE)
        axes.plot(places[alike], rows[outcome][alike], color=colour, marker="o", label=f"{units} documents")
        axes.scatter(places[other], rows[outcome][other], s=9, color=colour, alpha=0.6, linewidths=0)
    axes.set_xticks(range(len(seeds)), [f"{number}" for number in seeds])
    if outcome == "coverage":
        axes.set_ylim(0.88, 1.005)
    elif outcome == "false_claims":
        axes.set_ylim(-0.004, 0.12)
    else:
        axes.set_ylim(-0.03, 1.03)
