"""Figure of the power of a study over its number of training seeds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from posner.report.figures.style import COLOURS, DASHES, NEUTRAL, REFERENCE_DASH, TWO_COLUMNS
from posner.stats.intervals import POWER
from posner.summaries.names import within_sentence

LABELS = {"answer": "mean of", "variants": "each of"}


def draw_seeds(power: pd.DataFrame, curves: pd.DataFrame) -> Figure:
    """The smallest effect that is detected, and how often no effect is shown to be none, for each kind of verdict.

    Args:
        power: ``power.csv``, with the configured seeds.
        curves: ``power_curves.csv``; without rows if no variant reads POS.
    """
    figure = Figure(figsize=(TWO_COLUMNS, 3.2), layout="constrained")
    effects, equivalence = figure.subplots(1, 2)
    for number, (label, curve) in enumerate(distinct_curves(curves).items()):
        style = {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)]}
        effects.plot(curve["seeds"], 100 * curve["detectable"], label=label, **style)
        equivalence.plot(curve["seeds"], curve["equivalence_power"], **style)
    if len(curves):
        margin = 100 * curves["margin"].iloc[0]
        effects.axhline(margin, color=NEUTRAL, linewidth=0.8, linestyle=REFERENCE_DASH)
        effects.set_ylim(0, max(3 * margin, 1.1 * 100 * curves.loc[curves["seeds"] == 3, "detectable"].max()))
        equivalence.axhline(POWER, color=NEUTRAL, linewidth=0.8, linestyle=REFERENCE_DASH)
        equivalence.set_ylim(-0.03, 1.03)
        mark_seeds([effects, equivalence], sorted(power["seeds"].unique()))
        figure.legend(loc="outside upper center", ncols=2)
    effects.set_ylabel("Smallest effect that is detected\n(F1 points, 80 % power)")
    equivalence.set_ylabel("No effect: probability that\nit is shown to be equivalent")
    figure.supxlabel("Training seeds (grey: this study)", fontsize=9)
    return figure


def distinct_curves(curves: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The curves by label: a curve that several sources of POS share is drawn once."""
    same: dict[tuple[object, ...], list[pd.DataFrame]] = {}
    for _, curve in curves.groupby(["kind", "pos"], sort=True):
        key = (curve["kind"].iloc[0], curve["variants"].iloc[0], *curve["detectable"])
        same.setdefault(key, []).append(curve)
    return {curve_label(shared): shared[0] for shared in same.values()}


def curve_label(shared: Sequence[pd.DataFrame]) -> str:
    """``gold, predicted: mean of 4 variants``, of equal curves."""
    sources = ", ".join(within_sentence(curve["pos"].iloc[0]).removesuffix(" POS") for curve in shared)
    kind, number = shared[0]["kind"].iloc[0], shared[0]["variants"].iloc[0]
    return f"{sources}: {LABELS[kind]} {number} variant{'s' if number != 1 else ''}"


def mark_seeds(panels: list[Axes], seeds: list[int]) -> None:
    """Mark the numbers of seeds of the study."""
    for axes in panels:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for number in seeds:
            axes.axvline(number, color=NEUTRAL, linewidth=5, alpha=0.15)
