"""Styles of variants, the same in every figure, and files that are byte-identical where the figures are identical.

The colours are Paul Tol's "muted" scheme (https://personal.sron.nl/~pault/), which are distinct under all common kinds
of colour blindness. Markers and line styles differ too, so figures can be read in grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.transforms import Bbox
from matplotlib.typing import LineStyleType

from posner.files import atomic_path

DPI = 200  # of PNG files
ONE_COLUMN, TWO_COLUMNS = 3.3, 6.9  # width of a figure in a paper, in inches

NEUTRAL = "#4d4d4d"
BAND = "#dcdcdc"
GREY = "#7a7a7a"  # all controls: colours are for the variants that are compared
COLOURS = ("#332288", "#cc6677", "#117733", "#88ccee", "#882255", "#999933", "#44aa99", "#aa4499", "#ddcc77")

REFERENCE_DASH: LineStyleType = (0, (4, 2))  # lines that variants are compared with
DASHES: tuple[LineStyleType, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))

MARKERS = ("o", "s", "^", "D", "v", "p", "<", "h", ">", "*", "d")
CONTROL_MARKERS = ("P", "X", "H", "8", "1", "2", "3", "4", "+", "x")
CONTROL_SOURCES = ("oracle", "random")  # values of a variant's `pos`


@dataclass(frozen=True, slots=True)
class VariantStyle:
    """Colour, marker and line style of a variant, the same in every figure."""

    colour: str
    marker: str
    dash: LineStyleType

    def point(self) -> dict[str, Any]:
        """Options of ``Axes.plot`` for the points of a line."""
        return {"color": self.colour, "marker": self.marker, "markersize": 4}

    def outlined_point(self) -> dict[str, Any]:
        """Options of ``Axes.plot`` for single points, outlined in white to separate points that overlap.

        Markers without a face, such as ``+``, are nothing but their edge, which keeps the colour.
        """
        options = {"color": self.colour, "marker": self.marker, "linestyle": ""}
        if self.marker in MarkerStyle.filled_markers:
            return options | {"markeredgecolor": "white", "markeredgewidth": 0.5}
        return options


def variant_styles(runs: pd.DataFrame) -> dict[str, VariantStyle]:
    """The style of each variant, by name.

    Args:
        runs: ``ner_runs.csv``. A style depends on the variant's place in this table among the variants of its kind
            (baseline, compared, control), so all figures have to read the same table.
    """
    pos = runs.groupby("variant", sort=False)["pos"].first()
    styles = {name: VariantStyle("#000000", "o", "-") for name in pos.index}
    for i, name in enumerate(pos.index[~pos.isin(["none", *CONTROL_SOURCES])]):
        styles[name] = VariantStyle(COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
    for source in CONTROL_SOURCES:
        for i, name in enumerate(pos.index[pos == source]):
            styles[name] = VariantStyle(GREY, CONTROL_MARKERS[i % len(CONTROL_MARKERS)], DASHES[i % len(DASHES)])
    return styles


def save_figure(figure: Figure, png: Path) -> None:
    """Write a figure as PNG and, beside it, as SVG, without a date: the same figure gives the same bytes."""
    fix_layout(figure)
    for path, metadata in ((png, {}), (png.with_suffix(".svg"), {"Date": None})):
        with atomic_path(path) as part:
            figure.savefig(part, dpi=DPI, metadata=metadata)


def fix_layout(figure: Figure) -> None:
    """Round the positions of all axes to a millionth of the figure, and lay it out no more.

    The last bits of the layout solver's result differ between runs, and so would the names in SVG derived from them.
    """
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(Bbox.from_bounds(*np.round(axes.get_position().bounds, 6)))
