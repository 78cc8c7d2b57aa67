"""Fill the README's marked blocks from what was made: no number and no graph in it is typed by hand."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
from pydantic import Field

from .posner.artifacts import atomic_path
from .posner.cli import Command, run
from .posner.errors import InputError
from .posner.results import read_json, read_table
from .posner.statistics import points
from .summarise_study import HEADER, row

SCORES = ("baseline_f1", "baseline_best", "variant_f1", "variant_best")
SIZE_COLUMNS = ("planted", "replicates", *SCORES, "difference", "helps", "power", "covered")
SIZE_HEADER = (
    "planted", "difference", "F1 without POS (best)", "with gold POS (best)", "*helps*", "expected", "interval covers"
)  # fmt: skip


class FillReadme(Command):
    """Write the results of a study, those of the calibration and the rule graph between their marks in the README."""

    readme: Path = Field(Path("README.md"), description="File with <!-- begin NAME --> and <!-- end NAME --> marks.")
    results: Path = Field(
        Path("results/conll2003-files/minilm"), description="Folder that holds the study's verdict.json."
    )
    calibration: Path = Field(
        Path("results/calibration"), description="Folder that holds calibration.json and sizes.csv."
    )
    graph: Path = Field(Path("docs/rulegraph.mmd"), description="Mermaid text of the rule graph.")

    def cli_cmd(self) -> None:
        text = fill(self.readme.read_text(encoding="utf-8"), "results", results_table(self.results))
        text = fill(text, "calibration", calibration_table(self.calibration))
        text = fill(text, "graph", mermaid(self.graph.read_text(encoding="utf-8")))
        with atomic_path(self.readme) as path:
            path.write_text(text, encoding="utf-8")


def results_table(folder: Path) -> str:
    """The answer, a Markdown table of all variants, and what stands behind it, from ``verdict.json``."""
    verdict = read_json(folder / "verdict.json", ["answer", "footnote", "variants"])
    rows = [HEADER, ("---",) * len(HEADER), *(row(name, found) for name, found in verdict["variants"].items())]
    table = (f"| {' | '.join(cells)} |" for cells in rows)
    return "\n".join([f"> {verdict['answer']}", "", *table, "", verdict["footnote"]])


def calibration_table(folder: Path) -> str:
    """What the calibration says, and a Markdown table of what gold POS was planted to bring, brought, and was found."""
    found = read_json(folder / "calibration.json", ["answer", "replicates", "trainings"])
    sizes = read_table(folder / "sizes.csv", SIZE_COLUMNS)
    gold = sizes[sizes["contrast"] == "gold"].to_dict("records")
    rows = [SIZE_HEADER, ("---",) * len(SIZE_HEADER), *map(size_row, gold)]
    table = (f"| {' | '.join(cells)} |" for cells in rows)
    made = f"{found['trainings']} NER trainings on {found['replicates']} corpora."
    return "\n".join([f"> {found['answer']}", "", *table, "", made])


def size_row(size: Mapping[Hashable, Any]) -> tuple[str, ...]:
    """One size of planted effect."""
    baseline, baseline_best, variant, variant_best = (f"{100 * size[name]:.1f}" for name in SCORES)
    return (
        points(size["planted"]),
        points(size["difference"]),
        f"{baseline} ({baseline_best})",
        f"{variant} ({variant_best})",
        f"{size['helps']} of {size['replicates']}",
        f"{100 * size['power']:.0f} %",
        f"{size['covered']} of {size['replicates']}",
    )


def mermaid(graph: str) -> str:
    """A Mermaid block of Snakemake's rule graph, without the edges that others imply, and without colours.

    What is left says the same (Aho, Garey, Ullman 1972, The transitive reduction of a directed graph) and can be read.
    """
    names = re.findall(r"(id\d+)\[(\w+)\]", graph)
    implied = nx.DiGraph(re.findall(r"(id\d+) --> (id\d+)", graph))
    edges = nx.transitive_reduction(implied).edges
    nodes = [f"\t{node}[{name}]" for node, name in names]
    arrows = [f"\t{a} --> {b}" for a, b in implied.edges if (a, b) in edges]
    return "\n".join(["```mermaid", "flowchart TB", *nodes, *arrows, "```"])


def fill(text: str, name: str, content: str) -> str:
    """`text` with `content` between the marks of the block `name`.

    Raises:
        InputError: the marks are not there.
    """
    block = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    if not block.search(text):
        raise InputError(f"the marks <!-- begin {name} --> and <!-- end {name} --> are missing")
    return block.sub(lambda marks: f"{marks[1]}{content}\n{marks[2]}", text)


if __name__ == "__main__":
    run(FillReadme)
