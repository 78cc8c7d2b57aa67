"""Axes, rows, panels and keys that several figures share."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from posner.report.figures.style import NEUTRAL, REFERENCE, TWO_COLUMNS, by_variant, seed_key, spread_key

PAGE = 9.2  # inches that it may be high
LETTERS = 40  # of a line of a label
KEY_LETTERS = 30  # of a line of the key to one of two panels
LINE = 0.16  # inches from one line of a label to the next


# --- axes ------------------------------------------------------------------------------------------------------------


def limits(values: Sequence[float], least: float) -> tuple[float, float]:
    """Limits of an axis that shows `values`: not less than `least` wide, so that chance is not drawn large."""
    low, high = float(np.min(values)), float(np.max(values))
    space = max(least - (high - low), 0) / 2 + 0.06 * max(high - low, least)
    return low - space, high + space


def wrapped(label: str, letters: int = LETTERS) -> str:
    """A label on as many lines as it needs: names are as long as their authors like, and pages are not."""
    return textwrap.fill(label, letters)


def lines(labels: Sequence[str], letters: int = LETTERS) -> list[int]:
    """Number of lines of each label when it is wrapped."""
    return [wrapped(label, letters).count("\n") + 1 for label in labels]


def row_height(labels: Sequence[str], one_line: float) -> float:
    """Inches of a row that leave room for the longest label, `one_line` if all of them are short."""
    return one_line + LINE * (max(lines(labels), default=1) - 1)


def fitting_row(row: float, rows: int, rest: float) -> float:
    """Inches of a row: `row`, or less where so many `rows` and the `rest` of a figure would not fit on a page."""
    return min(row, (PAGE - rest) / max(rows, 1))


def name_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a plot, drawn at y = 0, 1, ... from above."""
    axes.set_yticks(range(len(labels)), [wrapped(label) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def numbers_at_rows(axes: Axes, texts: Sequence[str], title: str) -> None:
    """A column of numbers at the right of the rows."""
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(texts)), texts)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    axes.annotate(
        title, (1, 1), (3.5, 4), xycoords="axes fraction", textcoords="offset points", va="bottom", fontsize=8
    )


def thousands(count: int) -> str:
    """A whole number with thin spaces."""
    return f"{count:,}".replace(",", "\u2009")


# --- a panel a fusion ------------------------------------------------------------------------------------------------

PANELS = {"late": "Late fusion", "encoder": "Encoder fusion"}


def fusion_panels(table: pd.DataFrame, height: float) -> tuple[Figure, dict[str, tuple[Axes, Axes]]]:
    """A figure with a panel a fusion of `table`, `height` inches high, and below each of them the place of its key."""
    fusions = [fusion for fusion in PANELS if fusion in set(table["fusion"])]
    below = max(key_height(rows) for _, rows in table.groupby("fusion"))
    figure = Figure(figsize=(TWO_COLUMNS, height + below), layout="constrained")
    ratios = [height - 0.6, below]
    panels, keys = figure.subplots(2, len(fusions), sharex="row", sharey="row", squeeze=False, height_ratios=ratios)
    for axes, key, fusion in zip(panels, keys, fusions, strict=True):
        axes.set_title(PANELS[fusion])
        key.axis("off")
    return figure, dict(zip(fusions, zip(panels, keys, strict=True), strict=True))


def label_of(rows: pd.DataFrame) -> str:
    """The label of the variant that all rows are of, on as many lines as it needs."""
    return wrapped(str(rows["label"].iloc[0]), KEY_LETTERS)


def key_height(rows: pd.DataFrame) -> float:
    """Inches that the key to one panel takes."""
    labels = [str(variant["label"].iloc[0]) for _, variant in by_variant(rows)]
    return 0.05 * len(labels) + LINE * sum(lines(labels, KEY_LETTERS))


def add_key(axes: Axes, key: Axes) -> None:
    """Write the key to a panel into its place."""
    key.legend(*axes.get_legend_handles_labels(), loc="upper center", borderaxespad=0, handlelength=3.2)


def add_change_key(figure: Figure, spread: tuple[float, float], tick: str) -> None:
    """Write above the panels what lines, ticks and the band of changes against the clean text mean."""
    none = Line2D([], [], color=NEUTRAL, linestyle=REFERENCE, linewidth=1, label="the corpus's tags")
    bar = Line2D([], [], color=NEUTRAL, linewidth=1, label="interval over seeds and texts, of two seeds and more")
    figure.legend(handles=[none, bar, seed_key(tick), *spread_key(spread)], loc="outside upper center", ncols=2)
