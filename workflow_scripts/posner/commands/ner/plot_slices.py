"""Where variants differ from the baseline: by kind of mention."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from posner.files import read_table
from posner.report.figures.axes import LINE, fitting_row, limits, name_rows, thousands, wrapped
from posner.report.figures.style import (
    BAND,
    NEUTRAL,
    POINTS,
    TWO_COLUMNS,
    Look,
    Plot,
    add_seeds,
    baseline_spread,
    beside_each_other,
    by_variant,
    looks,
)
from posner.summaries.names import POS

LEAST = 4.0  # points that the axis spans at least
NUMBERS = ["support", "difference", "low", "high"]
STEP = 0.11  # inches from one variant to the next
KINDS = {
    "all": "All",
    "novelty": "In train",
    "type": "Type",
    "length": "Words",
    "sentence": "Sentence",
    "tagging": "Tags",
}


class PlotSlices(Plot):
    """Draw differences of test F1 to the baseline, with intervals: panels for kinds of mentions and sources of POS."""

    slices: Path
    """ner_slices_summary.csv."""
    seeds: Path
    """ner_slices.csv: the same, seed by seed."""
    runs: Path
    """ner_runs.csv."""

    def draw(self) -> Figure:
        table = read_table(self.slices, NUMBERS)
        table = table.assign(**{name: 100 * table[name] for name in NUMBERS[1:]})
        seeds = read_table(self.seeds, ["difference"])
        seeds = seeds.assign(difference=100 * seeds["difference"]).dropna(subset=["difference"])
        runs = read_table(self.runs, ["seed", "f1"])
        look, spread = looks(runs), baseline_spread(runs)
        sources = [source for source in POS if source in set(table["pos"])]
        kinds = [kind for kind in KINDS if kind in set(table["slice"])]
        by_source = {source: list(table.loc[table["pos"] == source, "variant"].unique()) for source in sources}
        keys = legend(table, by_source, look)
        values = [table.loc[table["slice"] == kind, "value"].nunique() for kind in kinds]
        rest = 1.2 + 0.15 * len(kinds) + LINE * sum(1 + str(key.get_label()).count("\n") for key in keys) / len(sources)
        row = fitting_row(0.2 + STEP * max(map(len, by_source.values())), sum(values), rest)
        figure = Figure(figsize=(TWO_COLUMNS, rest + row * sum(values)), layout="constrained")
        panels = figure.subplots(
            len(kinds), len(sources), sharex=True, sharey="row", squeeze=False, height_ratios=values
        )
        for axes_of_kind, kind in zip(panels, kinds, strict=True):
            for axes, source in zip(axes_of_kind, sources, strict=True):
                if kind == "all":
                    axes.axvspan(*spread, color=BAND, linewidth=0, zorder=0)
                rows = table[(table["slice"] == kind) & (table["pos"] == source)]
                own = seeds[(seeds["slice"] == kind) & (seeds["pos"] == source)]
                add_panel(axes, rows, own, list(table.loc[table["slice"] == kind, "value"].unique()), look)
            name_rows(axes_of_kind[0], value_labels(table[table["slice"] == kind]))
            axes_of_kind[0].set_ylabel(KINDS[kind])
        for axes, source in zip(panels[0], sources, strict=True):
            axes.set_title(POS[source])
        figure.align_ylabels()
        panels[0][0].set_xlim(limits([*spread, *seeds["difference"], *table[["low", "high"]].stack().dropna()], LEAST))
        figure.supxlabel("Test F1 minus the baseline's of the same seeds (points)", fontsize=9)
        figure.legend(handles=keys, loc="outside upper center", ncols=len(sources))
        return figure


def add_panel(axes: Axes, rows: pd.DataFrame, seeds: pd.DataFrame, values: list[str], look: dict[str, Look]) -> None:
    """Differences of one source of POS in the slices of one kind, the variants side by side, with their seeds."""
    axes.axvline(0, color=NEUTRAL, linewidth=1)
    groups = by_variant(rows)
    for (name, found), offset in zip(groups, beside_each_other(len(groups), 0.7 / max(len(groups), 3)), strict=True):
        places = {value: y + offset for y, value in enumerate(values)}
        found, own = found.assign(place=found["value"].map(places)), seeds[seeds["variant"] == name]
        add_seeds(axes, own["difference"], own["value"].map(places), look[name], "|")
        sure = found.dropna(subset=["low", "high"])
        axes.hlines(sure["place"], sure["low"], sure["high"], color=look[name].colour, linewidth=1.2)
        axes.plot(found["difference"], found["place"], color=look[name].colour, marker=look[name].marker, **POINTS)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0)


def value_labels(rows: pd.DataFrame) -> list[str]:
    """Names of slices with the number of true mentions: ``seen (2,345)``."""
    support = rows.groupby("value", sort=False)["support"].first()
    return [f"{value} ({thousands(int(count))})" for value, count in support.items()]


def legend(table: pd.DataFrame, by_source: dict[str, list[str]], look: dict[str, Look]) -> list[Line2D]:
    """The key, a column a source of POS; a legend is filled column by column."""
    labels = table.groupby("variant")["label"].first()
    columns = zip(*zip_longest(*by_source.values()), strict=True)
    return [
        Line2D([], [], color=look[name].colour, marker=look[name].marker, label=wrapped(labels[name]), **POINTS)
        if name
        else Line2D([], [], linestyle="", label=" ")
        for column in columns
        for name in column
    ]
