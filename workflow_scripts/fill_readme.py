"""Fill the README's marked blocks from what was made: no number and no graph in it is typed by hand."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field

from .posner.artifacts import atomic_path
from .posner.cli import Command, run
from .posner.errors import InputError
from .posner.results import read_json
from .summarise_study import HEADER, row


class FillReadme(Command):
    """Write the results of a study and the rule graph between their marks in the README."""

    readme: Path = Field(Path("README.md"), description="File with <!-- begin NAME --> and <!-- end NAME --> marks.")
    results: Path = Field(
        Path("results/conll2003-files/minilm"), description="Folder that holds the study's verdict.json."
    )
    graph: Path = Field(Path("docs/rulegraph.mmd"), description="Mermaid text of the rule graph.")

    def cli_cmd(self) -> None:
        text = fill(self.readme.read_text(encoding="utf-8"), "results", results_table(self.results))
        text = fill(text, "graph", mermaid(self.graph.read_text(encoding="utf-8")))
        with atomic_path(self.readme) as path:
            path.write_text(text, encoding="utf-8")


def results_table(folder: Path) -> str:
    """The answer, a Markdown table of all variants, and what stands behind it, from ``verdict.json``."""
    verdict = read_json(folder / "verdict.json", ["answer", "footnote", "variants"])
    rows = [HEADER, ("---",) * len(HEADER), *(row(name, found) for name, found in verdict["variants"].items())]
    table = (f"| {' | '.join(cells)} |" for cells in rows)
    return "\n".join([f"> {verdict['answer']}", "", *table, "", verdict["footnote"]])


def mermaid(graph: str) -> str:
    """A Mermaid block without the colours of the nodes, which mean nothing and are half of the text."""
    lines = graph[graph.index("flowchart") :].strip().splitlines()
    return "\n".join(["```mermaid", *(line for line in lines if not line.lstrip().startswith("style ")), "```"])


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
