"""What all figures share: how variants look, axes in points, and files that are the same when the figure is.

Colours are Paul Tol's "muted" scheme (https://personal.sron.nl/~pault/), which stays apart for all common kinds of
colour blindness. Markers and line styles differ too, so that a figure reads in grey.
"""

from __future__ import annotations

from abc import abstractmethod
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

from posner.files import atomic_path, read_table
from posner.workflow.command import Command

DPI = 200  # of PNG
ONE_COLUMN, TWO_COLUMNS = 3.3, 6.9  # inches that a figure takes in a paper
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

    style: Path
    """Matplotlib style sheet."""
    output: Path
    """PNG file to write; an SVG file is written beside it."""

    @abstractmethod
    def draw(self) -> Figure:
        """The figure."""

    def execute(self) -> None:
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
