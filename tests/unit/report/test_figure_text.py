"""Text in figures: names of data are drawn as they are, in any script."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib
import matplotlib as mpl
import pandas as pd
import pytest
from drawings import STYLE, drawn, plots
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from posner.commands.pos.plot_confusions import PlotConfusions
from posner.report.figures.style import (
    FALLBACK_FONTS,
    figure_style,
    installed_fonts,
    save_figure,
)

HOSTILE = ("PRP$", "$x^2$", "a_b^c", "\\frac{1}{2}", "100 %", "<b>", "}{", "NN\nVB", "&amp;", "名詞")


@pytest.mark.parametrize("tag", HOSTILE)
def test_tags_are_drawn_as_they_are(tmp_path: Path, tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No mathematics, no TeX and no line break is read into a tag, whatever the user's own settings are."""
    table = pd.DataFrame({"split": "train", "gold": [tag], "predicted": "WP$", "count": 7, "share": 0.5})
    table.to_csv(tmp_path / "c.csv", index=False)
    plot = PlotConfusions(confusions=tmp_path / "c.csv", style=STYLE, output=tmp_path / "c.png")
    with mpl.rc_context({"text.parse_math": True, "text.usetex": True}):
        figure = drawn(plot)
        plot.execute()
    [label] = figure.axes[0].get_yticklabels()
    assert label.get_text() == f"{tag} → WP$".replace("\n", " ")
    assert not any(text.get_parse_math() or text.get_usetex() for text in figure.findobj(Text))
    assert "missing from font" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["_x", *HOSTILE])
def test_entity_types_and_rare_tags_are_drawn_as_they_are(tables: dict[str, Path], tmp_path: Path, name: str) -> None:
    for path in tables["default"].glob("*.csv"):
        table = pd.read_csv(path, keep_default_na=False)
        for column in {"value", "tag"} & set(table.columns):
            table[column] = table[column].replace({"new": name, "NN": name})
        table.to_csv(tmp_path / path.name, index=False)
    shown = name.replace("\n", " ")
    for figure, label in (("slices", f"{shown} (2\u2009400)"), ("pos_tagging", shown)):
        axes = drawn(plots(tmp_path)[figure]).axes
        assert label in [tick.get_text() for each in axes for tick in each.get_yticklabels()], figure


def test_all_text_of_all_figures_is_plain(tables: dict[str, Path]) -> None:
    for name, plot in plots(tables["default"]).items():
        shown = [text for text in drawn(plot).findobj(Text) if text.get_text()]
        assert not any(text.get_parse_math() or text.get_usetex() for text in shown), name


# --- fonts -----------------------------------------------------------------------------------------------------------


def test_fonts_for_further_scripts_are_used_if_they_are_installed() -> None:
    with figure_style(STYLE):
        families = list(matplotlib.rcParams["font.family"])
        assert families[0] == "DejaVu Sans"
        assert families[1:] == installed_fonts(FALLBACK_FONTS)
        figure = Figure()
        figure.text(0, 0, "PRP$")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            FigureCanvasAgg(figure).draw()


def test_characters_without_a_font_are_noted_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with figure_style(STYLE):
        matplotlib.rcParams["font.family"] = "DejaVu Sans"
        figure = Figure()
        figure.text(0, 0, "名詞")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            save_figure(figure, tmp_path / "x.png")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "x.png: no installed font has 2 of its characters; install one for this script, such as Noto "
        "Sans CJK, and draw the figure again"
    )
