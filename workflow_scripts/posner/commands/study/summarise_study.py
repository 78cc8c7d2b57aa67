"""The study on one page: what is printed when it ends, and what its report opens with."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from posner.files import atomic_path, read_json
from posner.stats.spread import points
from posner.workflow.command import Command

WIDTH = 100
ABOUT = "F1 in points of 0 to 100; differences to the baseline of the same seeds:\n"
QUESTION = (
    "Do part-of-speech tags still help named entity recognition when the backbone is already BERT, and do tagging "
    "errors reach it?"
)
WORDS = """\
- *helps*, *hurts*: test F1 differs from the baseline's, or, of replaced tags, from that with the corpus's;
- *no effect larger than the margin*: if it differs, then surely by less than the margin;
- *cannot tell*: the seeds and texts of this study do not suffice to say either; the points beside it were measured, and
  are no finding.
"""
REST = """\
- *Data*: what the corpora hold.
- *POS*: how well our taggers tag, and what they mistake for what.
- *Training*: loss and validation F1 of every variant, to be chosen by name.
- *NER*: the verdicts; F1 of every variant and seed; differences to the baseline, seed by seed.
- *Error propagation*: what NER makes of POS that grows worse.
- *Controls*: could each way of giving POS have carried anything? A closed way makes a null result there empty.
- *Cost*: time and memory.
- *Presentation*: a poster, and a notebook for questions of your own.

A caption says what is shown, over what, with which interval, and names the rule, the command and the tables behind it.
Tables can be saved as CSV and LaTeX; figures lie below ``results`` in folders ``figures``, as PNG and SVG. Every model
and table has its record, ``provenance.json``: settings, hashes of inputs and code, packages, device.
"""
HEADER = ("variant", "seeds", "test F1", "difference", "interval", "verdict")


class SummariseStudy(Command):
    """Write the answers, a table of results and where the figures are, as text that the report can open with."""

    title: str
    """Heading."""
    results: tuple[Path, ...]
    """Folders {corpus}/{encoder} that hold a verdict.json."""
    report: Path
    """Where the report will be."""
    output: Path
    """File to write."""

    def execute(self) -> None:
        # The report reads this file as a template: a title is text, whatever it holds.
        title = self.title.replace("{", "(").replace("}", ")")
        parts = [
            heading(title, "="),
            textwrap.fill(QUESTION, WIDTH) + "\n",
            *(section(folder) for folder in self.results),
            heading("What the words mean", "-"),
            WORDS,
            heading("How to read the rest", "-"),
            REST,
            f"Report: {self.report}\n",
        ]
        with atomic_path(self.output) as path:
            path.write_text("\n".join(parts), encoding="utf-8")


def section(folder: Path) -> str:
    """One corpus and encoder."""
    verdict = read_json(folder / "verdict.json", ["answer", "footnote", "variants", "pos_accuracy"])
    accuracy = verdict["pos_accuracy"]
    tagging = ", ".join(
        f"{name} {100 * accuracy[split]:.2f}"
        for split, name in {"train": "out-of-fold train", "validation": "validation", "test": "test"}.items()
    )
    return "\n".join(
        [
            heading(f"{folder.parent.name}, {folder.name}", "-"),
            textwrap.fill(verdict["answer"], WIDTH, break_on_hyphens=False) + "\n",
            told(verdict["variants"]),
            ABOUT,
            table([HEADER, *(row(name, found) for name, found in verdict["variants"].items())]),
            textwrap.fill(verdict["footnote"], WIDTH, break_on_hyphens=False) + "\n",
            f"POS tagging accuracy in percent: {tagging}.\n",
            f"Figures: {folder / 'figures'}\n",
        ]
    )


def told(variants: Mapping[str, Any]) -> str:
    """A sentence for each variant of which the study can tell something."""
    answers = [found["answer"] for found in variants.values() if found["verdict"] not in (None, "cannot tell")]
    lines = (textwrap.fill(f"- {answer}", WIDTH, subsequent_indent="  ", break_on_hyphens=False) for answer in answers)
    return "\n".join(["Of these variants it can be told:\n", *lines]) + "\n" if answers else ""


def row(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """One variant in the table of results."""
    f1, difference = found["f1"], found["difference"]
    spread = f" ± {100 * f1['std']:.2f}" if f1["std"] is not None else ""
    cells = (name, str(len(found["seeds"])), f"{100 * f1['mean']:.2f}{spread}")
    if difference is None:
        return (*cells, "", "", "")
    low, high = difference["low"], difference["high"]
    interval = f"{points(low)} to {points(high)}" if low is not None else "one seed"
    return (*cells, points(difference["mean"]), interval, found["verdict"])


def heading(text: str, line: str) -> str:
    """A heading with its line below."""
    return f"{text}\n{line * len(text)}\n"


def table(rows: Sequence[Sequence[str]]) -> str:
    """A simple table of reStructuredText, which reads as well in a terminal; the first row is its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule]) + "\n"
