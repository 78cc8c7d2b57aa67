"""Figures of POS tagging: scores by split and tag, and the most frequent confusions."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from posner.report.figures.axes import (
    add_right_column,
    dodge_offsets,
    elided,
    fitting_row,
    name_rows,
    row_figure,
    thousands,
)
from posner.report.figures.style import COLOURS, ONE_COLUMN, TWO_COLUMNS

SPLIT_STYLES = {  # label, colour and marker
    "train": ("train (out of fold)", "#332288", "o"),
    "validation": ("validation", "#88ccee", "s"),
    "test": ("test", "#cc6677", "^"),
}
SPLIT_OFFSETS = dict(zip(SPLIT_STYLES, dodge_offsets(len(SPLIT_STYLES), 0.18), strict=True))
OVERALL = {"accuracy": "accuracy (all tokens)", "macro_f1": "macro F1 (over tags)"}
TOP_CONFUSIONS = 15
MOST_TAGS = 48  # whose names can be read on one page
OVERALL_HEIGHT, REST_HEIGHT = 0.46, 2.2  # inches of the upper panel, and of everything outside the panels
NARROW = 18  # characters of a pair of tags that leaves room for bars in one column


def draw_pos_tagging(tagging: pd.DataFrame, by_tag: pd.DataFrame) -> Figure:
    """Accuracy and F1 of the taggers by split, and F1 of the :data:`MOST_TAGS` most frequent tags.

    Args:
        tagging: ``pos_tagging.csv``.
        by_tag: ``pos_by_tag.csv``.
    """
    by_split = tagging.set_index("split")
    overall = {split: [float(by_split[name][split]) for name in OVERALL] for split in SPLIT_STYLES}
    train = by_tag[by_tag["split"] == "train"].set_index("tag")
    support = train["support"].sort_values(ascending=False, kind="stable")
    rest, support = support[MOST_TAGS:], support[:MOST_TAGS]
    tags = [*map(elided, support.index), *([f"and {len(rest)} more in pos_by_tag.csv"] if len(rest) else [])]
    counts = [thousands(int(count)) for count in ([*support, rest.sum()] if len(rest) else support)]
    row = fitting_row(0.19, len(tags), REST_HEIGHT + OVERALL_HEIGHT)
    heights = [OVERALL_HEIGHT, row * len(tags)]
    figure = Figure(figsize=(TWO_COLUMNS, REST_HEIGHT + sum(heights)), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    for split, (label, _, _) in SPLIT_STYLES.items():
        add_split(top, split, pd.Series(overall[split]), label)
        f1 = by_tag[(by_tag["split"] == split) & (by_tag["support"] > 0)].set_index("tag")["f1"]
        add_split(below, split, f1.reindex(support.index))
    name_rows(top, list(OVERALL.values()))
    percent = [" / ".join(f"{100 * score:.2f}" for score in row) for row in zip(*overall.values(), strict=True)]
    add_right_column(top, percent, "train / validation / test")
    name_rows(below, tags)
    add_right_column(below, counts, "tokens in train")
    for axes in (top, below):
        axes.grid(visible=True, axis="y")
    below.set_xlim(-2, 102)
    below.set_xlabel("F1 of each tag (points)")
    figure.legend(loc="outside upper center", ncols=3, markerscale=1.2)
    return figure


def add_split(axes: Axes, split: str, scores: pd.Series[float], label: str | None = None) -> None:
    """Draw one split's scores in 0..1, row by row; a tag that the split lacks has no point."""
    _, colour, marker = SPLIT_STYLES[split]
    axes.plot(
        100 * scores,
        [row + SPLIT_OFFSETS[split] for row in range(len(scores))],
        marker,
        color=colour,
        label=label,
        markersize=4.5,
        markeredgecolor="white",
        markeredgewidth=0.4,
        clip_on=False,
    )


def draw_confusions(confusions: pd.DataFrame) -> Figure:
    """The most frequent confusions of the fold taggers, on sentences that they were not trained on.

    Args:
        confusions: ``pos_confusions.csv``.
    """
    rows = confusions[confusions["split"] == "train"].nlargest(TOP_CONFUSIONS, "count")
    pairs = [f"{elided(gold)} → {elided(new)}" for gold, new in zip(rows["gold"], rows["predicted"], strict=True)]
    width = ONE_COLUMN if max(map(len, pairs), default=0) <= NARROW else TWO_COLUMNS
    figure, [axes] = row_figure(pairs, 0.27, 1.1, width=width)
    if rows.empty:
        axes.annotate("no confusions", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")
    axes.barh(range(len(rows)), rows["count"], height=0.62, color=COLOURS[0])
    counts = [
        f"{thousands(int(count))}  ({100 * share:.1f} %)"
        for count, share in zip(rows["count"], rows["share"], strict=True)
    ]
    add_right_column(axes, counts, "tokens (share)")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda count, _: thousands(round(count)))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    figure.supxlabel("Tokens in train (gold → predicted tag)", fontsize=9)
    return figure
