"""Figures: they show what the tables say, nothing is cut off or overlaps, and the same figure is the same file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from fabricated import VARIANTS, confusion_matrix, summarise, variant
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from workflow_scripts.plot_confusions import PlotConfusions
from workflow_scripts.plot_corruption import PlotCorruption
from workflow_scripts.plot_cost import PlotCost
from workflow_scripts.plot_injection_strategies import PlotInjectionStrategies
from workflow_scripts.plot_ner_results import PlotNerResults
from workflow_scripts.plot_oracles import PlotOracles
from workflow_scripts.plot_pos_controls import CONTROLS, PlotPosControls
from workflow_scripts.plot_pos_tagging import PlotPosTagging
from workflow_scripts.plot_scaled_errors import PlotScaledErrors
from workflow_scripts.plot_slices import PlotSlices
from workflow_scripts.posner.artifacts import write_json
from workflow_scripts.posner.config import Variant
from workflow_scripts.posner.figures import ONE_COLUMN, TWO_COLUMNS, Plot, limits, looks
from workflow_scripts.posner.results import read_table
from workflow_scripts.summarise_pos import SummarisePos

STYLE = Path(__file__).parents[1] / "resources" / "styles" / "posner.mplstyle"

# As CoNLL-2003 has them: many, of very different frequency, some of them punctuation.
PENN = {
    tag: 40000 // (i + 1) ** 2 + 5
    for i, tag in enumerate(
        "NNP NN CD IN DT JJ NNS VBD . , VB VBN RB CC TO PRP ( ) VBG : VBZ PRP$ VBP '' MD POS WP RP WDT".split()  # noqa: SIM905
        + 'WRB JJS JJR NNPS " NN|SYM $ RBR EX FW SYM RBS PDT UH LS WP$'.split()  # noqa: SIM905
    )
}
LONG = {
    "baseline": VARIANTS["baseline"],
    **{f"a-variant-with-a-name-of-more-than-forty-letters-{i}": variant("late", "gold", "one_hot") for i in range(3)},
    **{
        f"deep-{k}": variant("encoder", "predicted", "trainable_embed", inject_layer_offset_from_end=k)
        for k in range(1, 13)
    },
}
STUDIES: dict[str, dict[str, Variant]] = {
    "default": VARIANTS,
    "long names": LONG,
    "one variant, one seed": {
        "baseline": variant("none", "none", "none", (1,)),
        "late": variant("late", "predicted", "logits", (1,)),
    },
    "other seeds than the baseline": {
        "baseline": variant("none", "none", "none", (1, 2)),
        "late": variant("late", "gold", "one_hot", (3, 4)),
        "deep": variant("encoder", "gold", "one_hot", (1, 2), inject_layer_offset_from_end=1),
    },
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tables of each study."""
    made = {}
    for name, variants in STUDIES.items():
        folder = tmp_path_factory.mktemp("study")
        made[name] = summarise(folder, variants)
        if name != "default":
            write_json(folder / "penn.json", confusion_matrix(PENN))
            SummarisePos(confusion=folder / "penn.json", tables=folder / "tables").cli_cmd()
    return made


def plots(folder: Path, output: Path = Path("unused.png")) -> dict[str, Plot]:
    common: dict[str, Any] = {"style": STYLE, "output": output}
    runs, tagging = folder / "ner_runs.csv", folder / "pos_tagging.csv"
    return {
        "ner_results": PlotNerResults(runs=runs, **common),
        "injection_strategies": PlotInjectionStrategies(
            runs=runs, comparisons=folder / "ner_comparisons.csv", **common
        ),
        "corruption": PlotCorruption(corruption=folder / "corruption.csv", runs=runs, tagging=tagging, **common),
        "slices": PlotSlices(slices=folder / "ner_slices_summary.csv", runs=runs, **common),
        "scaled_errors": PlotScaledErrors(intervals=folder / "corruption_intervals.csv", runs=runs, **common),
        "pos_controls": PlotPosControls(intervals=folder / "corruption_intervals.csv", runs=runs, **common),
        "pos_tagging": PlotPosTagging(tagging=tagging, by_tag=folder / "pos_by_tag.csv", **common),
        "confusions": PlotConfusions(confusions=folder / "pos_confusions.csv", **common),
        "oracles": PlotOracles(runs=runs, ways=folder / "verdict_oracles.csv", **common),
        "cost": PlotCost(cost=folder / "cost.csv", runs=runs, **common),
    }


def drawn(plot: Plot) -> Figure:
    with matplotlib.style.context(plot.style):
        figure = plot.draw()
        FigureCanvasAgg(figure).draw()
    return figure


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


SWEPT = ["corruption", "scaled_errors", "pos_controls"]
NAMES = ["ner_results", "injection_strategies", *SWEPT, "slices", "pos_tagging", "confusions", "oracles", "cost"]


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
        plots(tables["default"], png)[name].cli_cmd()
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


# --- looks -----------------------------------------------------------------------------------------------------------


