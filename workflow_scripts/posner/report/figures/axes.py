"""Parts that several figures share: rows, panels by fusion, the baseline for reference, seeds, intervals and keys.

Tables are those of the study as :func:`posner.files.read_table` reads them, with scores in 0..1; figures show points of
0..100.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.typing import LineStyleType

from posner.config.variants import FUSIONS
from posner.report.figures.style import BAND, NEUTRAL, REFERENCE_DASH, TWO_COLUMNS, VariantStyle
from posner.report.formats import one_line

MIN_SPAN = 2.0  # points of F1 that an axis spans at least, unless its figure sets another span
PAGE_HEIGHT = 9.2  # inches
LABEL_WIDTH = 40  # characters on a line of a label
TAG_WIDTH = 24  # characters of a POS tag
KEY_WIDTH = 30  # characters on a line of the key to one of two panels
LINE_HEIGHT = 0.16  # inches from one line of a label to the next
INTERVAL_WIDTH = 1.2  # typographic points
SEED_TICK: dict[str, Any] = {"markersize": 5, "markeredgewidth": 0.8}  # single seeds beside their mean

Direction = Literal["x", "y"]  # of the axis that shows scores


# --- tables ----------------------------------------------------------------------------------------------------------


def in_points(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """`table` with `columns` converted from 0..1 to points of 0..100."""
    return table.assign(**{column: 100 * table[column] for column in columns})


def by_variant(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each variant, in the order of the table, which is that of the config."""
    return [(str(name), rows) for name, rows in table.groupby("variant", sort=False)]


