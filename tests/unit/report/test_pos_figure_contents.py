"""Figures of tagging show the numbers of their tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from drawings import STYLE, drawn, plots
from posner.commands.pos.plot_confusions import PlotConfusions


def test_tags_are_drawn_where_they_occur(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    table = pd.read_csv(folder / "pos_by_tag.csv", keep_default_na=False)
    below = drawn(plots(folder)["pos_tagging"]).axes[1]
    tags = [label.get_text() for label in below.get_yticklabels()]
    train = table[table["split"] == "train"].set_index("tag")
    assert sorted(tags) == sorted(train.index)
    supports = train.loc[tags, "support"].tolist()
    assert supports == sorted(supports, reverse=True)
    for line, split in zip(below.get_lines(), ("train", "validation", "test"), strict=True):
        f1 = table[table["split"] == split].set_index("tag").loc[tags, "f1"]
        np.testing.assert_allclose(line.get_xdata(), 100 * f1)


def test_bars_are_the_confusions_out_of_fold(tables: dict[str, Path]) -> None:
    folder = tables["long names"]
    rows = pd.read_csv(folder / "pos_confusions.csv").query("split == 'train'").nlargest(15, "count")
    axes = drawn(plots(folder)["confusions"]).axes[0]
    assert [bar.get_width() for bar in axes.patches] == rows["count"].tolist()
    assert axes.get_yticklabels()[0].get_text() == f"{rows['gold'].iloc[0]} → {rows['predicted'].iloc[0]}"


def test_a_tagger_without_errors_has_a_figure(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("split,gold,predicted,count,share\n")
    plot = PlotConfusions(confusions=tmp_path / "c.csv", style=STYLE, output=tmp_path / "c.png")
    assert "no confusions" in [text.get_text() for text in drawn(plot).axes[0].texts]