def runs_table(variants: int) -> pd.DataFrame:
    names = ["baseline", *(f"v{i}" for i in range(variants))]
    return pd.DataFrame({"variant": names, "pos": ["none", *["gold"] * variants]})


def test_variants_have_colours_of_their_own() -> None:
    made = looks(runs_table(9))
    assert len({look.colour for look in made.values()}) == 10
    assert len({look.marker for look in made.values() if look is not made["baseline"]}) == 9


def test_many_variants_still_differ() -> None:
    made = looks(runs_table(60))
    assert len({(look.colour, look.marker) for look in made.values()}) == 61


def test_colours_can_be_told_apart_by_everybody() -> None:
    """Distances in CIELAB, as seen with normal sight and with the common kinds of colour blindness.

    Simulation: Viénot, Brettel & Mollon (1999) for protanopia and deuteranopia, on linear RGB. A difference of about 2
    is just visible.
    """
    views = {
        "normal": np.eye(3),
        "protanopia": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
        "deuteranopia": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
    }
    colours = [look.colour for look in looks(runs_table(8)).values()]
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    for name, view in views.items():
        xyz = np.clip(linear @ view.T, 0, 1) @ to_xyz.T / np.array([0.9505, 1, 1.089])
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
        for (a, x), (b, y) in itertools.combinations(zip(colours, lab, strict=True), 2):
            assert np.linalg.norm(x - y) > 15, f"{a} and {b} look alike with {name} sight"


def test_a_variant_looks_the_same_in_every_figure(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    runs = read_table(folder / "ner_runs.csv", ["seed", "f1"])
    others = runs[~runs["pos"].isin(["none", "oracle"])].to_dict("records")
    expected = {row["label"]: looks(runs)[row["variant"]] for row in others}
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
        (look.colour, look.marker) for look in expected.values()
    }


def lines_by_label(figure: Figure) -> dict[str, Any]:
    """The lines that a key names."""
    return {str(line.get_label()).replace("\n", " "): line for axes in figure.axes for line in axes.get_lines()}


def point_lines(figure: Figure) -> list[tuple[Any, Any]]:
    """The lines of single seeds, with their axes."""
    return [(axes, line) for axes in figure.axes for line in axes.get_lines() if line.get_markeredgecolor() == "white"]


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_every_seed_is_a_point(tables: dict[str, Path]) -> None:
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test' and pos != 'oracle'")
    lines = point_lines(drawn(plots(tables["default"])["ner_results"]))
    assert len(lines) == sum(variant.pos != "oracle" for variant in VARIANTS.values())
    for (_, line), (_, rows) in zip(lines, runs.groupby("variant", sort=False), strict=True):
        np.testing.assert_allclose(line.get_xdata(), 100 * rows["f1"])


def test_the_band_is_the_range_of_the_baseline(tables: dict[str, Path]) -> None:
    figure = drawn(plots(tables["default"])["ner_results"])
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test' and variant == 'baseline'")
    [band] = [patch for patch in figure.axes[0].patches if to_hex(patch.get_facecolor()) == "#dcdcdc"]
    box = band.get_extents().transformed(figure.axes[0].transData.inverted())
    assert (box.x0, box.x1) == (pytest.approx(100 * runs["f1"].min()), pytest.approx(100 * runs["f1"].max()))


def test_strategies_are_differences_to_the_same_seed(tables: dict[str, Path]) -> None:
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test'")
    f1 = runs.pivot(index="seed", columns="variant", values="f1")
    wanted = 100 * f1.drop(columns="baseline").sub(f1["baseline"], axis=0)
    figure = drawn(plots(tables["default"])["injection_strategies"])
    assert [axes.get_title() for axes in figure.axes] == ["Gold POS", "Predicted POS", "Random POS"]
    for axes, source in zip(figure.axes, ("gold", "predicted", "random"), strict=True):
        values = [v for _, line in point_lines(figure) if line.axes is axes for v in line.get_xdata()]
        names = [name for name, settings in VARIANTS.items() if settings.pos == source]
        assert sorted(values) == pytest.approx(sorted(wanted[names].stack().dropna()))


