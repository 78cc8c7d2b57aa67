"""The README and the pages of docs/ show what was made, not what somebody remembers."""

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
PAGES = [README, CHECKOUT / "CONTRIBUTING.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def test_results_and_graph_are_those_of_the_files(tmp_path: Path) -> None:
    filled = [Path("README.md"), Path("docs/calibration.md")]
    (tmp_path / "docs").mkdir()
    for path in filled:
        shutil.copy(CHECKOUT / path, tmp_path / path)
    FillDocs(
        folder=tmp_path,
        results=CHECKOUT / "results/conll2003-files/minilm",
        calibration=CHECKOUT / "results/calibration",
        graph=CHECKOUT / "docs/rulegraph.mmd",
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


def test_the_graph_is_that_of_the_rules() -> None:
    command = [sys.executable, "-m", "snakemake", "--configfile", "resources/studies/demo.yaml", "--forceall"]
    done = subprocess.run(
        [*command, "--quiet", "all", "--rulegraph", "mermaid-js"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    drawn = (CHECKOUT / "docs" / "rulegraph.mmd").read_text(encoding="utf-8")
    assert edges(drawn) == edges(done.stdout), "the rules have changed: run `make dag docs`"
    assert ("train_ner", "sweep_corruption") in edges(drawn)
    shown = edges(README.read_text(encoding="utf-8"))
    assert shown < edges(drawn)
    assert implied(shown) == implied(edges(drawn))


def edges(mermaid: str) -> set[tuple[str, str]]:
    """Pairs of rule names; the numbers of the nodes differ from drawing to drawing."""
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", mermaid))
    return {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", mermaid)}


def implied(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """All pairs of which one leads to the other."""
    while more := {(a, d) for a, b in edges for c, d in edges if b == c} - edges:
        edges = edges | more
    return edges


def test_a_block_is_replaced_and_the_rest_stays() -> None:
    text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert fill(text, "x", "new") == "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n"
    assert fill(fill(text, "x", "new"), "x", "new") == fill(text, "x", "new")
    with pytest.raises(InputError, match="begin y"):
        fill(text, "y", "new")
