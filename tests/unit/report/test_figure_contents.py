"""Contents of figures: every number that is drawn is a number of its tables."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import drawn, lines_by_label, plots, point_lines
from fabricated import VARIANTS
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from posner.files import read_table
from posner.report.figures.corruption import CONTROL_MODES, NO_ERRORS
from posner.report.figures.ner import MIN_MENTIONS
from posner.report.figures.style import variant_styles


def test_every_seed_is_a_point(tables: dict[str, Path]) -> None:
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test' and pos != 'oracle'")
    lines = point_lines(drawn(plots(tables["default"])["ner_results"]))
    assert len(lines) == sum(variant.pos != "oracle" for variant in VARIANTS.values())
    for (_, line), (_, rows) in zip(lines, runs.groupby("variant", sort=False), strict=True):
        np.testing.assert_allclose(line.get_xdata(), 100 * rows["f1"])


def ticks(figure: Figure, tick: str) -> list[tuple[float, float]]:
    """Places of single seeds beside a mean."""
    lines = [line for axes in figure.axes for line in axes.get_lines() if line.get_marker() == tick]
    return [(float(x), float(y)) for line in lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]


def test_every_seed_is_a_tick_where_points_are_means(tables: dict[str, Path]) -> None:
    commands, folder = plots(tables["default"]), tables["default"]
    corruption, slices = pd.read_csv(folder / "corruption.csv"), pd.read_csv(folder / "ner_slices.csv")
    expected = {
        ("corruption", "_", 1): corruption.query("mode == 'tagger'")["f1"],
        ("scaled_errors", "_", 1): corruption.query("mode in ('scaled', 'anchor')")["change"],
        ("pos_controls", "|", 0): corruption[corruption["mode"].isin(CONTROL_MODES)]["change"],
        ("slices", "|", 0): slices["difference"].dropna(),
    }
    for (name, tick, axis), values in expected.items():
        drawn_values = [place[axis] for place in ticks(drawn(commands[name]), tick)]
        assert sorted(drawn_values) == pytest.approx(sorted(100 * values)), name
        assert values.nunique() > 3


def test_the_band_is_the_range_of_the_baseline(tables: dict[str, Path]) -> None:
    figure = drawn(plots(tables["default"])["ner_results"])
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test' and variant == 'baseline'")
    [band] = [patch for patch in figure.axes[0].patches if to_hex(patch.get_facecolor()) == "#dcdcdc"]
    box = band.get_extents().transformed(figure.axes[0].transData.inverted())
    assert (box.x0, box.x1) == (pytest.approx(100 * runs["f1"].min()), pytest.approx(100 * runs["f1"].max()))


def test_strategies_are_differences_to_the_same_seed(tables: dict[str, Path]) -> None:
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test'")
    f1 = runs.pivot(index="seed", columns="variant", values="f1")
    differences = 100 * f1.drop(columns="baseline").sub(f1["baseline"], axis=0)
    figure = drawn(plots(tables["default"])["injection_strategies"])
    assert [axes.get_title() for axes in figure.axes] == ["Gold POS", "Predicted POS", "Random POS"]
    for axes, source in zip(figure.axes, ("gold", "predicted", "random"), strict=True):
        values = [v for _, line in point_lines(figure) if line.axes is axes for v in line.get_xdata()]
        names = [name for name, settings in VARIANTS.items() if settings.pos == source]
        assert sorted(values) == pytest.approx(sorted(differences[names].stack().dropna()))


def test_what_cannot_exist_is_not_called_not_run(tables: dict[str, Path]) -> None:
    """Gold tags have no logits, so no study can run that variant; one with random tags in embeddings could be run."""
    figure = drawn(plots(tables["default"])["injection_strategies"])
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    notes = {
        (axes.get_title(), rows[round(note.xy[1])]): note.get_text()
        for axes in figure.axes
        for note in axes.texts
        if note.get_text() in ("not run", "cannot exist")
    }
    assert notes["Gold POS", "late, logits"] == "cannot exist"
    assert notes["Random POS", "late, embeddings"] == "not run"
    assert notes["Predicted POS", "encoder earliest, embeddings"] == "not run"
    assert list(notes.values()).count("cannot exist") == 1
    assert len(notes) == 6


def test_slices_of_a_few_mentions_are_listed_but_do_not_stretch_the_axis(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    """A slice of five mentions moves by 20 points with one of them."""
    for name in ("ner_slices", "ner_slices_summary", "ner_runs"):
        table = pd.read_csv(tables["default"] / f"{name}.csv", keep_default_na=False, na_values=[""])
        if name != "ner_runs":
            is_small = table["value"] == "new"
            table.loc[is_small, "support"] = MIN_MENTIONS - 1
            for column, value in {"difference": -0.6, "low": -0.9}.items():
                if column in table:
                    table.loc[is_small & table[column].notna(), column] = value
            table.loc[
                is_small & table.get("low", table["difference"]).notna(), ["low"] if "low" in table else []
            ] = -0.9
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    figure = drawn(plots(tmp_path)["slices"])
    usual = drawn(plots(tables["default"])["slices"])
    assert figure.axes[0].get_xlim() == pytest.approx(usual.axes[0].get_xlim(), abs=1)
    assert [label.get_text() for label in figure.axes[2].get_yticklabels()][1] == f"new ({MIN_MENTIONS - 1})"
    for axes in figure.axes[2:4]:
        assert [(note.get_text(), note.xy[1]) for note in axes.texts] == [(f"fewer than {MIN_MENTIONS}", 1)]
        assert all(round(y) == 0 for line in axes.get_lines() if len(line.get_xdata()) == 1 for y in line.get_ydata())


def test_all_mentions_are_drawn_however_few_they_are(tables: dict[str, Path], tmp_path: Path) -> None:
    for name in ("ner_slices", "ner_slices_summary", "ner_runs"):
        table = pd.read_csv(tables["default"] / f"{name}.csv", keep_default_na=False)
        table.assign(**{"support": MIN_MENTIONS - 1} if name != "ner_runs" else {}).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
    figure = drawn(plots(tmp_path)["slices"])
    usual = drawn(plots(tables["default"])["slices"])
    for axes, same in zip(figure.axes[:2], usual.axes[:2], strict=True):
        assert len(axes.get_lines()) == len(same.get_lines()) > 3
        assert not axes.texts
    for axes in figure.axes[2:4]:
        assert [note.get_text() for note in axes.texts] == [f"fewer than {MIN_MENTIONS}"] * 2


def test_a_slice_is_drawn_with_its_mean_and_interval(tables: dict[str, Path]) -> None:
    table = pd.read_csv(tables["default"] / "ner_slices_summary.csv").query("support > 0")
    figure = drawn(plots(tables["default"])["slices"])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["Gold POS", "Predicted POS"]
    panels = itertools.product(("all", "novelty"), ("gold", "predicted"))
    for axes, (kind, source) in zip(figure.axes, panels, strict=True):
        rows = table[(table["slice"] == kind) & (table["pos"] == source)]
        lines = [line for of, line in point_lines(figure) if of is axes]
        assert len(lines) == rows["variant"].nunique()
        for line, bounds, (_, means) in zip(lines, axes.collections, rows.groupby("variant", sort=False), strict=True):
            np.testing.assert_allclose(line.get_xdata(), 100 * means["difference"])
            assert [round(y) for y in line.get_ydata()] == list(range(len(means)))
            drawn_bounds = [segment[:, 0].tolist() for segment in bounds.get_segments() if len(segment)]
            expected = (100 * means[["low", "high"]].dropna()).to_numpy().tolist()
            assert np.array(drawn_bounds) == pytest.approx(np.array(expected))
    names = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert names == [f"{value} (2\u2009400)" for value in ("seen", "new")]


def test_curves_are_means_over_seeds_and_draws(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    table = pd.read_csv(folder / "corruption.csv").query("mode == 'tagger'")
    figure = drawn(plots(folder)["corruption"])
    lines = lines_by_label(figure)
    for label, rows in table.groupby("label"):
        mean, share = (rows.groupby("level")[name].mean() for name in ("f1", "effective_rate"))
        assert (share < share.index.to_series()).sum() > 5, "some tags are never confused, and stay"
        np.testing.assert_allclose(lines[str(label)].get_xdata(), 100 * share)
        np.testing.assert_allclose(lines[str(label)].get_ydata(), 100 * mean)
    bands = [c for axes in figure.axes for c in axes.collections if isinstance(c, PolyCollection)]
    assert len(bands) == table["variant"].nunique()
    rows = table[table["variant"] == "late-gold-one_hot"]
    vertices = bands[0].get_paths()[0].vertices
    assert vertices[:, 1].min() == pytest.approx(100 * (rows["f1"] - rows["std_f1"]).min())
    assert vertices[:, 1].max() == pytest.approx(100 * (rows["f1"] + rows["std_f1"]).max())


def test_the_taggers_own_tags_are_at_its_error_rate(tables: dict[str, Path]) -> None:
    """The share is measured: what keeps the points apart is less than the width of one."""
    folder = tables["default"]
    table = pd.read_csv(folder / "corruption.csv").query("mode == 'anchor'")
    tagging = pd.read_csv(folder / "pos_tagging.csv").set_index("split")
    points = {
        (line.get_color(), line.get_marker()): (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for axes in drawn(plots(folder)["corruption"]).axes
        for line in axes.get_lines()
        if line.get_markerfacecolor() == "white"
    }
    styles = variant_styles(read_table(folder / "ner_runs.csv", ["seed", "f1"]))
    assert len(points) == table["variant"].nunique()
    for name, f1 in table.groupby("variant")["f1"].mean().items():
        x, y = points[styles[str(name)].colour, styles[str(name)].marker]
        assert y == pytest.approx(100 * f1)
        assert x == pytest.approx(100 * (1 - tagging["accuracy"]["test"]), abs=1.6)


def test_without_tagging_errors_the_figure_says_so(tables: dict[str, Path], tmp_path: Path) -> None:
    for path in tables["default"].glob("*.csv"):
        table = pd.read_csv(path, keep_default_na=False)
        table.assign(**{"effective_rate": 0.0} if path.stem == "corruption" else {}).to_csv(
            tmp_path / path.name, index=False
        )
    for axes in drawn(plots(tmp_path)["corruption"]).axes[:2]:
        assert NO_ERRORS in [text.get_text() for text in axes.texts]
        assert axes.get_xlim()[1] < 20, "nothing was measured at 100 %"
    for axes in drawn(plots(tmp_path)["scaled_errors"]).axes[:2]:
        assert NO_ERRORS in [text.get_text() for text in axes.texts]
    for name in ("corruption", "scaled_errors"):
        assert NO_ERRORS not in [text.get_text() for text in drawn(plots(tables["default"])[name]).axes[0].texts]


def upright(figure: Figure, colour: str) -> list[tuple[float, float]]:
    """Bounds of the intervals of a colour, upright or level."""
    lines = [c for axes in figure.axes for c in axes.collections if isinstance(c, LineCollection)]
    parts = [path.vertices for c in lines if to_hex(c.get_color()[0]) == colour for path in c.get_paths()]
    ends = [part[:, int(part[0, 0] == part[1, 0])] for part in parts]
    return sorted((float(low), float(high)) for low, high in ends if not np.isnan([low, high]).any())


def test_scaled_errors_are_lines_over_the_share_of_replaced_tags_and_so_are_the_taggers_own_tags(
    tables: dict[str, Path],
) -> None:
    folder = tables["default"]
    table = pd.read_csv(folder / "corruption_intervals.csv")
    figure = drawn(plots(folder)["scaled_errors"])
    styles = variant_styles(read_table(folder / "ner_runs.csv", ["seed", "f1"]))
    for name, rows in table.groupby("variant"):
        scaled, anchor = rows[rows["mode"] == "scaled"], rows[rows["mode"] == "anchor"]
        line = lines_by_label(figure)[rows["label"].iloc[0]]
        np.testing.assert_allclose(line.get_ydata(), 100 * scaled["change"])
        np.testing.assert_allclose(line.get_xdata(), 100 * scaled["effective_rate"], atol=0.5)
        [point] = [
            line
            for axes in figure.axes
            for line in axes.get_lines()
            if line.get_markerfacecolor() == "white" and line.get_color() == styles[str(name)].colour
        ]
        assert point.get_ydata()[0] == pytest.approx(100 * anchor["change"].iloc[0])
        assert point.get_xdata()[0] == pytest.approx(100 * anchor["effective_rate"].iloc[0], abs=0.5)
        bounds = pd.concat([scaled, anchor]).dropna(subset=["low"])
        expected = sorted(zip(100 * bounds["low"], 100 * bounds["high"], strict=True))
        assert upright(figure, styles[str(name)].colour) == [pytest.approx(pair) for pair in expected]


def test_controls_are_points_in_the_rows_of_their_names(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    table = pd.read_csv(folder / "corruption_intervals.csv")
    figure = drawn(plots(folder)["pos_controls"])
    rows_of = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows_of == list(CONTROL_MODES.values())
    for label, rows in table.groupby("label"):
        line = lines_by_label(figure)[str(label)]
        drawn_changes = {rows_of[round(y)]: x for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
        changes = rows.set_index("mode")["change"]
        assert drawn_changes == {name: pytest.approx(100 * changes[mode]) for mode, name in CONTROL_MODES.items()}


def test_the_taggers_error_rate_is_marked(tables: dict[str, Path]) -> None:
    figure = drawn(plots(tables["default"])["corruption"])
    assert figure.axes[0].get_xlabel() == "Replaced test tags (% of tokens)"
    accuracy = pd.read_csv(tables["default"] / "pos_tagging.csv").set_index("split").loc["test", "accuracy"]
    marks = [line.get_xdata() for line in figure.axes[0].get_lines() if list(line.get_ydata()) == [0, 1]]
    assert [list(x) for x in marks] == [[pytest.approx(100 * (1 - accuracy))] * 2]


def test_oracles_are_drawn_at_their_input_path_with_the_required_f1(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    figure = drawn(plots(folder)["oracles"])
    axes = figure.axes[0]
    runs = pd.read_csv(folder / "ner_runs.csv").query("split == 'test' and pos == 'oracle'")
    by_path = {
        axes.get_yticklabels()[round(float(np.mean(line.get_ydata())))].get_text(): list(line.get_xdata())
        for _, line in point_lines(figure)
    }
    assert by_path == {
        path: pytest.approx((100 * rows["f1"]).tolist()) for path, rows in runs.groupby("injection", sort=False)
    }
    upright = [line.get_xdata()[0] for line in axes.get_lines() if list(line.get_ydata()) == [0, 1]]
    assert upright[1] == pytest.approx(95.0)
    assert axes.get_xlim()[1] > 100
    states = pd.read_csv(folder / "verdict_oracles.csv").set_index("path")["state"]
    assert states["late, one-hot"] == "works"
    assert states["encoder k=2, embeddings"] == "fails"
    assert states["late, logits"] == "not tested"


def test_bars_are_the_time_of_all_jobs_from_zero(tables: dict[str, Path]) -> None:
    figure = drawn(plots(tables["default"])["cost"])
    axes = figure.axes[0]
    hours = pd.read_csv(tables["default"] / "cost.csv")["seconds"].fillna(0) / 3600
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(hours.tolist())
    assert axes.get_xlim()[0] == 0
    colours = {bar.get_facecolor() for bar in axes.patches}
    assert len(colours) >= 10


def test_differences_are_drawn_over_the_range_of_the_baseline(tables: dict[str, Path]) -> None:
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test' and variant == 'baseline'")
    own = 100 * (runs["f1"] - runs["f1"].mean())
    commands = plots(tables["default"])
    across = [axes for name in ("injection_strategies", "pos_controls") for axes in drawn(commands[name]).axes]
    upright = drawn(commands["scaled_errors"]).axes
    bands = 0
    for axes in [*across, *upright, *drawn(commands["slices"]).axes[:2]]:
        for band in [patch for patch in axes.patches if to_hex(patch.get_facecolor()) == "#dcdcdc"]:
            box = band.get_extents().transformed(axes.transData.inverted())
            low, high = (box.y0, box.y1) if axes in upright else (box.x0, box.x1)
            assert (low, high) == (pytest.approx(own.min()), pytest.approx(own.max()))
            bands += 1
    assert bands == 3 + 2 + 2 + 2  # panels
