"""Tables without rows have their columns: they can be written, read, typeset and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import STYLE, drawn, plots
from fabricated import SEEDS, VARIANTS, variant
from fabricated_summaries import summarise
from matplotlib.figure import Figure
from posner.commands.pos.plot_confusions import PlotConfusions
from posner.commands.pos.summarise_pos import SummarisePos
from posner.commands.study.run_notebook import RunNotebook
from posner.commands.study.typeset_tables import TypesetTables
from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.files import read_table, write_json, write_table
from posner.report.figures.ner import draw_slices
from posner.summaries.comparisons import comparison_table
from posner.summaries.cost import Job, Usage, cost_table
from posner.summaries.ner import by_type_table
from posner.summaries.runs import Run
from posner.summaries.slices import slice_runs_table, slice_summary_table
from posner.summaries.verdict import effects_table, oracles_table

BASELINE: dict[str, Variant] = {"baseline": VARIANTS["baseline"]}
COUNTS = {"baseline": {seed: np.ones((0, 2, 3), np.float32) for seed in SEEDS}}  # of no slice
NO_SCORES = {"by_type": {}, "strict": {"by_type": {}}}
NO_COMMON_SEED = {
    "baseline": variant("none", "none", "none", (1,)),
    "late": variant("late", "gold", "one_hot", (2,)),
    "deep": variant("encoder", "predicted", "one_hot", (3,), inject_layer_offset_from_end=1),
}
NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "results_analysis.ipynb"
NOTHING = {"variants": {}, "propagation": {}, "oracles": {}, "oracle_f1": 0.9}

# Each table without rows, and its columns that are numbers.
TABLES = {
    "ner_by_type": (
        by_type_table([Run("baseline", 1, {"validation": NO_SCORES, "test": NO_SCORES})], BASELINE),
        ["seed", "f1", "precision", "recall", "support", "strict_f1"],
    ),
    "ner_slices": (slice_runs_table(COUNTS, [], BASELINE), ["seed", "support", "f1", "difference"]),
    "ner_slices_summary": (
        slice_summary_table(COUNTS, [], BASELINE, Statistics(resamples=100)),
        ["seeds", "support", "difference", "low", "high"],
    ),
    "ner_comparisons": (comparison_table({}, BASELINE), ["seeds", "difference", "low", "high"]),
    "verdict_effects": (effects_table(NOTHING), ["seeds", "change", "low", "high"]),
    "verdict_oracles": (oracles_table(NOTHING), ["oracle_f1", "required_f1"]),
    "cost": (cost_table([], {}), ["jobs", "seconds", "longest_seconds", "peak_memory_bytes", "gpu_hours"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_rows_is_written_read_and_typeset(tmp_path: Path, name: str) -> None:
    table, numbers = TABLES[name]
    assert table.empty
    write_table(tmp_path / f"{name}.csv", table)
    again = read_table(tmp_path / f"{name}.csv", numbers)
    assert list(again) == list(table) != []
    assert again[numbers].sum().tolist() == [0] * len(numbers)
    TypesetTables(tables=(tmp_path / f"{name}.csv",)).execute()
    assert (tmp_path / f"{name}.html").is_file()


def test_tables_with_and_without_rows_have_the_same_columns() -> None:
    scores = dict(zip(("f1", "precision", "recall", "support"), (0.5, 0.5, 0.5, 3), strict=True))
    of_split = {"by_type": {"PER": scores}, "strict": {"by_type": {"PER": scores}}}
    full = {
        "ner_by_type": by_type_table([Run("baseline", 1, {"validation": of_split, "test": of_split})], BASELINE),
        "ner_slices": slice_runs_table(
            {"baseline": {1: np.ones((1, 2, 3), np.float32)}}, [("all", "all mentions")], BASELINE
        ),
        "cost": cost_table([Job("train_ner", "baseline", Usage(1, 1, 1), on_gpu=False)], {"baseline": "No POS"}),
    }
    for name, table in full.items():
        assert list(table) == list(TABLES[name][0])


def test_a_tagger_without_errors_has_tables_and_a_figure(tmp_path: Path) -> None:
    scores = {"tokens": 3, "unseen": 0, "accuracy": 1.0, "macro_f1": 1.0, "top_confusions": []}
    by_tag = {"NN": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 3}}
    splits = {split: {**scores, "per_tag": by_tag} for split in ("train", "validation", "test")}
    write_json(tmp_path / "confusion_matrix.json", {"splits": splits})
    SummarisePos(confusion=tmp_path / "confusion_matrix.json", tables=tmp_path).execute()
    assert read_table(tmp_path / "pos_confusions.csv", ["count", "share"]).empty
    plot = PlotConfusions(confusions=tmp_path / "pos_confusions.csv", style=STYLE, output=tmp_path / "c.png")
    assert "no confusions" in texts(drawn(plot))


def texts(figure: Figure) -> Sequence[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_slices_that_cannot_be_compared_have_a_figure(tmp_path: Path) -> None:
    summary, seeds = (TABLES[name][0] for name in ("ner_slices_summary", "ner_slices"))
    runs = pd.DataFrame({"variant": ["baseline"], "pos": ["none"], "split": ["test"], "f1": [0.5]})
    assert texts(draw_slices(summary, seeds, runs)) == ["No variant shares a seed with the baseline."]


@pytest.fixture(scope="module")
def no_common_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a study in which nothing can be compared: one seed a variant, and none that two have."""
    return summarise(tmp_path_factory.mktemp("study"), NO_COMMON_SEED)


NAMES = [name for name in plots(Path()) if name != "oracles"]  # a study without oracles has no such figure


@pytest.mark.parametrize("name", NAMES)
def test_a_study_without_a_common_seed_has_all_figures(no_common_seed: Path, name: str) -> None:
    drawn(plots(no_common_seed)[name])


def test_a_study_without_a_common_seed_has_all_tables(no_common_seed: Path) -> None:
    tables = sorted(no_common_seed.glob("*.csv"))
    TypesetTables(tables=tuple(tables)).execute()
    assert all(path.with_suffix(".html").is_file() for path in tables)


@pytest.mark.slow
def test_the_notebook_runs_on_tables_without_rows(tmp_path: Path) -> None:
    folder = tmp_path / "made-up" / "tiny"
    tables = summarise(folder, NO_COMMON_SEED)
    for name in ("pos_confusions", "ner_slices_summary", "ner_comparisons"):
        lines = (tables / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        (tables / f"{name}.csv").write_text(f"{lines[0]}\n", encoding="utf-8")
    RunNotebook(notebook=NOTEBOOK, results=folder, tables=(), output=tmp_path / "page.html").execute()
    assert "No variant of this study shares a seed with the baseline." in (tmp_path / "page.html").read_text()
