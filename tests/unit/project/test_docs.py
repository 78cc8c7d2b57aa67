"""The README and the pages of docs/ show the stored results, and their links and drawings are right."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from posner.commands.project.fill_docs import FillDocs, fill
from posner.errors import InputError

CHECKOUT = Path(__file__).parents[3]
README = CHECKOUT / "README.md"
PAGES = [README, CHECKOUT / "CONTRIBUTING.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]


def test_results_are_those_of_the_files(tmp_path: Path) -> None:
    filled = [Path("README.md"), Path("docs/index.md"), Path("docs/calibration.md"), Path("docs/performance.md")]
    (tmp_path / "docs").mkdir()
    for path in filled:
        shutil.copy(CHECKOUT / path, tmp_path / path)
    FillDocs(
        folder=tmp_path,
        results=CHECKOUT / "results/published/minilm",
        calibration=CHECKOUT / "results/published/calibration",
        performance=CHECKOUT / "results/published/performance",
    ).execute()
    for path in filled:
        assert (tmp_path / path).read_text(encoding="utf-8") == (CHECKOUT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(CHECKOUT)) for page in PAGES])
def test_links_lead_to_files_of_the_project(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    missing = [
        link
        for link in (a or b for a, b in links)
        if "://" not in link and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert missing == []


# The boxes of the drawing in README.md, with the rules that they stand for; all other rules are part of the report.
BOXES = {
    "corpus": ["prepare_corpus", "assign_folds"],
    "encoder": ["prepare_encoder", "tokenize_corpus"],
    "taggers": ["train_tagger", "merge_pos", "score_pos"],
    "ner": ["train_ner"],
    "sweeps": ["sweep_corruption"],
    "statistics": [
        *("list_runs", "list_sweeps", "summarise_pos", "summarise_ner", "summarise_corruption"),
        *("compare_variants", "measure_ceiling", "score_slices", "conclude"),
    ],
}
BOX = {rule: box for box, rules in BOXES.items() for rule in rules}


def test_the_graph_is_that_of_the_rules() -> None:
    command = [sys.executable, "-m", "snakemake", "--configfile", "resources/studies/demo.yaml", "--forceall"]
    done = subprocess.run(
        [*command, "--quiet", "all", "--rulegraph", "mermaid-js"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    drawn = (CHECKOUT / "docs" / "rulegraph.mmd").read_text(encoding="utf-8")
    assert edges(drawn) == edges(done.stdout), "the rules have changed: run `make dag`"
    assert ("train_ner", "sweep_corruption") in edges(drawn)


def test_the_drawing_of_the_readme_shows_the_dependencies_of_the_rules() -> None:
    rules = edges((CHECKOUT / "docs" / "rulegraph.mmd").read_text(encoding="utf-8"))
    assert BOX.keys() <= {rule for edge in rules for rule in edge}
    actual = {(BOX.get(a, "report"), BOX.get(b, "report")) for a, b in rules}
    shown = set(
        re.findall(r"^    (\w+)(?:\[.+?\])? -->(?:\|.+?\|)? (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert shown <= actual
    left_out = {(a, b) for a, b in actual - shown if a != b}
    # "Statistics and report also read ..."
    assert {b for _, b in left_out} <= {"statistics", "report"}


def edges(mermaid: str) -> set[tuple[str, str]]:
    """Pairs of rule names; the numbers of the nodes differ from drawing to drawing."""
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", mermaid))
    return {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", mermaid)}


def test_a_block_is_replaced_and_the_rest_stays() -> None:
    text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert fill(text, "x", "new") == "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n"
    assert fill(fill(text, "x", "new"), "x", "new") == fill(text, "x", "new")
    with pytest.raises(InputError, match="begin y"):
        fill(text, "y", "new")
