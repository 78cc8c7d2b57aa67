"""Figures of NER: test F1 by variant, differences from the baseline, also by type of mention, and oracles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product, zip_longest

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from pydantic import ValidationError

from posner.config.variants import Variant
from posner.report.figures.axes import (
    INTERVAL_WIDTH,
    LINE_HEIGHT,
    BaselineRange,
    add_band,
    add_baseline,
    add_right_column,
    add_row_estimates,
    baseline_keys,
    by_variant,
    dodge_offsets,
    empty_figure,
    fitting_row,
    in_points,
    key_line,
    limits,
    name_rows,
    row_figure,
    test_rows_without_oracles,
    thousands,
    wrapped,
)
from posner.report.figures.style import NEUTRAL, TWO_COLUMNS, VariantStyle, variant_styles
from posner.stats.spread import PairedDifference, Spread, paired_difference
from posner.summaries.names import POS

MEAN_TICK_WIDTH = 1.6  # typographic points
SLICE_MIN_SPAN = 4.0  # points of F1; slices are small, and vary more
MIN_MENTIONS = 50  # true mentions of a slice that is drawn; with 50, each mention is worth about 2 points of recall
SLICE_STEP = 0.11  # inches from one variant to the next
SLICE_TITLES = {
    "all": "All",
    "novelty": "In train",
    "type": "Type",
    "length": "Length",
    "sentence": "Sentence",
    "tagging": "Tagging",
}
ORACLE_MIN_SPAN = 10.0  # points of F1


# --- test F1 ---------------------------------------------------------------------------------------------------------


def draw_ner_results(runs: pd.DataFrame) -> Figure:
    """Test F1 by variant: a point for each seed, a bar at their mean, and the range of the baseline's seeds as a band.

    Args:
        runs: ``ner_runs.csv``.
    """
    test, styles, baseline = test_rows_without_oracles(runs), variant_styles(runs), BaselineRange.of(runs)
    variants = by_variant(test)
    figure, [axes] = row_figure([str(rows["label"].iloc[0]) for _, rows in variants], 0.36, 1.5)
    add_baseline(axes, baseline)
    for y, (name, rows) in enumerate(variants):
        if len(rows) > 1:
            axes.vlines(rows["f1"].mean(), y - 0.36, y + 0.36, color=styles[name].colour, linewidth=MEAN_TICK_WIDTH)
        axes.plot(rows["f1"], [y + offset for offset in dodge_offsets(len(rows))], **styles[name].outlined_point())
    add_right_column(axes, [format_spread(rows["f1"].tolist()) for _, rows in variants], "mean ± sd (seeds)")
    axes.set_xlim(limits(test["f1"]))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel("Test F1 (points)")
    keys = [
        seed_point_key("one seed"),
        Line2D([], [], color=NEUTRAL, marker="|", markersize=11, mew=MEAN_TICK_WIDTH, linestyle="", label="mean"),
        *baseline_keys(baseline),
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys))
    return figure


def format_spread(values: Sequence[float]) -> str:
    """``85.70 ± 0.21 (3)``."""
    spread = Spread.of(values)
    std = "" if spread.std is None else f" ± {spread.std:.2f}"
    return f"{spread.mean:.2f}{std} ({spread.n})"


def seed_point_key(label: str) -> Line2D:
    """The key to points that are single seeds."""
    return Line2D([], [], color=NEUTRAL, marker="o", linestyle="", label=label)


# --- differences from the baseline -----------------------------------------------------------------------------------


def draw_injection_strategies(runs: pd.DataFrame, comparisons: pd.DataFrame) -> Figure:
    """Differences in test F1 from the baseline of the same seed: a panel by source of POS, a row for each strategy.

    Args:
        runs: ``ner_runs.csv``.
        comparisons: ``ner_comparisons.csv``.
    """
    test, styles = test_rows_without_oracles(runs), variant_styles(runs)
    baseline = BaselineRange.of(runs).around_mean()
    differences = differences_by_variant(test)
    with_interval = in_points(comparisons, "low", "high").dropna(subset=["low", "high"])
    bounds = zip(with_interval["low"], with_interval["high"], strict=True)
    intervals = dict(zip(with_interval["variant"], bounds, strict=True))
    variants = test[test["pos"] != "none"].groupby("variant", sort=False).first()
    sources = [source for source in POS if source in set(variants["pos"])]
    strategies = list(dict.fromkeys(variants.sort_values("fusion", kind="stable", ascending=False)["injection"]))
    figure, panels = row_figure(strategies, 0.42, 1.6, panels=len(sources))
    values = [value for difference in differences.values() for value in difference.values]
    panels[0].set_xlim(limits([baseline.low, baseline.high, *values, *with_interval["low"], *with_interval["high"]]))
    for axes, source in zip(panels, sources, strict=True):
        add_band(axes, baseline)
        axes.axvline(0, color=NEUTRAL, linewidth=1)
        injections = variants.loc[variants["pos"] == source, "injection"]
        for name, injection in injections.items():
            add_strategy(
                axes, strategies.index(injection), differences[str(name)], intervals.get(str(name)), styles[str(name)]
            )
        for y, strategy in enumerate(strategies):
            if strategy not in set(injections):
                note = "not run" if could_read(variants[variants["injection"] == strategy], source) else "cannot exist"
                annotate_row(axes, y, note)
        axes.set_title(POS[source])
    figure.supxlabel("Difference in test F1 from the baseline of the same seed (points)", fontsize=9)
    keys = [
        seed_point_key("one seed"),
        Line2D(
            [],
            [],
            color=NEUTRAL,
            marker="|",
            mew=MEAN_TICK_WIDTH,
            linewidth=INTERVAL_WIDTH,
            label="mean with interval",
        ),
        *baseline.band_key("range over baseline seeds"),
    ]
    figure.legend(handles=keys, loc="outside upper center", ncols=3)
    return figure


def could_read(strategy: pd.DataFrame, source: str) -> bool:
    """Whether a variant with the fusion and feature of these rows could read POS from `source`: gold has no logits."""
    fusion, feature = strategy.iloc[0][["fusion", "feature"]]
    depth = 1 if fusion == "encoder" else None
    try:
        Variant(fusion=fusion, pos=source, feature=feature, inject_layer_offset_from_end=depth)
    except ValidationError:
        return False
    return True


def annotate_row(axes: Axes, y: float, note: str) -> None:
    """A note in a row without points, on the side of the zero line that has more room."""
    x, side = (0.02, "left") if sum(axes.get_xlim()) < 0 else (0.98, "right")
    axes.annotate(note, (x, y), xycoords=("axes fraction", "data"), ha=side, va="center", color=NEUTRAL, fontsize=7)


def differences_by_variant(test: pd.DataFrame) -> dict[str, PairedDifference]:
    """Paired differences from the baseline by variant, in the unit of `test`."""
    scores = {name: dict(zip(rows["seed"].astype(int), rows["f1"], strict=True)) for name, rows in by_variant(test)}
    baseline = scores.pop(test.loc[test["pos"] == "none", "variant"].iloc[0])
    return {name: paired_difference(by_seed, baseline) for name, by_seed in scores.items()}


def add_strategy(
    axes: Axes, y: int, difference: PairedDifference, interval: tuple[float, float] | None, style: VariantStyle
) -> None:
    """Draw one variant's differences at row `y`, with mean and interval below the seeds, which would hide it."""
    shift = 0.0
    if interval and difference.mean is not None:
        axes.hlines(y + 0.3, interval[0], interval[1], color=style.colour, linewidth=INTERVAL_WIDTH)
        axes.plot([difference.mean], [y + 0.3], marker="|", markeredgewidth=MEAN_TICK_WIDTH, color=style.colour)
        shift = -0.1
    places = [y + shift + offset for offset in dodge_offsets(len(difference.values))]
    axes.plot(difference.values, places, **style.outlined_point())


