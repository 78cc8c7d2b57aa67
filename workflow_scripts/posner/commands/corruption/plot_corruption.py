"""Test F1 as POS grows worse."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from posner.files import read_table
from posner.report.figures.axes import add_key, fusion_panels, label_of, limits
from posner.report.figures.style import (
    BAND,
    COLOURS,
    NEUTRAL,
    REFERENCE,
    Look,
    Plot,
    add_seeds,
    by_variant,
    looks,
    on_test,
    seed_key,
)

LEAST = 5.0  # points that the axis spans at least
SHADE = 0.18  # opacity of bands


class PlotCorruption(Plot):
    """Draw test F1 over the rate of corruption: a line and a band a variant, with the baseline for reference."""

    corruption: Path
    """corruption.csv."""
    runs: Path
    """ner_runs.csv."""
    tagging: Path
    """pos_tagging.csv: the tagger's own error rate on test."""

    def draw(self) -> Figure:
        curves = read_table(self.corruption, ["seed", "level", "f1", "f1_std"])
        curves = curves[curves["mode"] == "tagger"].fillna({"f1_std": 0.0})  # one draw has no deviation
        curves = curves.assign(**{name: 100 * curves[name] for name in ("level", "f1", "f1_std")})
        runs = read_table(self.runs, ["seed", "f1"])
        test, look = on_test(runs), looks(runs)
        baseline = test.loc[test["pos"] == "none", "f1"]
        accuracy = read_table(self.tagging, ["accuracy"]).set_index("split")["accuracy"]
        figure, panels = fusion_panels(curves, 3.9)
        for fusion, (axes, key) in panels.items():
            add_reference(axes, baseline, 100 * (1 - accuracy["test"]))
            for name, rows in by_variant(curves[curves["fusion"] == fusion]):
                add_curve(axes, rows, look[name])
            axes.set_xlabel("Rate of corruption (% of test tokens)")
            add_key(axes, key)
        first = figure.axes[0]
        spans = pd.concat([curves["f1"] - curves["f1_std"], curves["f1"] + curves["f1_std"], baseline])
        first.set_ylim(limits(spans.tolist(), LEAST))
        first.set_ylabel("Entity F1 on test (points)")
        figure.legend(handles=references(len(baseline)), loc="outside upper center", ncols=2)
        return figure


def references(baselines: int) -> list[Line2D | Patch]:
    """The key to what both panels share; `baselines` is the number of the baseline's seeds."""
    band = [Patch(color=BAND, label="range of the baseline's seeds")] if baselines > 1 else []
    return [
        Line2D([], [], color=NEUTRAL, linestyle=REFERENCE, linewidth=1, label="baseline's mean"),
        *band,
        Line2D([], [], color=NEUTRAL, linestyle=":", linewidth=1, label="our tagger's error rate on test"),
        Patch(color=COLOURS[0], alpha=SHADE, linewidth=0, label="all seeds, each ± sd over its draws"),
        seed_key("_"),
    ]


def add_reference(axes: Axes, baseline: pd.Series[float], tagger_error: float) -> None:
    """The model without POS, which no corruption reaches, and how often the tagger errs on test, in percent."""
    axes.axhspan(baseline.min(), baseline.max(), color=BAND, linewidth=0, zorder=0)
    axes.axhline(baseline.mean(), color=NEUTRAL, linestyle=REFERENCE, linewidth=1, zorder=1)
    axes.axvline(tagger_error, color=NEUTRAL, linestyle=":", linewidth=1, zorder=1)


def add_curve(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    """One variant: the mean over seeds, and a band from the lowest to the highest seed's mean ± sd over draws."""
    by_rate = rows.assign(low=rows["f1"] - rows["f1_std"], high=rows["f1"] + rows["f1_std"]).groupby("level")
    mean = by_rate["f1"].mean()
    axes.fill_between(
        mean.index, by_rate["low"].min(), by_rate["high"].max(), color=look.colour, alpha=SHADE, linewidth=0
    )
    add_seeds(axes, rows["level"], rows["f1"], look, "_")
    axes.plot(
        mean.index,
        mean,
        color=look.colour,
        marker=look.marker,
        linestyle=look.dash,
        markersize=3.5,
        label=label_of(rows),
    )
