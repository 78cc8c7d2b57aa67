"""Figures: no text is cut off or overlaps, variants keep their style, and the same figure gives the same file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import NAMES, STUDIES, SWEPT, drawn, lines_by_label, plots, point_lines
from fabricated import confusion_matrix
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image
from posner.commands.pos.summarise_pos import SummarisePos
from posner.files import read_table, write_json
from posner.report.figures.axes import PAGE_HEIGHT, limits
from posner.report.figures.pos import MOST_TAGS
from posner.report.figures.style import (
    CONTROL_MARKERS,
    GREY,
    ONE_COLUMN,
    TWO_COLUMNS,
    VariantStyle,
    save_figure,
    variant_styles,
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


# --- styles ----------------------------------------------------------------------------------------------------------


def runs_table(variants: int) -> pd.DataFrame:
    names = ["baseline", *(f"v{i}" for i in range(variants))]
    return pd.DataFrame({"variant": names, "pos": ["none", *["gold"] * variants]})


def test_variants_have_colours_of_their_own() -> None:
    styles = variant_styles(runs_table(9))
    assert len({style.colour for style in styles.values()}) == 10
    assert len({style.marker for style in styles.values() if style is not styles["baseline"]}) == 9


SAME_COLOUR = 40  # largest distance of a pixel's colour, which antialiasing blends at edges, from that of its point


def points_with_colours(figure: Figure) -> Iterator[tuple[float, float, float, Any]]:
    """Every point that a figure draws: its place and radius in pixels, and its colour."""
    for axes in figure.axes:
        for line in axes.get_lines():
            if line.get_marker() in (None, "", "None", " "):
                continue
            is_filled = line.get_marker() in MarkerStyle.filled_markers
            faces = [line.get_markerfacecolor(), line.get_markeredgecolor()] if is_filled else [line.get_color()]
            colour = next(face for face in faces if to_rgb(face) != (1, 1, 1))
            radius = line.get_markersize() / 2 * figure.dpi / 72
            for x, y in line.get_transform().transform(line.get_xydata()):
                if np.isfinite([x, y]).all():
                    yield x, y, radius, colour


def is_covered(point: tuple[float, float, float, Any], points: Sequence[tuple[float, float, float, Any]]) -> bool:
    """Whether a point of another colour is in the place of this one."""
    x, y, radius, colour = point
    return any(
        other != colour and np.hypot(x - other_x, y - other_y) < radius + other_radius
        for other_x, other_y, other_radius, other in points
    )


def is_visible(image: Any, x: float, y: float, radius: float, colour: Any) -> bool:
    """Whether the image has the colour of a point at its place."""
    height = image.shape[0]
    rows = slice(max(round(height - y - radius), 0), round(height - y + radius) + 1)
    columns = slice(max(round(x - radius), 0), round(x + radius) + 1)
    distance = np.abs(image[rows, columns, :3].astype(int) - 255 * np.array(to_rgb(colour))).max(axis=-1)
    return bool((distance < SAME_COLOUR).sum() >= 3)


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("confusions", "cost")])
def test_every_point_can_be_seen(tables: dict[str, Path], name: str, study: str) -> None:
    """A marker drawn in the colour of the page, below another or beyond the axis would be a result that is missing."""
    if name == "oracles" and study != "default":
        pytest.skip("no oracles in this study")
    figure = drawn(plots(tables[study])[name])
    figure.set_dpi(200)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())
    points = list(points_with_colours(figure))
    assert len(points) > (0 if study == "one variant, one seed" else 1)
    hidden = [point for point in points if not is_visible(image, *point)]
    if name in ("corruption", "scaled_errors"):  # where curves cross, one point may lie on another
        hidden = [point for point in hidden if not is_covered(point, points)]
    assert not hidden, f"{len(hidden)} of {len(points)}"


@pytest.mark.parametrize("number", [1, len(CONTROL_MARKERS)])
def test_every_oracle_can_be_seen(tables: dict[str, Path], tmp_path: Path, number: int) -> None:
    """As many oracles as there are markers: some of these have no face."""
    runs = pd.read_csv(tables["default"] / "ner_runs.csv", keep_default_na=False).query("split == 'test'")
    baseline, oracle = runs[runs["pos"] == "none"], runs[runs["pos"] == "oracle"].iloc[:1]
    oracles = [oracle.assign(variant=f"o{i}", injection=f"path {i}", f1=0.96 + 0.003 * i) for i in range(number)]
    pd.concat([baseline, *oracles]).to_csv(tmp_path / "ner_runs.csv", index=False)
    paths = {"path": [f"path {i}" for i in range(number)], "oracle_f1": 0.97, "required_f1": 0.95, "state": "works"}
    pd.DataFrame(paths).to_csv(tmp_path / "verdict_oracles.csv", index=False)
    figure = drawn(plots(tmp_path)["oracles"])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    points = list(points_with_colours(figure))
    assert len(points) == number
    assert all(is_visible(np.asarray(canvas.buffer_rgba()), *point) for point in points)


def test_every_control_can_be_seen() -> None:
    """A white edge would hide a marker that has no face."""
    for marker in CONTROL_MARKERS:
        figure = Figure(figsize=(1, 1))
        axes = figure.subplots()
        axes.axis("off")
        axes.plot([0], [0], **VariantStyle(GREY, marker, "-").outlined_point())
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        assert (np.asarray(canvas.buffer_rgba())[..., :3] < 200).any(), marker


def test_many_variants_still_differ() -> None:
    styles = variant_styles(runs_table(60))
    assert len({(style.colour, style.marker) for style in styles.values()}) == 61


def test_controls_are_grey_and_take_no_colour_from_what_is_compared() -> None:
    runs = runs_table(9)
    sources = ["oracle"] * 5 + ["random"] * 3
    controls = pd.DataFrame({"variant": [f"c{i}" for i in range(8)], "pos": sources})
    styles = variant_styles(pd.concat([runs[:1], controls, runs[1:]]))
    assert {name: styles[name] for name in runs["variant"]} == variant_styles(runs)
    for group in (controls["variant"][:5], controls["variant"][5:]):
        assert {styles[name].colour for name in group} == {GREY}
        assert len({styles[name].marker for name in group}) == len(group)


def test_colours_are_distinct_for_every_kind_of_colour_vision() -> None:
    """Distances in CIELAB, as seen with normal sight and with the common kinds of colour blindness.

    Simulation: Viénot, Brettel & Mollon (1999) for protanopia and deuteranopia, on linear RGB. A difference of about 2
    is just visible.
    """
    views = {
        "normal": np.eye(3),
        "protanopia": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
        "deuteranopia": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
    }
    colours = [style.colour for style in variant_styles(runs_table(8)).values()]
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    for name, view in views.items():
        xyz = np.clip(linear @ view.T, 0, 1) @ to_xyz.T / np.array([0.9505, 1, 1.089])
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
        for (a, x), (b, y) in itertools.combinations(zip(colours, lab, strict=True), 2):
            assert np.linalg.norm(x - y) > 15, f"{a} and {b} style alike with {name} sight"


def test_a_variant_looks_the_same_in_every_figure(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    runs = read_table(folder / "ner_runs.csv", ["seed", "f1"])
    others = runs[~runs["pos"].isin(["none", "oracle"])].to_dict("records")
    expected = {row["label"]: variant_styles(runs)[row["variant"]] for row in others}
    swept = {row["label"] for row in others if row["pos"] != "random"}
    for name in SWEPT:
        seen = lines_by_label(drawn(plots(folder)[name]))
        assert seen.keys() & expected.keys() == swept
        for label in swept:
            assert (seen[label].get_color(), seen[label].get_marker()) == (
                expected[label].colour,
                expected[label].marker,
            )
    for axes, line in point_lines(drawn(plots(folder)["ner_results"])):
        label = axes.get_yticklabels()[round(float(np.mean(line.get_ydata())))].get_text()
        if label in expected:
            assert (line.get_color(), line.get_marker()) == (expected[label].colour, expected[label].marker)
    strategies = point_lines(drawn(plots(folder)["injection_strategies"]))
    assert {(line.get_color(), line.get_marker()) for _, line in strategies} == {
        (style.colour, style.marker) for style in expected.values()
    }


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