# --- differences by type of mention ----------------------------------------------------------------------------------


def draw_slices(slices: pd.DataFrame, seeds: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Differences in test F1 from the baseline: a row of panels by kind of slice, a column by source of POS.

    Slices of fewer than :data:`MIN_MENTIONS` true mentions are listed, not drawn: one mention would move their F1 by
    points, and stretch the axis that all slices share.

    Args:
        slices: ``ner_slices_summary.csv``.
        seeds: ``ner_slices.csv``, the same seed by seed.
        runs: ``ner_runs.csv``.
    """
    if slices.empty:
        return empty_figure("No variant shares a seed with the baseline.")
    columns = {"value": "row", "difference": "value"}
    estimates = in_points(slices, "difference", "low", "high").rename(columns=columns)
    by_seed = in_points(seeds, "difference").rename(columns=columns)
    styles, baseline = variant_styles(runs), BaselineRange.of(runs).around_mean()
    figure, panels = slice_panels(estimates, styles)
    small = is_small(estimates)
    drawn = estimates[~small]
    by_seed = by_seed[~is_small(by_seed)]
    shown = [baseline.low, baseline.high, *by_seed["value"], *drawn["low"], *drawn["high"]]
    figure.axes[0].set_xlim(limits(shown, SLICE_MIN_SPAN))
    for (kind, source), axes in panels.items():
        if kind == "all":
            add_band(axes, baseline)
        axes.axvline(0, color=NEUTRAL, linewidth=1)
        of_panel, of_seeds = (table[(table["slice"] == kind) & (table["pos"] == source)] for table in (drawn, by_seed))
        rows = estimates.loc[estimates["slice"] == kind, "row"].unique()
        step = 0.7 / max(of_panel["variant"].nunique(), 3)
        places = {row: y for y, row in enumerate(rows)}
        add_row_estimates(axes, of_panel, of_seeds, places, styles, step, VariantStyle.outlined_point)
        for row in estimates.loc[small & (estimates["slice"] == kind), "row"].unique():
            annotate_row(axes, places[row], f"fewer than {MIN_MENTIONS}")
        axes.grid(visible=False, axis="y")
        axes.tick_params(length=0)
    figure.supxlabel("Difference in test F1 from the baseline of the same seeds (points)", fontsize=9)
    return figure


def is_small(table: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are slices of too few mentions to be drawn; all mentions are drawn in any case."""
    return (table["support"] < MIN_MENTIONS) & (table["slice"] != "all")


def slice_panels(
    estimates: pd.DataFrame, styles: Mapping[str, VariantStyle]
) -> tuple[Figure, dict[tuple[str, str], Axes]]:
    """A figure with its key, and a panel for each kind of slice and source of POS, whose rows are named."""
    kinds = [kind for kind in SLICE_TITLES if kind in set(estimates["slice"])]
    sources = [source for source in POS if source in set(estimates["pos"])]
    labels = [
        estimates[estimates["pos"] == source].groupby("variant", sort=False)["label"].first() for source in sources
    ]
    supports = [estimates[estimates["slice"] == kind].groupby("row", sort=False)["support"].first() for kind in kinds]
    keys, counts = columns_of_keys(labels, styles), [len(support) for support in supports]
    key_lines = sum(1 + str(key.get_label()).count("\n") for key in keys) / len(sources)
    rest = 1.2 + 0.15 * len(kinds) + LINE_HEIGHT * key_lines
    row = fitting_row(0.2 + SLICE_STEP * max(map(len, labels)), sum(counts), rest)
    figure = Figure(figsize=(TWO_COLUMNS, rest + row * sum(counts)), layout="constrained")
    panels = figure.subplots(len(kinds), len(sources), sharex=True, sharey="row", squeeze=False, height_ratios=counts)
    for axes, kind, support in zip(panels[:, 0], kinds, supports, strict=True):
        name_rows(axes, [f"{value} ({thousands(int(mentions))})" for value, mentions in support.items()])
        axes.set_ylabel(SLICE_TITLES[kind])
    for axes, source in zip(panels[0], sources, strict=True):
        axes.set_title(POS[source])
    figure.align_ylabels()
    figure.legend(handles=keys, loc="outside upper center", ncols=len(sources))
    return figure, dict(zip(product(kinds, sources), panels.flat, strict=True))


def columns_of_keys(labels: Sequence[pd.Series[str]], styles: Mapping[str, VariantStyle]) -> list[Line2D]:
    """The key, with a column for each source of POS; a legend is filled column by column.

    Args:
        labels: of the variants, for each source.
    """
    blank = Line2D([], [], linestyle="", label=" ")
    columns = [
        [Line2D([], [], label=wrapped(label), **styles[str(name)].outlined_point()) for name, label in column.items()]
        for column in labels
    ]
    rows = zip_longest(*columns, fillvalue=blank)
    return [key for column in zip(*rows, strict=True) for key in column]


# --- oracles ---------------------------------------------------------------------------------------------------------


def draw_oracles(runs: pd.DataFrame, oracles: pd.DataFrame) -> Figure:
    """Test F1 of the oracle of each input path, with the F1 that shows a path to work and the baseline's.

    Args:
        runs: ``ner_runs.csv``.
        oracles: ``verdict_oracles.csv``.
    """
    test, styles, baseline = (
        in_points(runs[runs["split"] == "test"], "f1"),
        variant_styles(runs),
        BaselineRange.of(runs),
    )
    of_oracles, required = test[test["pos"] == "oracle"], 100 * oracles["required_f1"].iloc[0]
    paths = oracles["path"].tolist()
    figure, [axes] = row_figure(paths, 0.3, 1.2)
    add_baseline(axes, baseline)
    axes.axvline(required, color=NEUTRAL, linewidth=1.4, zorder=1)
    for name, rows in by_variant(of_oracles[of_oracles["injection"].isin(paths)]):
        y = paths.index(rows["injection"].iloc[0])
        places = [y + offset for offset in dodge_offsets(len(rows))]
        axes.plot(rows["f1"], places, markersize=8, **styles[name].outlined_point())
    states = [
        f"{state}: {100 * float(f1):.1f}" if f1 else state
        for state, f1 in zip(oracles["state"], oracles["oracle_f1"], strict=True)
    ]
    add_right_column(axes, states, "mean oracle F1")
    low, _ = limits([baseline.low, baseline.high, *of_oracles["f1"], required], ORACLE_MIN_SPAN)
    axes.set_xlim(low, 101)
    axes.set_xlabel("Test F1 (points)")
    keys = [
        seed_point_key("oracle, one seed"),
        key_line("required F1", "-", 1.4),
        *baseline_keys(baseline),
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=4)
    return figure