def test_a_slice_is_drawn_with_its_mean_and_interval(tables: dict[str, Path]) -> None:
    table = pd.read_csv(tables["default"] / "ner_slices_summary.csv").query("support > 0")
    figure = drawn(plots(tables["default"])["slices"])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["Gold POS", "Predicted POS"]
    panels = itertools.product(("all", "novelty"), ("gold", "predicted"))
    for axes, (kind, source) in zip(figure.axes, panels, strict=True):
        rows = table[(table["slice"] == kind) & (table["pos"] == source)]
        lines = [line for of, line in point_lines(figure) if of is axes]
        assert len(lines) == rows["variant"].nunique()
        for line, bounds, (_, found) in zip(lines, axes.collections, rows.groupby("variant", sort=False), strict=True):
            np.testing.assert_allclose(line.get_xdata(), 100 * found["difference"])
            assert [round(y) for y in line.get_ydata()] == list(range(len(found)))
            drawn_bounds = [segment[:, 0].tolist() for segment in bounds.get_segments() if len(segment)]
            expected = (100 * found[["low", "high"]].dropna()).to_numpy().tolist()
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
    how = looks(read_table(folder / "ner_runs.csv", ["seed", "f1"]))
    for name, rows in table.groupby("variant"):
        scaled, anchor = rows[rows["mode"] == "scaled"], rows[rows["mode"] == "anchor"]
        line = lines_by_label(figure)[rows["label"].iloc[0]]
        np.testing.assert_allclose(line.get_ydata(), 100 * scaled["change"])
        np.testing.assert_allclose(line.get_xdata(), scaled["level"], atol=0.5)
        own = [each for axes in figure.axes for each in axes.get_lines() if len(each.get_xdata()) == 1]
        assert 100 * anchor["change"].iloc[0] in [
            pytest.approx(each.get_ydata()[0]) for each in own if each.get_color() == how[str(name)].colour
        ]
        bounds = pd.concat([scaled, anchor]).dropna(subset=["low"])
        expected = sorted(zip(100 * bounds["low"], 100 * bounds["high"], strict=True))
        assert upright(figure, how[str(name)].colour) == [pytest.approx(pair) for pair in expected]


def test_controls_are_points_in_the_rows_of_their_names(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    table = pd.read_csv(folder / "corruption_intervals.csv")
    figure = drawn(plots(folder)["pos_controls"])
    rows_of = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows_of == list(CONTROLS.values())
    for label, rows in table.groupby("label"):
        line = lines_by_label(figure)[str(label)]
        found = {rows_of[round(y)]: x for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
        changes = rows.set_index("mode")["change"]
        assert found == {name: pytest.approx(100 * changes[mode]) for mode, name in CONTROLS.items()}


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


def test_oracles_stand_at_their_way_with_what_they_need(tables: dict[str, Path]) -> None:
    folder = tables["default"]
    figure = drawn(plots(folder)["oracles"])
    axes = figure.axes[0]
    runs = pd.read_csv(folder / "ner_runs.csv").query("split == 'test' and pos == 'oracle'")
    found = {
        axes.get_yticklabels()[round(float(np.mean(line.get_ydata())))].get_text(): list(line.get_xdata())
        for _, line in point_lines(figure)
    }
    assert found == {
        way: pytest.approx((100 * rows["f1"]).tolist()) for way, rows in runs.groupby("injection", sort=False)
    }
    upright = [line.get_xdata()[0] for line in axes.get_lines() if list(line.get_ydata()) == [0, 1]]
    assert upright[1] == pytest.approx(95.0)
    assert axes.get_xlim()[1] > 100
    states = pd.read_csv(folder / "verdict_oracles.csv").set_index("way")["state"]
    assert states["late, one-hot"] == "open"
    assert states["encoder k=2, embeddings"] == "closed"
    assert states["late, logits"] == "not run"


def test_bars_are_the_time_of_all_jobs_from_zero(tables: dict[str, Path]) -> None:
    figure = drawn(plots(tables["default"])["cost"])
    axes = figure.axes[0]
    hours = pd.read_csv(tables["default"] / "cost.csv")["seconds"].fillna(0) / 3600
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(hours.tolist())
    assert axes.get_xlim()[0] == 0
    colours = {bar.get_facecolor() for bar in axes.patches}
    assert len(colours) >= 10


def test_differences_stand_before_the_range_of_the_baseline(tables: dict[str, Path]) -> None:
    runs = pd.read_csv(tables["default"] / "ner_runs.csv").query("split == 'test' and variant == 'baseline'")
    own = 100 * (runs["f1"] - runs["f1"].mean())
    made = plots(tables["default"])
    across = [axes for name in ("injection_strategies", "pos_controls") for axes in drawn(made[name]).axes]
    upright = drawn(made["scaled_errors"]).axes
    found = 0
    for axes in [*across, *upright, *drawn(made["slices"]).axes[:2]]:
        for band in [patch for patch in axes.patches if to_hex(patch.get_facecolor()) == "#dcdcdc"]:
            box = band.get_extents().transformed(axes.transData.inverted())
            low, high = (box.y0, box.y1) if axes in upright else (box.x0, box.x1)
            assert (low, high) == (pytest.approx(own.min()), pytest.approx(own.max()))
            found += 1
    assert found == 3 + 2 + 2 + 2  # panels


def test_a_tagger_without_errors_has_a_figure(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("split,gold,predicted,count,share\n")
    plot = PlotConfusions(confusions=tmp_path / "c.csv", style=STYLE, output=tmp_path / "c.png")
    assert "no confusions" in [text.get_text() for text in drawn(plot).axes[0].texts]


# --- axes ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-100, 100), min_size=1), st.floats(0.1, 10))
def test_an_axis_shows_all_and_does_not_blow_up_little(values: list[float], least: float) -> None:
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
