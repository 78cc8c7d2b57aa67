"""Figures: no text is cut off or overlaps, variants keep their style, and the same figure gives the same file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from drawings import NAMES, STUDIES, SWEPT, drawn, plots
from fabricated import confusion_matrix
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image
from posner.commands.pos.summarise_pos import SummarisePos
from posner.files import write_json
from posner.report.figures.axes import PAGE_HEIGHT, limits
from posner.report.figures.pos import MOST_TAGS
from posner.report.figures.style import (
    ONE_COLUMN,
    TWO_COLUMNS,
    save_figure,
)


@contextmanager
def noted_texts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, tuple[str, Bbox]]]:
    """Notes every text that is really drawn, with its place; an axis also keeps labels that it does not draw."""
    noted: dict[int, tuple[str, Bbox]] = {}
    original = Text.draw

    def draw(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            noted[id(self)] = (self.get_text(), self.get_window_extent(renderer))
        original(self, renderer)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", draw)
        yield noted


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_cut_off_or_overlaps(
    tables: dict[str, Path], study: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with noted_texts(monkeypatch) as noted:
        figure = drawn(plots(tables[study])[name])
    assert len(noted) > 5
    page = figure.bbox
    for text, box in noted.values():
        inside = box.x0 >= page.x0 and box.y0 >= page.y0 and box.x1 <= page.x1 and box.y1 <= page.y1
        assert inside, f"{text!r} leaves the page"
    for (text, box), (other, other_box) in itertools.combinations(noted.values(), 2):
        assert not box.padded(-0.5).overlaps(other_box.padded(-0.5)), f"{text!r} and {other!r} overlap"


@pytest.mark.parametrize("name", NAMES)
def test_letters_can_be_read_on_paper(tables: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(plots(tables["default"])[name])
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()) >= 7


@pytest.mark.parametrize("name", NAMES)
def test_files_are_there_and_do_not_change(tables: dict[str, Path], tmp_path: Path, name: str) -> None:
    contents = []
    for run in ("first", "second"):
        png = tmp_path / run / f"{name}.png"
        plots(tables["default"], png)[name].execute()
        svg = png.with_suffix(".svg")
        assert sorted(path.name for path in png.parent.iterdir()) == [png.name, svg.name]
        with Image.open(png) as image:
            inches = image.size[0] / image.info["dpi"][0]
            assert any(inches == pytest.approx(width, abs=0.01) for width in (ONE_COLUMN, TWO_COLUMNS))
            assert image.info["dpi"][0] == pytest.approx(200, abs=0.1)
            assert len(image.convert("RGB").getcolors(1 << 20) or []) > 10  # not an empty page
        assert svg.read_text(encoding="utf-8").rstrip().endswith("</svg>")
        contents.append((png.read_bytes(), svg.read_bytes()))
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", ["pos_tagging", "slices"])
def test_however_many_rows_a_figure_fits_on_a_page(tables: dict[str, Path], name: str) -> None:
    assert drawn(plots(tables["long names"])[name]).get_size_inches()[1] <= PAGE_HEIGHT


TAG_SETS = {
    "of features": [f"NOUN|Case=Nom|Gender=Masc|Number=Sing|Person={i}" for i in range(224)],
    "of positions": [f"AAFS{i:02}----1A----" for i in range(MOST_TAGS)],
    "of few, long": ["x" * 100, "y" * 99],
}


@pytest.mark.parametrize("tags", TAG_SETS)
@pytest.mark.parametrize("name", ["pos_tagging", "confusions"])
def test_long_and_many_tags_can_be_read(tmp_path: Path, name: str, tags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as the features of Universal Dependencies, and the tags with a letter for each category of Czech."""
    counts = {tag: 4000 // (i + 1) + 30 for i, tag in enumerate(TAG_SETS[tags])}
    write_json(tmp_path / "c.json", confusion_matrix(counts))
    SummarisePos(confusion=tmp_path / "c.json", tables=tmp_path).execute()
    with noted_texts(monkeypatch) as noted:
        figure = drawn(plots(tmp_path)[name])
    assert figure.get_size_inches()[1] <= PAGE_HEIGHT
    for text, box in noted.values():
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, f"{text!r} leaves the page"
    for (text, box), (other, other_box) in itertools.combinations(noted.values(), 2):
        assert not box.padded(-0.5).overlaps(other_box.padded(-0.5)), f"{text!r} and {other!r} overlap"
    if name == "pos_tagging":
        more = len(counts) - MOST_TAGS
        last = figure.axes[1].get_yticklabels()[-1].get_text()
        assert (last == f"and {more} more in pos_by_tag.csv") == (more > 0)
        assert sum(int(label.get_text().replace("\u2009", "")) for label in right_labels(figure)) == sum(
            counts.values()
        )


def right_labels(figure: Figure) -> list[Text]:
    """The labels of the column to the right of the lower panel."""
    return list(figure.axes[1].child_axes[0].get_yticklabels())


@pytest.mark.parametrize("sign", [1, -1])
def test_notes_do_not_touch_the_zero_line(tables: dict[str, Path], tmp_path: Path, sign: int) -> None:
    for name in ("ner_runs", "ner_comparisons"):
        table = pd.read_csv(tables["default"] / f"{name}.csv", keep_default_na=False, na_values=[""])
        if name == "ner_runs":
            baseline = table.loc[table["pos"] == "none", "f1"].mean()
            table["f1"] = baseline + sign * (table["f1"] - baseline).abs()
        else:
            table[["low", "high"]] = sign * table[["low", "high"]].abs()
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    figure = drawn(plots(tmp_path)["injection_strategies"])
    notes = [(axes, note) for axes in figure.axes for note in axes.texts]
    assert "cannot exist" in [note.get_text() for _, note in notes]
    for axes, note in notes:
        box, zero = note.get_window_extent(), axes.transData.transform((0, 0))[0]
        assert not box.x0 - 3 < zero < box.x1 + 3, note.get_text()
        assert axes.bbox.x0 <= box.x0 < box.x1 <= axes.bbox.x1


@pytest.mark.parametrize("name", NAMES)
def test_places_have_no_last_bits_of_a_solver(tables: dict[str, Path], tmp_path: Path, name: str) -> None:
    figure = plots(tables["default"])[name].draw()
    save_figure(figure, tmp_path / f"{name}.png")
    figure.draw_without_rendering()  # nothing moves any more
    for axes in figure.axes:
        left, bottom, right, top = axes.get_position().extents
        sizes = (left, bottom, right - left, top - bottom)
        assert sizes == pytest.approx([round(size, 6) for size in sizes], abs=1e-12)


# --- axes ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-100, 100), min_size=1), st.floats(0.1, 10))
def test_an_axis_shows_all_values_and_does_not_magnify_small_differences(values: list[float], least: float) -> None:
    low, high = limits(values, least)
    assert low < min(values)
    assert max(values) < high
    assert high - low >= least
    assert min(values) - low == pytest.approx(high - max(values), abs=1e-6)


@pytest.mark.parametrize("name", ["ner_results", "injection_strategies", *SWEPT, "slices"])
def test_scores_are_in_points(tables: dict[str, Path], name: str) -> None:
    figure = drawn(plots(tables["default"])[name])
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert any("(points)" in text for text in texts)
    if name in ("ner_results", "corruption"):
        axes = figure.axes[0]
        low, high = axes.get_xlim() if name == "ner_results" else axes.get_ylim()
        runs = pd.read_csv(tables["default"] / "ner_runs.csv")
        f1 = 100 * runs.query("split == 'test' and pos not in ('oracle', 'random')")["f1"]
        assert 50 < low < f1.min()
        assert f1.max() < high < 100
