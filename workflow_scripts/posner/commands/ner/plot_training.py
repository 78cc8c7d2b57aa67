"""How each variant was trained: loss and validation F1 over the steps of its seeds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from posner.config.base import Name
from posner.config.variants import Variant
from posner.evaluation.stored import history_file
from posner.files import read_table
from posner.report.figures.axes import limits, wrapped
from posner.report.figures.style import NEUTRAL, POINTS, REFERENCE, TWO_COLUMNS, Look, looks, save
from posner.workflow.command import Command, Folder

LEAST = 2.0  # points that the axis of F1 spans at least

Histories = Mapping[int, pd.DataFrame]  # by seed


class PlotTraining(Command):
    """Draw, for each variant, training loss and validation F1 over steps: a line a seed, before the baseline's."""

    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/model/history.csv."""
    runs: Path
    """ner_runs.csv."""
    style: Path
    """Matplotlib style sheet."""
    output: Path
    """Folder to write to: {variant}.png and {variant}.svg."""

    def execute(self) -> None:
        runs = read_table(self.runs, [])
        look, labels = looks(runs), runs.groupby("variant")["label"].first()
        histories = {name: self.histories(name) for name in self.variants}
        baseline = next(name for name, variant in self.variants.items() if variant.fusion == "none")
        with matplotlib.style.context(self.style):
            for name, found in histories.items():
                others = histories[baseline] if name != baseline else {}
                save(draw(found, labels[name], look[name], others), self.output / f"{name}.png")

    def histories(self, name: str) -> Histories:
        """What was written down while each seed of a variant was trained, with F1 in points of 0..100."""
        files = {seed: history_file(self.ner, name, seed) for seed in self.variants[name].seeds or ()}
        tables = {seed: read_table(path, ["step", "loss", "score"]) for seed, path in files.items()}
        return {seed: table.assign(score=100 * table["score"]) for seed, table in tables.items()}


def draw(histories: Histories, label: str, look: Look, baseline: Histories) -> Figure:
    """One variant; `baseline` is empty where it is the baseline itself."""
    figure = Figure(figsize=(TWO_COLUMNS, 2.9), layout="constrained")
    loss, score = figure.subplots(1, 2, sharex=True)
    for history in baseline.values():
        add_seed(loss, score, history, Look(NEUTRAL, "", REFERENCE))
    kept = {"color": look.colour, "marker": look.marker, "markersize": 6, **POINTS}
    for history in histories.values():
        add_seed(loss, score, history, look)
        best = history.nlargest(1, "score")  # the earliest of equals, as in training
        score.plot(best["step"], best["score"], **kept)
    loss.set_ylabel("Training loss")
    loss.set_ylim(bottom=0)
    score.set_ylabel("Validation F1 (points)")
    shown = pd.concat([*histories.values(), *baseline.values()])
    score.set_ylim(limits(shown["score"].dropna().tolist(), LEAST))
    figure.supxlabel("Training steps", fontsize=9)
    keys = [loss.get_lines()[-1], Line2D([], [], label="the checkpoint that is kept", **kept)]
    keys[0].set_label(wrapped(label))
    if baseline:
        keys.append(Line2D([], [], color=NEUTRAL, linestyle=REFERENCE, linewidth=1, label="No POS (baseline)"))
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    return figure


def add_seed(loss: Axes, score: Axes, history: pd.DataFrame, look: Look) -> None:
    """One training: the mean loss since the row before, and F1 where there was an evaluation."""
    evaluated = history.dropna(subset=["score"])
    how: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "linewidth": 1}
    loss.plot(history["step"], history["loss"], **how)
    score.plot(evaluated["step"], evaluated["score"], marker=".", markersize=3, **how)
