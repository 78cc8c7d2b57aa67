"""What all figures share: how variants look, axes in points, and files that are the same when the figure is.

Colours are Paul Tol's "muted" scheme (https://personal.sron.nl/~pault/), which stays apart for all common kinds of
colour blindness. Markers and line styles differ too, so that a figure reads in grey.
"""

from __future__ import annotations

import textwrap
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Bbox
from pydantic import Field

from .artifacts import atomic_path
from .cli import Command
from .results import read_table

DPI = 200  # of PNG
ONE_COLUMN, TWO_COLUMNS = 3.3, 6.9  # inches that a figure takes in a paper
PAGE = 9.2  # inches that it may be high
LETTERS = 40  # of a line of a label
KEY_LETTERS = 30  # of a line of the key to one of two panels
LINE = 0.16  # inches from one line of a label to the next
NEUTRAL = "#4d4d4d"
BAND = "#dcdcdc"
REFERENCE = (0, (4, 2))  # line style of what others are compared with

POINTS: dict[str, Any] = {"linestyle": "", "markeredgecolor": "white", "markeredgewidth": 0.5}  # of single seeds

TICKS: dict[str, Any] = {"markersize": 5, "markeredgewidth": 0.8}  # of single seeds where points are means

Dash = str | tuple[int, tuple[float, ...]]
CONTROLS = ("oracle", "random")  # sources of POS
GREY = "#7a7a7a"  # of all controls: colours are for what is compared
COLOURS = ("#332288", "#cc6677", "#117733", "#88ccee", "#882255", "#999933", "#44aa99", "#aa4499", "#ddcc77")
MARKERS = ("o", "s", "^", "D", "v", "p", "<", "h", ">", "*", "d")
CONTROL_MARKERS = ("P", "X", "H", "8", "1", "2", "3", "4", "+", "x")
DASHES: tuple[Dash, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))


class Plot(Command):
    """Base of the scripts that draw a figure."""

    style: Path = Field(description="Matplotlib style sheet.")
    output: Path = Field(description="PNG file to write; an SVG file is written beside it.")

    @abstractmethod
    def draw(self) -> Figure:
        """The figure."""

    def cli_cmd(self) -> None:
        with matplotlib.style.context(self.style):
            save(self.draw(), self.output)


def save(figure: Figure, png: Path) -> None:
    """Write a figure as PNG and, beside it, as SVG; without the date, which would make each run another file."""
    fix_layout(figure)
    for path, metadata in ((png, {}), (png.with_suffix(".svg"), {"Date": None})):
        with atomic_path(path) as part:
            figure.savefig(part, dpi=DPI, metadata=metadata)


def fix_layout(figure: Figure) -> None:
    """Place all axes, to a millionth of the figure.

    The last bits of what the layout's solver finds differ from run to run, and so would names in SVG, which are made of
    them.
    """
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(Bbox.from_bounds(*np.round(axes.get_position().bounds, 6)))


# --- variants --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """How a variant is drawn, in every figure."""

    colour: str
    marker: str
    dash: Dash

    @property
    def point(self) -> dict[str, Any]:
        """Options of a plot that draws a point."""
        return {"color": self.colour, "marker": self.marker, "markersize": 4}


def looks(runs: pd.DataFrame) -> dict[str, Look]:
    """The look of each variant of ``ner_runs.csv``, by its place among its like: all figures read that table."""
    pos = runs.groupby("variant", sort=False)["pos"].first()
    made = {name: Look("#000000", "o", "-") for name in pos.index}
    for i, name in enumerate(pos.index[~pos.isin(["none", *CONTROLS])]):
        made[name] = Look(COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
    for control in CONTROLS:
        for i, name in enumerate(pos.index[pos == control]):
            made[name] = Look(GREY, CONTROL_MARKERS[i % len(CONTROL_MARKERS)], DASHES[i % len(DASHES)])
    return made


def on_test(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``ner_runs.csv`` for test, with F1 in points of 0..100.

    Oracles are left out: they are near 100, and all others would lie on top of each other beside them.
    """
    test = runs[(runs["split"] == "test") & (runs["pos"] != "oracle")]
    return test.assign(f1=100 * test["f1"])


def read_intervals(path: Path) -> pd.DataFrame:
    """``corruption_intervals.csv``, with changes of F1 and their bounds in points of 0..100."""
    table = read_table(path, ["level", "change", "low", "high"])
    return table.assign(**{name: 100 * table[name] for name in ("change", "low", "high")})


def read_seeds(path: Path) -> pd.DataFrame:
    """``corruption.csv``, a row for each mode, level and seed, with changes of F1 in points of 0..100."""
    table = read_table(path, ["level", "change"])
    return table.assign(change=100 * table["change"])


def baseline_spread(runs: pd.DataFrame) -> tuple[float, float]:
    """How far the baseline's seeds lie from their mean on test, in points of F1: what another seed alone can do.

    `runs` are the rows of ``ner_runs.csv``.
    """
    f1 = on_test(runs).query("pos == 'none'")["f1"]
    return float((f1 - f1.mean()).min()), float((f1 - f1.mean()).max())


def spread_key(spread: tuple[float, float]) -> list[Patch]:
    """The key to the band of :func:`baseline_spread`; one seed has none."""
    low, high = spread
    return [Patch(color=BAND, label="baseline's seeds around their mean")] if low < high else []


def by_variant(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each variant, in the order of the table, which is that of the config."""
    return [(str(name), rows) for name, rows in table.groupby("variant", sort=False)]


def add_seeds(axes: Axes, x: pd.Series[float], y: pd.Series[float], look: Look, tick: str) -> None:
    """Single seeds beside their mean, each a `tick`: ``|`` on a level interval, ``_`` on an upright one."""
    axes.plot(x, y, tick, color=look.colour, **TICKS)


def seed_key(tick: str) -> Line2D:
    """The key to :func:`add_seeds`."""
    return Line2D([], [], color=NEUTRAL, marker=tick, linestyle="", label="one seed", **TICKS)


def beside_each_other(count: int, step: float = 0.13) -> list[float]:
    """Offsets of points that share a row, so that equal ones can be counted."""
    return [step * (i - (count - 1) / 2) for i in range(count)]


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
