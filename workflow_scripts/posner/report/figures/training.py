"""Figure of a variant's training: loss and validation F1 over steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from posner.report.figures.axes import in_points, key_line, limits, wrapped
from posner.report.figures.style import NEUTRAL, REFERENCE_DASH, TWO_COLUMNS, VariantStyle


def draw_training(
    histories: Mapping[int, pd.DataFrame], label: str, style: VariantStyle, baseline: Mapping[int, pd.DataFrame]
) -> Figure:
    """Training loss and validation F1 of one variant over steps: a line for each seed, before those of the baseline.

    Args:
        histories: by seed, ``history.csv`` with columns `step`, `loss` and `score` (F1 in 0..1).
        baseline: the same of the baseline; empty where the variant is the baseline itself.
    """
    figure = Figure(figsize=(TWO_COLUMNS, 2.9), layout="constrained")
    loss, score = figure.subplots(1, 2, sharex=True)
    trainings = [(in_points(history, "score"), style) for history in histories.values()]
    references = [
        (in_points(history, "score"), VariantStyle(NEUTRAL, "", REFERENCE_DASH)) for history in baseline.values()
    ]
    for history, style_of in [*references, *trainings]:
        add_training(loss, score, history, style_of)
    kept = style.outlined_point() | {"markersize": 6}
    for history, _ in trainings:
        best = history.nlargest(1, "score")  # the earliest of equals, as in training
        score.plot(best["step"], best["score"], **kept)
    loss.set_ylabel("Training loss")
    loss.set_ylim(bottom=0)
    score.set_ylabel("Validation F1 (points)")
    score.set_ylim(limits(value for history, _ in [*trainings, *references] for value in history["score"]))
    figure.supxlabel("Training steps", fontsize=9)
    keys = [loss.get_lines()[-1], Line2D([], [], label="selected checkpoint", **kept)]
    keys[0].set_label(wrapped(label))
    if baseline:
        keys.append(key_line("No POS (baseline)"))
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    return figure


def add_training(loss: Axes, score: Axes, history: pd.DataFrame, style: VariantStyle) -> None:
    """Draw one training: the mean loss since the row before, and F1 where there was an evaluation."""
    evaluated = history.dropna(subset=["score"])
    line: dict[str, Any] = {"color": style.colour, "linestyle": style.dash, "linewidth": 1}
    loss.plot(history["step"], history["loss"], **line)
    score.plot(evaluated["step"], evaluated["score"], marker=".", markersize=3, **line)
