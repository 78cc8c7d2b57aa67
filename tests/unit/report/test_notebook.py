"""The notebook: stored without outputs, executed on any study, the same page each time."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from fabricated import TAGS, VARIANTS, read
from fabricated_summaries import summarise
from posner.commands.study.run_notebook import RunNotebook, execute
from posner.errors import InputError
from posner.files import write_table

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "results_analysis.ipynb"
WORDS = ["John", "<runs>", "in", "Rome"]
POS, TAGGED = ["NNP", "NN", "IN", "NNP"], ["NNP", "NNP", "IN", "NNP"]
TRUE = ["B-PER", "O", "O", "B-LOC"]
BASELINE = ["B-PER", "B-ORG", "O", "B-LOC"]
VARIANT = ["B-PER", "O", "O", "O"]  # one word corrected, one broken


def write_tokens(path: Path, **columns: list[str]) -> None:
    """A row for each token of three test sentences, after a validation sentence that must not be shown."""
    rows = [
        {"split": split, "sentence": sentence, "token": token}
        | {name: values[token] for name, values in columns.items()}
        for split, sentences in (("validation", 1), ("test", 3))
        for sentence in range(sentences)
        for token in range(len(WORDS))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(path, index=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fabricated study with predictions of all variants."""
    folder = tmp_path_factory.mktemp("results") / "made-up" / "tiny"
    summarise(folder)
    for name, variant in VARIANTS.items():
        for seed in variant.seeds:
            predicted = BASELINE if variant.fusion == "none" else VARIANT
            write_tokens(folder / "ner" / name / f"seed-{seed}" / "predictions.parquet", gold=TRUE, predicted=predicted)
    write_tokens(folder / "pos" / "predicted.parquet", tag=TAGGED)
    corpus = folder.parent / "corpus"
    corpus.mkdir()
    pd.DataFrame({"tokens": [WORDS] * 3, "pos": [POS] * 3}).to_parquet(corpus / "test.parquet")
    return folder


def run(folder: Path, output: Path, notebook: Path = NOTEBOOK) -> str:
    """Execute the notebook; returns its page."""
    RunNotebook(notebook=notebook, results=folder, tables=(), output=output).execute()
    return output.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(folder, tmp_path_factory.mktemp("pages") / "notebook.html")


def text_of(page: str) -> str:
    """The words of a page, separated by spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main>")[2])).split())


def test_it_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) > 8
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_its_page_shows_the_results(page: str, folder: Path) -> None:
    text = text_of(page)
    assert read(folder / "verdict.json")["answers"]["gold"] in text
    for label in ("No POS (baseline)", "Gold POS (encoder k=2, embeddings)", "Oracle (late, one-hot)"):
        assert label in text
    assert all(f" {tag} " in text for tag in list(TAGS)[:4])
    assert "data:image/png" in page
    assert "seen" in text
    assert "in capitals" not in text, "no mention is: a difference of 0 would look like a result"


def test_the_cost_of_the_real_errors_is_shown_before_errors_that_are_spread_evenly(page: str, folder: Path) -> None:
    text = text_of(page)
    effects = pd.read_csv(folder / "tables" / "verdict_effects.csv").query("question == 'tagging_errors'")
    first = effects.iloc[0]
    row = f"{first['variant']} {100 * first['change']:.2f} {100 * first['low']:.2f} {100 * first['high']:.2f}"
    sweep = pd.read_csv(folder / "tables" / "corruption.csv").query("mode == 'tagger' and level == 0.2")
    share = f"{100 * sweep['effective_rate'].mean():.2f}"  # of the tags really changed, not the nominal 20 %
    assert share == "19.80"
    section = text.partition("Sweeps: effect of tagging errors")[2]
    assert 0 < section.index(row) < section.index(share)
    assert "path not learned" in section.partition(share)[0]


def test_tags_are_no_mathematics(folder: Path) -> None:
    """Jupyter would typeset `PRP$ ... WP$` in tables, and matplotlib in figures."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells[1].source = f"from pathlib import Path\n\nstudy = Path({str(folder)!r})"
    check = (
        "frame = pd.DataFrame({'tag': ['PRP$', 'WP$', '<b>']}).to_html()\n"
        "assert 'tex2jax_ignore' in frame and '&lt;b&gt;' in frame\n"
        "assert not plt.figure().text(0, 0, 'PRP$ WP$').get_parse_math()"
    )
    notebook.cells = [*notebook.cells[1:3], nbformat.v4.new_code_cell(check)]
    execute(notebook, NOTEBOOK)