def test_rows_without_oracles(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``ner_runs.csv`` for the test split, with F1 in points.

    Oracles are left out: they are near 100, and all other variants would overlap on an axis that reaches so far.
    """
    return in_points(runs[(runs["split"] == "test") & (runs["pos"] != "oracle")], "f1")


@dataclass(frozen=True, slots=True)
class BaselineRange:
    """Mean of the baseline's test F1 over its seeds, with the lowest and the highest seed, in points."""

    low: float
    mean: float
    high: float

    @classmethod
    def of(cls, runs: pd.DataFrame) -> BaselineRange:
        """The range in ``ner_runs.csv``."""
        f1 = test_rows_without_oracles(runs).query("pos == 'none'")["f1"]
        return cls(float(f1.min()), float(f1.mean()), float(f1.max()))

    def around_mean(self) -> BaselineRange:
        """The range as differences from the mean: the effect of the seed alone on F1."""
        return BaselineRange(self.low - self.mean, 0.0, self.high - self.mean)

    def band_key(self, label: str) -> list[Patch]:
        """The key to :func:`add_band`; a single seed has no range."""
        return [Patch(color=BAND, label=label)] if self.low < self.high else []


# --- axes ------------------------------------------------------------------------------------------------------------


def limits(values: Iterable[float], min_span: float = MIN_SPAN) -> tuple[float, float]:
    """Limits of an axis that shows `values`, NaN aside.

    The axis spans `min_span` at least, so that small random differences are not drawn large.
    """
    shown = np.fromiter(values, dtype=np.float64)
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    space = max(min_span - (high - low), 0) / 2 + 0.06 * max(high - low, min_span)
    return low - space, high + space


def add_band(axes: Axes, baseline: BaselineRange, direction: Direction = "x") -> None:
    """Shade the range over the baseline's seeds."""
    add = axes.axvspan if direction == "x" else axes.axhspan
    add(baseline.low, baseline.high, color=BAND, linewidth=0, zorder=0)


def add_baseline(axes: Axes, baseline: BaselineRange, direction: Direction = "x") -> None:
    """Shade the range over the baseline's seeds, with a dashed line at their mean."""
    add_band(axes, baseline, direction)
    add = axes.axvline if direction == "x" else axes.axhline
    add(baseline.mean, color=NEUTRAL, linestyle=REFERENCE_DASH, linewidth=1, zorder=1)


def add_seeds(
    axes: Axes, x: pd.Series[float], y: pd.Series[float], style: VariantStyle, direction: Direction = "x"
) -> None:
    """Draw single seeds beside their mean, as ticks across the interval."""
    axes.plot(x, y, seed_tick(direction), color=style.colour, **SEED_TICK)


def seed_tick(direction: Direction) -> str:
    """Marker of single seeds beside their mean."""
    return {"x": "|", "y": "_"}[direction]


def dodge_offsets(count: int, step: float = 0.13) -> list[float]:
    """Offsets of points that share a row, so that none hides another."""
    return [step * (i - (count - 1) / 2) for i in range(count)]


def key_line(label: str, dash: LineStyleType = REFERENCE_DASH, width: float = 1) -> Line2D:
    """The key to a reference line."""
    return Line2D([], [], color=NEUTRAL, linestyle=dash, linewidth=width, label=label)


def seed_tick_key(direction: Direction) -> Line2D:
    """The key to :func:`add_seeds`."""
    return Line2D([], [], color=NEUTRAL, marker=seed_tick(direction), linestyle="", label="one seed", **SEED_TICK)


def baseline_keys(baseline: BaselineRange) -> list[Line2D | Patch]:
    """The keys to :func:`add_baseline` where scores are shown."""
    return [
        key_line("baseline mean"),
        *baseline.band_key("range over baseline seeds"),
    ]


# --- rows ------------------------------------------------------------------------------------------------------------


def row_figure(
    labels: Sequence[str], row: float, rest: float, *, panels: int = 1, width: float = TWO_COLUMNS
) -> tuple[Figure, list[Axes]]:
    """A figure with one row for each label, in `panels` beside each other that share both axes.

    Args:
        row: height of a row with a label of one line, in inches.
        rest: height of everything else, in inches.
    """
    height = rest + row_height(labels, row) * max(len(labels), 1)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes_of_panels = list(figure.subplots(1, panels, sharex=True, sharey=True, squeeze=False)[0])
    for axes in axes_of_panels:
        name_rows(axes, labels)
    return figure, axes_of_panels


def empty_figure(note: str) -> Figure:
    """A figure of a table without rows; `note` says why it has none."""
    figure = Figure(figsize=(TWO_COLUMNS, 1.0), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    axes.annotate(note, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")
    return figure


def wrapped(label: str, characters: int = LABEL_WIDTH) -> str:
    """A label on as many lines as it needs, since the names of variants may be of any length."""
    return textwrap.fill(one_line(label), characters)


def elided(tag: str) -> str:
    """A tag as one line of :data:`TAG_WIDTH` characters at most: of a longer one, the beginning and the end."""
    tag, end = one_line(tag), TAG_WIDTH // 3
    return tag if len(tag) <= TAG_WIDTH else f"{tag[: TAG_WIDTH - end - 1]}…{tag[-end:]}"


def line_counts(labels: Sequence[str], characters: int = LABEL_WIDTH) -> list[int]:
    """Number of lines of each label when it is wrapped."""
    return [wrapped(label, characters).count("\n") + 1 for label in labels]


def row_height(labels: Sequence[str], one_line: float) -> float:
    """Height of a row in inches that leaves room for the longest label; `one_line` if no label is wrapped."""
    return one_line + LINE_HEIGHT * (max(line_counts(labels), default=1) - 1)


def fitting_row(row: float, rows: int, rest: float) -> float:
    """Height of a row in inches: `row`, or less where `rows` of them and the `rest` would not fit on a page."""
    return min(row, (PAGE_HEIGHT - rest) / max(rows, 1))


def name_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a plot, which are at y = 0, 1, ... from the top."""
    axes.set_yticks(range(len(labels)), [wrapped(label) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def add_right_column(axes: Axes, texts: Sequence[str], heading: str) -> None:
    """A column of text to the right of the rows."""
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(texts)), texts)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    axes.annotate(
        heading, (1, 1), (3.5, 4), xycoords="axes fraction", textcoords="offset points", va="bottom", fontsize=8
    )


def add_row_estimates(
    axes: Axes,
    estimates: pd.DataFrame,
    seeds: pd.DataFrame,
    rows: Mapping[str, int],
    styles: Mapping[str, VariantStyle],
    step: float,
    point: Callable[[VariantStyle], Mapping[str, Any]],
) -> None:
    """Draw mean, interval and single seeds of each variant in each row, the variants `step` apart.

    Args:
        estimates: columns `variant`, `label`, `row`, `value`, `low` and `high`.
        seeds: columns `variant`, `row` and `value`.
        rows: place of each row.
        point: options of ``Axes.plot`` for a mean, from a variant's style.
    """
    variants = by_variant(estimates)
    for offset, (name, means) in zip(dodge_offsets(len(variants), step), variants, strict=True):
        style, of_seeds, y = styles[name], seeds[seeds["variant"] == name], means["row"].map(rows) + offset
        axes.hlines(y, means["low"], means["high"], color=style.colour, linewidth=INTERVAL_WIDTH)
        add_seeds(axes, of_seeds["value"], of_seeds["row"].map(rows) + offset, style)
        axes.plot(means["value"], y, label=label_of(means), **{"linestyle": "", **point(style)})


def thousands(count: int) -> str:
    """A whole number with thin spaces."""
    return f"{count:,}".replace(",", "\u2009")


# --- a panel for each fusion -----------------------------------------------------------------------------------------

FUSION_TITLES = {"late": "Late fusion", "encoder": "Encoder-level fusion"}


def fusion_panels(
    table: pd.DataFrame, height: float, around: float = 0.6
) -> tuple[Figure, dict[str, tuple[Axes, Axes]]]:
    """A figure with a panel for each fusion in `table`, and axes for its key below each panel.

    Args:
        height: of a panel with its title and labels, in inches.
        around: height of these titles and labels, in inches.
    """
    fusions = [fusion for fusion in FUSIONS if fusion in set(table["fusion"])]
    below = max(key_height(rows) for _, rows in table.groupby("fusion"))
    figure = Figure(figsize=(TWO_COLUMNS, height + below), layout="constrained")
    ratios = [height - around, below]
    panels, keys = figure.subplots(2, len(fusions), sharex="row", sharey="row", squeeze=False, height_ratios=ratios)
    for axes, key, fusion in zip(panels, keys, fusions, strict=True):
        axes.set_title(FUSION_TITLES.get(fusion, f"{fusion.capitalize()} fusion"))
        key.axis("off")
    return figure, dict(zip(fusions, zip(panels, keys, strict=True), strict=True))


def label_of(rows: pd.DataFrame) -> str:
    """The label of the variant that all rows belong to, wrapped for the key to a panel."""
    return wrapped(str(rows["label"].iloc[0]), KEY_WIDTH)


def key_height(rows: pd.DataFrame) -> float:
    """Height of the key to one panel, in inches."""
    labels = [str(variant["label"].iloc[0]) for _, variant in by_variant(rows)]
    return 0.05 * len(labels) + LINE_HEIGHT * sum(line_counts(labels, KEY_WIDTH))


def add_key(axes: Axes, key: Axes) -> None:
    """Write the key to a panel into the axes below it."""
    key.legend(*axes.get_legend_handles_labels(), loc="upper center", borderaxespad=0, handlelength=3.2)


def add_change_key(figure: Figure, baseline: BaselineRange, direction: Direction, *others: Line2D) -> None:
    """Write above the panels the key to changes of F1: reference line, intervals, seeds, others, the baseline."""
    keys = [
        key_line("gold POS tags"),
        key_line("interval", "-"),
        seed_tick_key(direction),
        *others,
        *baseline.band_key("range over baseline seeds"),
    ]
    figure.legend(handles=keys, loc="outside upper center", ncols=2)
