"""The figure of a training: the stored history of each seed, in front of the baseline's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from drawings import STYLE
from fabricated import VARIANTS
from matplotlib.colors import to_hex
from posner.commands.ner.plot_training import PlotTraining
from posner.errors import InputError
from posner.evaluation.stored import history_file
from posner.files import read_table
from posner.report.figures.style import NEUTRAL, variant_styles
from posner.report.figures.training import draw_training

NAMES = ("baseline", "encoder-gold")


@pytest.fixture
def command(tables: dict[str, Path], tmp_path: Path) -> PlotTraining:
    for name in NAMES:
        for seed in VARIANTS[name].seeds or ():
            path = history_file(tmp_path / "ner", name, seed)
            path.parent.mkdir(parents=True)
            # The best score is reached twice, and there was no evaluation at the first step.
            history = {"step": [10, 20, 30, 40], "loss": [2, 1, 0.5, 0.4], "score": [None, 0.8, 0.9, 0.9]}
            pd.DataFrame(history).assign(loss=lambda rows, seed=seed: rows["loss"] + seed / 100).to_csv(path)
    variants = {name: VARIANTS[name] for name in NAMES}
    runs = tables["default"] / "ner_runs.csv"
    return PlotTraining(
        variants=variants, ner=tmp_path / "ner", runs=runs, style=STYLE, output=tmp_path / "figures" / "training"
    )


def test_every_training_is_a_line_in_front_of_those_of_the_baseline(command: PlotTraining) -> None:
    style = variant_styles(read_table(command.runs, []))["encoder-gold"]
    figure = draw_training(command.histories("encoder-gold"), "Gold POS", style, command.histories("baseline"))
    loss, score = figure.axes
    colours = [to_hex(line.get_color()) for line in loss.get_lines()]
    assert colours == [NEUTRAL] * 3 + [style.colour] * 3
    expected = [[value + seed / 100 for value in (2, 1, 0.5, 0.4)] for seed in (42, 43, 44)]
    assert [line.get_ydata().tolist() for line in loss.get_lines()] == expected * 2
    curves = [line for line in score.get_lines() if line.get_marker() == "."]
    assert [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in curves] == [
        ([20, 30, 40], [80, 90, 90])
    ] * 6
    kept = [line for line in score.get_lines() if line.get_marker() == style.marker]
    assert [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in kept] == [([30], [90])] * 3
    assert loss.get_ylim()[0] == 0


def test_only_the_figure_of_the_baseline_has_no_reference(
    command: PlotTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: dict[str, int] = {}
    monkeypatch.setattr(
        "posner.commands.ner.plot_training.save_figure",
        lambda figure, png: lines.update({png.stem: len(figure.axes[0].get_lines())}),
    )
    command.execute()
    assert lines == {"baseline": 3, "encoder-gold": 6}


def test_each_variant_has_a_figure(command: PlotTraining) -> None:
    command.execute()
    names = sorted(path.name for path in command.output.iterdir())
    assert names == sorted(f"{name}.{kind}" for name in NAMES for kind in ("png", "svg"))


def test_a_history_that_is_missing_is_named(command: PlotTraining) -> None:
    history_file(command.ner, "baseline", 42).unlink()
    with pytest.raises(InputError, match=r"baseline/seed-42/model/history\.csv"):
        command.execute()
