"""Figures of corrupted POS tags: F1 over the rate of corruption, over the tagger's error rate, and under controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from posner.report.figures.axes import (
    INTERVAL_WIDTH,
    BaselineRange,
    add_baseline,
    add_change_key,
    add_key,
    add_row_estimates,
    add_seeds,
    baseline_keys,
    by_variant,
    dodge_offsets,
    fusion_panels,
    in_points,
    key_line,
    label_of,
    limits,
    name_rows,
    seed_tick_key,
)
from posner.report.figures.style import COLOURS, NEUTRAL, VariantStyle, variant_styles

CURVE_MIN_SPAN = 5.0  # points of F1
SHARE_MIN_SPAN = 5.0  # % of the tokens
DODGE = 0.03  # of the points of all variants at one share of the tokens, as a part of the axis: less than a marker
NO_ERRORS = "The tagger makes no errors on train\n(out of fold): no tag was replaced."
SHADE = 0.18  # opacity of the bands around curves
LABEL_GAP = 0.045  # between the multiples that are named above the axis, as a part of it
CONTROL_STEP = 0.11  # inches from one variant to the next
CONTROL_MODES = {
    "random_tag": "random other tag",
    "shuffle": "shuffled within sentence",
    "permute": "shuffled within test set",
    "constant": "most frequent tag",
    "zero": "input path off",
}


# --- F1 over the rate of corruption ----------------------------------------------------------------------------------


def draw_corruption(corruption: pd.DataFrame, runs: pd.DataFrame, tagging: pd.DataFrame) -> Figure:
    """Test F1 over the share of test tags that errors replaced, with the baseline for reference.

    A line and a band for each variant show errors at random positions. An open point shows the tagger's own tags, near
    its error rate. The share is the one that really changed: tags that the tagger never confuses stay, so it can be far
    below the nominal rate.

    Args:
        corruption: ``corruption.csv``.
        runs: ``ner_runs.csv``.
        tagging: ``pos_tagging.csv``, for the tagger's own error rate on test.
    """
    table = in_points(corruption, "effective_rate", "f1", "std_f1")
    curves, own_tags = table[table["mode"] == "tagger"], table[table["mode"] == "anchor"]
    curves = curves.fillna({"std_f1": 0.0})  # a single draw has no standard deviation
    curves = curves.assign(low=curves["f1"] - curves["std_f1"], high=curves["f1"] + curves["std_f1"])
    styles, baseline = variant_styles(runs), BaselineRange.of(runs)
    tagger_error = 100 * (1 - tagging.set_index("split")["accuracy"]["test"])
    shares = limits([0, tagger_error, *curves["effective_rate"]], SHARE_MIN_SPAN)
    figure, panels = fusion_panels(curves, 3.9)
    figure.axes[0].set_xlim(shares)
    for fusion, (axes, key) in panels.items():
        add_baseline(axes, baseline, "y")
        axes.axvline(tagger_error, color=NEUTRAL, linestyle=":", linewidth=1, zorder=1)
        for name, rows in by_variant(curves[curves["fusion"] == fusion]):
            add_curve(axes, rows, styles[name])
        add_own_tags(axes, own_tags[own_tags["fusion"] == fusion], tagger_error, styles)
        note_missing_errors(axes, curves)
        axes.set_xlabel("Replaced test tags (% of tokens)")
        add_key(axes, key)
    first = figure.axes[0]
    shown = [*curves["low"], *curves["high"], *own_tags["f1"], baseline.low, baseline.high]
    first.set_ylim(limits(shown, CURVE_MIN_SPAN))
    first.set_ylabel("Test F1 (points)")
    keys = [
        *baseline_keys(baseline),
        key_line("tagger error rate on test", ":"),
        Line2D([], [], color=NEUTRAL, linestyle="", label="tagger's own tags, mean", **open_point("o")),
        Patch(color=COLOURS[0], alpha=SHADE, linewidth=0, label="all seeds, each ± sd over draws"),
        seed_tick_key("y"),
    ]
    figure.legend(handles=keys, loc="outside upper center", ncols=2)
    return figure


def add_curve(axes: Axes, rows: pd.DataFrame, style: VariantStyle) -> None:
    """Draw one variant: the mean over seeds, and a band from the lowest to the highest seed, each ± sd over draws."""
    by_rate = rows.groupby("level")
    shares, mean = by_rate["effective_rate"].mean(), by_rate["f1"].mean()
    axes.fill_between(shares, by_rate["low"].min(), by_rate["high"].max(), color=style.colour, alpha=SHADE, linewidth=0)
    add_seeds(axes, rows["effective_rate"], rows["f1"], style, "y")
    axes.plot(shares, mean, linestyle=style.dash, label=label_of(rows), **(style.point() | {"markersize": 3.5}))


def note_missing_errors(axes: Axes, rows: pd.DataFrame) -> None:
    """Say so where no tag was replaced, which would look like errors without an effect.

    Args:
        rows: of ``corruption.csv``, for errors drawn from the tagger's confusions.
    """
    if not (rows["effective_rate"] > 0).any():
        axes.annotate(NO_ERRORS, (0.5, 0.05), xycoords="axes fraction", ha="center", color=NEUTRAL)


def add_own_tags(axes: Axes, rows: pd.DataFrame, tagger_error: float, styles: Mapping[str, VariantStyle]) -> None:
    """Draw the mean F1 of each variant with the tagger's own tags, at its error rate."""
    variants = by_variant(rows)
    for offset, (name, own) in zip(small_offsets(axes, len(variants)), variants, strict=True):
        style = styles[name]
        axes.plot(
            [tagger_error + offset], [own["f1"].mean()], linestyle="", color=style.colour, **open_point(style.marker)
        )


