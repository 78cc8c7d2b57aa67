"""Styles of variants: they can be distinguished, and every point is visible."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import NAMES, STUDIES, SWEPT, drawn, lines_by_label, plots, point_lines
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from posner.files import read_table
from posner.report.figures.style import (
    CONTROL_MARKERS,
    GREY,
    VariantStyle,
    variant_styles,
)

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
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("confusions", "cost", "seeds")])
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