def test_sentences_are_shown_with_all_tags_and_the_effect_of_the_variant(page: str) -> None:
    text = text_of(page)
    assert "effect corrected 3 newly wrong 3" in text
    for row in zip(
        range(4), WORDS, POS, TAGGED, TRUE, BASELINE, VARIANT, ["", "corrected", "", "newly wrong"], strict=True
    ):
        assert text.count(" ".join(filter(None, map(str, row)))) == 3


def test_its_page_loads_nothing_from_the_net(page: str) -> None:
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//|@import|import\s*\(|from\s+["']https?:""", page)
    assert "<script" not in page


def test_the_same_results_give_the_same_page(page: str, folder: Path, tmp_path: Path) -> None:
    assert run(folder, tmp_path / "again.html") == page


def test_a_study_without_predictions_or_without_pos_has_a_page_too(folder: Path, tmp_path: Path) -> None:
    """As in a checkout, which has published summaries but no predictions."""
    copy = tmp_path / "made-up" / "tiny"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("ner", "pos", "corruption"))
    assert "Published summaries have no predictions" in text_of(run(copy, tmp_path / "summary.html"))
    for table in ("ner_runs", "ner_by_type", "ner_comparisons"):
        path = copy / "tables" / f"{table}.csv"
        rows = pd.read_csv(path)
        rows[rows["variant"] == "baseline"].to_csv(path, index=False)
    (copy / "tables" / "corruption.csv").unlink()
    text = text_of(run(copy, tmp_path / "baseline.html"))
    assert "No variant of this study reads POS." in text
    assert "No variant of this study shares a seed with the baseline." in text


def test_it_runs_by_hand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its own folder, without the workflow, on the study that its reader selects."""
    monkeypatch.chdir(NOTEBOOK.parent)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    default = re.findall(r'study = Path\("(.+)"\)', notebook.cells[1].source)
    assert Path(*default, "verdict.json").is_file()
    notebook.cells[1].source = notebook.cells[1].source.replace(*default, str(folder))
    execute(notebook, NOTEBOOK)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def test_it_reads_the_runs_of_the_study_only(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "made-up" / "tiny"
    runs = [f"{name}/seed-{seed}" for name, variant in VARIANTS.items() for seed in variant.seeds]
    files = [f"{run}/{file}" for run in runs for file in ("predictions.parquet", "metrics.json")]
    write_table(copy / "ner" / "runs.csv", pd.DataFrame({"file": files}))
    write_tokens(copy / "ner" / "left-over" / "seed-1" / "predictions.parquet", gold=TRUE, predicted=TRUE)
    inputs = RunNotebook(notebook=NOTEBOOK, results=copy, tables=(), output=tmp_path / "page.html").inputs()
    assert [path for path in inputs if path.match("ner/*/*/*")] == [
        copy / "ner" / run / "predictions.parquet" for run in runs
    ]
    assert copy / "ner" / "runs.csv" in inputs


def test_a_cell_that_fails_is_shown_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells = [notebook.cells[1], nbformat.v4.new_code_cell("1 / 0  # here")]
    nbformat.write(notebook, tmp_path / "broken.ipynb")
    with pytest.raises(InputError, match=r"(?s)broken\.ipynb: a cell fails.*1 / 0  # here.*ZeroDivisionError"):
        run(folder, tmp_path / "page.html", tmp_path / "broken.ipynb")
    assert not list(tmp_path.glob("*.html"))


def test_a_notebook_without_a_cell_of_parameters_is_refused(folder: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    del notebook.cells[1]
    nbformat.write(notebook, tmp_path / "other.ipynb")
    with pytest.raises(InputError, match="one cell must have the tag 'parameters', not 0"):
        run(folder, tmp_path / "page.html", tmp_path / "other.ipynb")
