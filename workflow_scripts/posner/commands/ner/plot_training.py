"""Training of each variant: loss and validation F1 over the steps of its seeds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from posner.config.base import Name
from posner.config.variants import SeededVariant, seeded_runs
from posner.evaluation.stored import history_file
from posner.files import read_table
from posner.report.figures.style import figure_style, save_figure, variant_styles
from posner.report.figures.training import draw_training
from posner.workflow.command import Command, Folder


class PlotTraining(Command):
    """Draw training loss and validation F1 over steps: a figure for each variant, a line for each seed."""

    variants: dict[Name, SeededVariant]
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
        styles, labels = variant_styles(runs), runs.groupby("variant")["label"].first()
        histories = {name: self.histories(name) for name in self.variants}
        baseline = next(name for name, variant in self.variants.items() if variant.fusion == "none")
        with figure_style(self.style):
            for name, by_seed in histories.items():
                references = histories[baseline] if name != baseline else {}
                figure = draw_training(by_seed, labels[name], styles[name], references)
                save_figure(figure, self.output / f"{name}.png")

    def inputs(self) -> list[Path]:
        runs = seeded_runs(self.variants)
        return [self.runs, self.style, *(history_file(self.ner, name, seed) for name, seed in runs)]

    def content_files(self) -> list[Path]:
        return [self.style]

    def provenance_path(self) -> Path:
        return self.output / "provenance.json"

    def histories(self, name: str) -> dict[int, pd.DataFrame]:
        """The training history of each seed of a variant."""
        files = {seed: history_file(self.ner, name, seed) for seed in self.variants[name].seeds}
        return {seed: read_table(path, ["step", "loss", "score"]) for seed, path in files.items()}
