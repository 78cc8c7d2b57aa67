"""Contents of figures: every number that is drawn is a number of its tables."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import STYLE, drawn, lines_by_label, plots, point_lines
from fabricated import VARIANTS
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from posner.commands.pos.plot_confusions import PlotConfusions
from posner.files import read_table
from posner.report.figures.corruption import CONTROL_MODES
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
        mean = rows.groupby("level")["f1"].mean()
        np.testing.assert_allclose(lines[str(label)].get_xdata(), 100 * mean.index)
        np.testing.assert_allclose(lines[str(label)].get_ydata(), 100 * mean)
    bands = [c for axes in figure.axes for c in axes.collections if isinstance(c, PolyCollection)]
    assert len(bands) == table["variant"].nunique()
    rows = table[table["variant"] == "late-gold-one_hot"]
    vertices = bands[0].get_paths()[0].vertices
    assert vertices[:, 1].min() == pytest.approx(100 * (rows["f1"] - rows["f1_std"]).min())
    assert vertices[:, 1].max() == pytest.approx(100 * (rows["f1"] + rows["f1_std"]).max())


def upright(figure: Figure, colour: str) -> list[tuple[float, float]]:
    """Bounds of the intervals of a colour, upright or level."""
    lines = [c for axes in figure.axes for c in axes.collections if isinstance(c, LineCollection)]
    parts = [path.vertices for c in lines if to_hex(c.get_color()[0]) == colour for path in c.get_paths()]
    ends = [part[:, int(part[0, 0] == part[1, 0])] for part in parts]
    return sorted((float(low), float(high)) for low, high in ends if not np.isnan([low, high]).any())


def test_scaled_errors_are_lines_with_the_taggers_own_tags_beside_them(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    table = pd.read_csv(folder / "corruption_intervals.csv")
    figure = drawn(plots(folder)["scaled_errors"])
    styles = variant_styles(read_table(folder / "ner_runs.csv", ["seed", "f1"]))
    for name, rows in table.groupby("variant"):
        scaled, anchor = rows[rows["mode"] == "scaled"], rows[rows["mode"] == "anchor"]
        line = lines_by_label(figure)[rows["label"].iloc[0]]
        np.testing.assert_allclose(line.get_ydata(), 100 * scaled["change"])
        np.testing.assert_allclose(line.get_xdata(), scaled["level"], atol=0.5)
        points = [line for axes in figure.axes for line in axes.get_lines() if len(line.get_xdata()) == 1]
        assert 100 * anchor["change"].iloc[0] in [
            pytest.approx(point.get_ydata()[0]) for point in points if point.get_color() == styles[str(name)].colour
        ]
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
    accuracy = pd.read_csv(tables["default"] / "pos_tagging.csv").set_index("split").loc["test", "accuracy"]
    marks = [line.get_xdata() for line in figure.axes[0].get_lines() if list(line.get_ydata()) == [0, 1]]
    assert [list(x) for x in marks] == [[pytest.approx(100 * (1 - accuracy))] * 2]


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


def test_dollars_in_tags_are_not_read_as_mathematics(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("split,gold,predicted,count,share\ntrain,PRP$,WP$,7,0.5\n")
    plot = PlotConfusions(confusions=tmp_path / "c.csv", style=STYLE, output=tmp_path / "c.png")
    [label] = drawn(plot).axes[0].get_yticklabels()
    assert label.get_text() == "PRP$ → WP$"
    assert not label.get_parse_math()


def test_a_tagger_without_errors_has_a_figure(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("split,gold,predicted,count,share\n")
    plot = PlotConfusions(confusions=tmp_path / "c.csv", style=STYLE, output=tmp_path / "c.png")
    assert "no confusions" in [text.get_text() for text in drawn(plot).axes[0].texts]
