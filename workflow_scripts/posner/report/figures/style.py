"""Styles of variants, the same in every figure, and files that are byte-identical where the figures are identical.

The colours are Paul Tol's "muted" scheme (https://personal.sron.nl/~pault/), which are distinct under all common kinds
of colour blindness. Markers and line styles differ too, so figures can be read in grey.

Text is drawn as it is: no mathematics is parsed (the style sheet says so), since tags and entity types may contain
``$``, ``_`` or ``^``. Characters that DejaVu Sans lacks are drawn with an installed font of :data:`FALLBACK_FONTS`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.markers import MarkerStyle
from matplotlib.transforms import Bbox
from matplotlib.typing import LineStyleType

from posner.errors import InputError, first_line
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
FALLBACK_FONTS = (  # for scripts that DejaVu Sans lacks, in order of preference
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Droid Sans Fallback", "Arial Unicode MS", "Hiragino Sans", "PingFang SC", "Microsoft YaHei", "Malgun Gothic"),
    *("Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Unifont"),
)
MISSING_GLYPH = r"Glyph \d+ .* missing from font"  # matplotlib's warning, once for each character
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


@contextmanager
def figure_style(sheet: Path) -> Iterator[None]:
    """Matplotlib's settings for all figures: the style sheet on top of its defaults, whatever the user's own settings.

    Fonts for further scripts are added if they are installed; matplotlib warns of each that is not.

    Raises:
        InputError: the style sheet cannot be read.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(matplotlib.style.context(sheet, after_reset=True))
        except (OSError, ValueError) as error:
            raise InputError(f"{sheet}: not a style sheet of matplotlib ({first_line(error)})") from error
        families = list(matplotlib.rcParams["font.family"])
        matplotlib.rcParams["font.family"] = [*families, *installed_fonts()]
        yield


def installed_fonts(families: Sequence[str] = FALLBACK_FONTS) -> list[str]:
    """Those of the font families that this machine has.

    Matplotlib's list of fonts is from its first use on this machine; fonts that were installed later are added.
    """
    listed = {font.fname for font in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in listed:
            with suppress(OSError, RuntimeError):  # a font that matplotlib cannot read
                fontManager.addfont(path)
    installed = {font.name for font in fontManager.ttflist}
    return [family for family in families if family in installed]


def save_figure(figure: Figure, png: Path) -> None:
    """Write a figure as PNG and, beside it, as SVG, without a date: the same figure gives the same bytes."""
    with one_note_on_missing_characters(png):
        fix_layout(figure)
        for path, metadata in ((png, {}), (png.with_suffix(".svg"), {"Date": None})):
            with atomic_path(path) as part:
                figure.savefig(part, dpi=DPI, metadata=metadata)


@contextmanager
def one_note_on_missing_characters(png: Path) -> Iterator[None]:
    """One line on stderr in place of matplotlib's warnings for each character that no installed font has."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", MISSING_GLYPH)
        yield
    missing = {str(warning.message) for warning in caught if "missing from font" in str(warning.message)}
    for warning in caught:
        if str(warning.message) not in missing:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing:
        hint = "install one for this script, such as Noto Sans CJK, and draw the figure again"
        print(f"{png}: no installed font has {len(missing)} of its characters; {hint}", file=sys.stderr)


def fix_layout(figure: Figure) -> None:
    """Round the positions of all axes to a millionth of the figure, and lay it out no more.

    The last bits of the layout solver's result differ between runs, and so would the names in SVG derived from them.
    """
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(Bbox.from_bounds(*np.round(axes.get_position().bounds, 6)))