def small_offsets(axes: Axes, variants: int) -> list[float]:
    """Offsets of variants at the same share of the tokens, which is measured: too small to be read as another share."""
    low, high = axes.get_xlim()
    return dodge_offsets(variants, DODGE * (high - low) / variants)


def open_point(marker: str) -> dict[str, Any]:
    """Options of ``Axes.plot`` for the tagger's own tags: the variant's marker without a fill."""
    return {"marker": marker, "markersize": 6, "markerfacecolor": "white", "markeredgewidth": 1.2, "zorder": 4}


# --- changes of F1 ---------------------------------------------------------------------------------------------------


def draw_scaled_errors(intervals: pd.DataFrame, corruption: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Change of test F1 over the share of the test tags that a multiple of the tagger's errors replaced.

    The multiples are named above the axis. Open points show the tagger's own tags, at its error rate.

    Args:
        intervals: ``corruption_intervals.csv``.
        corruption: ``corruption.csv``, the same seed by seed.
        runs: ``ner_runs.csv``.
    """
    styles, baseline = variant_styles(runs), BaselineRange.of(runs).around_mean()
    changes, seeds = (
        table[table["mode"].isin(["scaled", "anchor"])].assign(x=lambda rows: 100 * rows["effective_rate"])
        for table in (in_points(intervals, "change", "low", "high"), in_points(corruption, "change"))
    )
    figure, panels = fusion_panels(changes, 4.2, 1.1)
    figure.axes[0].set_xlim(limits([0, *changes["x"]], SHARE_MIN_SPAN))
    for fusion, (axes, key) in panels.items():
        variants = by_variant(changes[changes["fusion"] == fusion])
        add_baseline(axes, baseline, "y")
        for offset, (name, rows) in zip(small_offsets(axes, len(variants)), variants, strict=True):
            add_scaled(axes, rows.assign(x=rows["x"] + offset), styles[name])
            of_seeds = seeds[seeds["variant"] == name]
            add_seeds(axes, of_seeds["x"] + offset, of_seeds["change"], styles[name], "y")
        name_multiples(axes, changes[changes["mode"] == "scaled"])
        note_missing_errors(axes, corruption[corruption["mode"] == "scaled"])
        axes.set_xlabel("Replaced test tags (% of tokens)")
        add_key(axes, key)
    figure.axes[0].set_ylim(limits(shown_changes(baseline, seeds, changes)))
    figure.axes[0].set_ylabel("Change in test F1 (points)")
    own_tags = Line2D([], [], color=NEUTRAL, linestyle="", label="tagger's own tags", **open_point("o"))
    add_change_key(figure, baseline, "y", own_tags)
    return figure


def name_multiples(axes: Axes, scaled: pd.DataFrame) -> None:
    """Name the multiples of the tagger's error probability above the shares that they replaced, where there is room."""
    low, high = axes.get_xlim()
    places: dict[str, float] = {}
    for level, share in scaled.groupby("level")["x"].mean().items():
        if not places or share - max(places.values()) > LABEL_GAP * (high - low):
            places[f"{level:g}"] = share
    above = axes.secondary_xaxis("top")
    above.set_xticks(list(places.values()), list(places))
    above.set_xlabel("Multiple of the tagger's error probability", fontsize=8)


def add_scaled(axes: Axes, rows: pd.DataFrame, style: VariantStyle) -> None:
    """Draw one variant: a line over the multiples, an open point for the tagger's own tags, and intervals."""
    scaled, own_tags = rows[rows["mode"] == "scaled"], rows[rows["mode"] == "anchor"]
    axes.vlines(rows["x"], rows["low"], rows["high"], color=style.colour, linewidth=INTERVAL_WIDTH)
    axes.plot(scaled["x"], scaled["change"], linestyle=style.dash, label=label_of(rows), **style.point())
    axes.plot(own_tags["x"], own_tags["change"], linestyle="", color=style.colour, **open_point(style.marker))


def draw_pos_controls(intervals: pd.DataFrame, corruption: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Change of test F1 under tags that carry less and less information: a row for each control.

    Args:
        intervals: ``corruption_intervals.csv``.
        corruption: ``corruption.csv``, the same seed by seed.
        runs: ``ner_runs.csv``.
    """
    styles, baseline = variant_styles(runs), BaselineRange.of(runs).around_mean()
    changes, seeds = (
        table[table["mode"].isin(CONTROL_MODES)].assign(
            row=lambda rows: rows["mode"], value=lambda rows: rows["change"]
        )
        for table in (in_points(intervals, "change", "low", "high"), in_points(corruption, "change"))
    )
    row = 0.25 + CONTROL_STEP * changes.groupby("fusion")["variant"].nunique().max()
    figure, panels = fusion_panels(changes, 1.6 + row * len(CONTROL_MODES))
    places = {mode: y for y, mode in enumerate(CONTROL_MODES)}
    for fusion, (axes, key) in panels.items():
        add_baseline(axes, baseline)
        of_fusion = changes[changes["fusion"] == fusion]
        add_row_estimates(axes, of_fusion, seeds, places, styles, CONTROL_STEP / row, VariantStyle.point)
        name_rows(axes, list(CONTROL_MODES.values()))
        axes.set_xlabel("Change in test F1 (points)")
        add_key(axes, key)
    figure.axes[0].set_xlim(limits(shown_changes(baseline, seeds, changes)))
    add_change_key(figure, baseline, "x")
    return figure


def shown_changes(baseline: BaselineRange, seeds: pd.DataFrame, changes: pd.DataFrame) -> Iterator[float]:
    """All values that an axis of changes has to show."""
    yield from (baseline.low, baseline.high)
    for column in (seeds["change"], changes["low"], changes["high"]):
        yield from column
