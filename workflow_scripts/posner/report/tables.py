"""Tables as people read them: F1 in points, two digits, words for columns; as LaTeX (booktabs) and as a page of HTML.

The CSV files keep every digit, and scores in 0..1: they are for programs. Nothing is computed from what is made here.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping

import pandas as pd

from posner.errors import InputError
from posner.report.formats import MINUS, MISSING, kind
from posner.report.layouts import layout

# TeX's default text font has no minus sign, and other characters in the places of these.
NOT_IN_TEX_FONT = str.maketrans({MINUS: "$-$", "<": "$<$", ">": "$>$", "|": r"\textbar{}"})
PAGE = 45  # rows that fit on a page of paper; longer tables may break

STYLE = """
body { font: 14px system-ui, sans-serif; margin: 2em; color: #1e293b; }
table { border-collapse: collapse; border-block: 2px solid; }
th, td { padding: .3em .9em; text-align: left; white-space: nowrap; }
thead th { border-bottom: 1px solid; vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:nth-child(even) { background: #f1f5f9; }
"""


def laid_out(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[bool]]:
    """The table as it is read, all text, and which of its columns hold numbers.

    Args:
        name: of the table, which chooses its layout.
        table: what :func:`posner.files.read_table` reads, all text.

    Raises:
        InputError: a column of the layout is missing, or there is text where a number has to be.
    """
    columns = layout(name, list(table.columns))
    made, is_number = {}, []
    for title, template in columns.items():
        parts = re.findall(r"([^{]*)\{([^}]+)\}", template)
        if missing := [column for _, column in parts if column not in table]:
            raise InputError(f"{name}.csv: no column {missing[0]!r}; delete it and run again")
        cells = [[written(column, value) for value in table[column]] for _, column in parts]
        words, rows = [word for word, _ in parts], zip(*cells, strict=True)
        made[title] = ["".join(w + c for w, c in zip(words, row, strict=True) if c) or MISSING for row in rows]
        is_number.append(kind(parts[0][1]) is not None)
    return pd.DataFrame(made, columns=list(columns)), is_number


def written(column: str, value: str) -> str:
    """One value as it is read; empty if it is missing. A number of a column that is not known keeps four digits."""
    write = kind(column) or ("{:.4g}".format if re.fullmatch(r"-?\d+\.\d{4,}", value) else None)
    if write is None or not value:
        return value
    try:
        return write(float(value))
    except ValueError:
        raise InputError(f"column {column!r}: {value!r} is no number") from None


def latex(table: pd.DataFrame, is_number: list[bool]) -> str:
    """A ``tabular`` with booktabs' rules, or a ``longtable`` if it does not fit on a page."""
    styler = table.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
    made = styler.to_latex(
        hrules=True,
        column_format="".join("r" if number else "l" for number in is_number),
        environment="longtable" if len(table) > PAGE else None,
    )
    made = made.translate(NOT_IN_TEX_FONT)
    packages = "booktabs and longtable" if len(table) > PAGE else "booktabs"
    return f"% needs the package{'s' if ' ' in packages else ''} {packages}\n{made}"


def page(name: str, table: pd.DataFrame, is_number: list[bool], downloads: Mapping[str, bytes]) -> str:
    """A page of HTML that shows the table and holds files to be saved, by name."""
    links = ", ".join(
        f'<a download="{html.escape(file)}" href="data:text/plain;base64,{base64.b64encode(content).decode()}">'
        f"{html.escape(file)}</a>"
        for file, content in downloads.items()
    )
    marks = ["<{0} class=number>" if number else "<{0}>" for number in is_number]

    def row(tag: str, cells: list[str]) -> str:
        return "<tr>" + "".join(mark.format(tag) + html.escape(c) for mark, c in zip(marks, cells, strict=True))

    body = "\n".join(row("td", list(cells)) for cells in table.itertuples(index=False, name=None))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(name)}</title>'
        f"<style>{STYLE}</style>\n<table>\n<thead>{row('th', list(table.columns))}\n<tbody>\n{body}\n</table>\n"
        f"<p>Save as {links}\n"
    )
