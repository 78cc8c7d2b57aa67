"""The study on one page: printed when the study ends, and the first page of its report."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from posner.files import Json, atomic_path, read_json
from posner.report.markup import escape_rst, rst_width
from posner.summaries.sentences import signed_points, verdict_phrase
from posner.summaries.verdict import intervals_first, is_single
from posner.workflow.command import Command

PAGE_WIDTH = 100  # characters
QUESTION = (
    "Do part-of-speech tags still help named entity recognition when the backbone is already BERT, and do tagging "
    "errors reach it?"
)
TABLE_NOTE = """\
Test F1 in points of 0 to 100, mean and standard deviation over seeds. The difference is from the baseline's mean over
the same seeds:
"""
VERDICT_NOTES = """\
- *helps*, *hurts*: the variant's test F1 differs significantly from the baseline's; for corrupted tags, from that with
  the corpus's tags;
- *equivalent (within the margin)*: a difference of the margin or more is excluded;
- *inconclusive*: neither can be shown with these seeds and this test set. With *path not learned*,
  the oracle of the variant's input path fails, so the result says nothing about POS; with *path not tested*, the
  path has no oracle, and one of another path of the fusion fails; with *baseline not learned*, its F1 is near 0.
"""
CONTENTS = """\
- *Data*: sizes of the corpora.
- *POS*: scores of the taggers, and their most frequent confusions.
- *Training*: loss and validation F1 of every variant.
- *NER*: the verdicts; F1 of every variant and seed; differences from the baseline.
- *Error propagation*: test F1 under corrupted POS tags.
- *Controls*: whether each input path can transmit information. Where it cannot, its verdicts are inconclusive.
- *Cost*: time and memory.
- *Presentation*: a poster, and a notebook for further questions.

Each caption says what is shown, over which data and with which interval, and names the rule, the command and the tables
behind it. Tables can be saved as CSV and LaTeX; figures are in the folders ``figures`` below ``results``, as PNG and
SVG. Every model and table has a record, ``provenance.json``: settings, hashes of inputs and code, packages, device.
"""
HEADER = ("variant", "seeds", "test F1", "baseline,\nsame seeds", "difference", "interval", "verdict")
ONE_SEED_ROW = ("one seed each, not tested:", *[""] * (len(HEADER) - 1))
TAGGED = {"train": "train (out of fold)", "validation": "validation", "test": "test"}


class SummariseStudy(Command):
    """Write the answers of a study and its table of results as text, which is also the first page of the report."""

    title: str
    """Heading."""
    results: tuple[Path, ...]
    """Folders {corpus}/{encoder} that hold a verdict.json."""
    report: Path
    """Path of the report, to be named on the page."""
    output: Path
    """reStructuredText file to write."""

    def execute(self) -> None:
        parts = [
            heading(self.title, "="),
            paragraph(QUESTION),
            *(section(folder) for folder in self.results),
            heading("Verdicts", "-"),
            VERDICT_NOTES,
            heading("Contents of the report", "-"),
            CONTENTS,
            paragraph(f"Report: {self.report}"),
        ]
        with atomic_path(self.output) as path:
            path.write_text("\n".join(parts), encoding="utf-8")

    def inputs(self) -> list[Path]:
        return [folder / "verdict.json" for folder in self.results]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")


def section(folder: Path) -> str:
    """The results of one corpus and encoder."""
    verdict = read_json(
        folder / "verdict.json", ["answers", "details", "statistics", "seeds", "footnote", "variants", "pos_accuracy"]
    )
    accuracy = ", ".join(f"{name} {100 * verdict['pos_accuracy'][split]:.2f}" for split, name in TAGGED.items())
    return "\n".join(
        [
            heading(f"{folder.parent.name}, {folder.name}", "-"),
            bullets([*filter(None, verdict["answers"].values()), *verdict["details"]]),
            TABLE_NOTE,
            rst_table([HEADER, *result_rows(verdict["variants"])]),
            conclusive_results(verdict["variants"]),
            paragraph(verdict["statistics"]),
            paragraph(verdict["seeds"]),
            paragraph(verdict["footnote"]),
            f"POS tagging accuracy in percent: {accuracy}.\n",
            paragraph(f"Figures: {folder / 'figures'}"),
        ]
    )


def conclusive_results(variants: Mapping[str, Any]) -> str:
    """A sentence for each variant with a conclusive verdict."""
    sentences = [v["sentence"] for v in variants.values() if v["verdict"] not in (None, "inconclusive")]
    return f"Conclusive results:\n\n{bullets(sentences)}" if sentences else ""


def result_rows(variants: Mapping[str, Json], one_seed: Sequence[str] = ONE_SEED_ROW) -> list[Sequence[str]]:
    """The table of results: variants with one seed set apart, below the row `one_seed`."""
    ordered = intervals_first(variants)
    rows: list[Sequence[str]] = [result_row(name, variant) for name, variant in ordered.items()]
    several = sum(not is_single(variant) for variant in ordered.values())
    return rows if several in (0, len(rows)) else [*rows[:several], one_seed, *rows[several:]]


def result_row(name: str, variant: Json) -> tuple[str, ...]:
    """One variant in the table of results, see :data:`HEADER`."""
    f1, difference = variant["f1"], variant["difference"]
    spread = f" ± {100 * f1['std']:.2f}" if f1["std"] is not None else ""
    cells = (escape_rst(name), str(len(variant["seeds"])), f"{100 * f1['mean']:.2f}{spread}")
    if difference is None:
        return (*cells, *[""] * (len(HEADER) - len(cells)))
    low, high = difference["low"], difference["high"]
    interval = f"{signed_points(low)} to {signed_points(high)}" if low is not None else "one seed"
    baseline = f"{100 * difference['baseline_f1']:.2f}"
    verdict = verdict_phrase(variant["verdict"], variant["reason"])
    return (*cells, baseline, signed_points(difference["mean"]), interval, verdict)


# --- markup ----------------------------------------------------------------------------------------------------------


def paragraph(text: str) -> str:
    """Wrapped text; nothing for empty text."""
    return wrap_lines(escape_rst(text)) if text else ""


def bullets(items: Iterable[str]) -> str:
    """A bulleted list; nothing without items."""
    return "".join(wrap_lines(f"- {escape_rst(item)}", "  ") for item in items)


def wrap_lines(text: str, indent: str = "") -> str:
    """Wrapped text, in which no word is broken."""
    wrapper = textwrap.TextWrapper(PAGE_WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    return wrapper.fill(text) + "\n"


def heading(text: str, line: str) -> str:
    """A heading, underlined with the character `line`."""
    escaped = escape_rst(text)
    return f"{escaped}\n{line * rst_width(escaped)}\n"


def rst_table(rows: Sequence[Sequence[str]]) -> str:
    """A simple table of reStructuredText, which is also readable in a terminal.

    The first row is its header, whose cells may have several lines, except the first cell.
    """
    header = list(zip_longest(*(cell.split("\n") for cell in rows[0]), fillvalue=""))
    all_rows = [*header, *rows[1:]]
    widths = [max(map(len, column)) for column in zip(*all_rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in all_rows]
    return "\n".join([rule, *lines[: len(header)], rule, *lines[len(header) :], rule]) + "\n"
