"""Tables for readers: rounded numbers, F1 in points, headings in words; as LaTeX (booktabs) and as HTML.

The CSV files keep every digit and scores in 0..1, for programs. Nothing is computed from the formatted tables.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from posner.errors import InputError
from posner.report.formats import MINUS, MISSING, number_format, one_line
from posner.report.layouts import table_layout

# TeX's default text font has no minus sign, and prints other characters for the next three. At the beginning of a row,
# the last two would be options of the line break before it.
TEX_CHARACTERS = str.maketrans({MINUS: "$-$", "<": "$<$", ">": "$>$", "|": r"\textbar{}", "[": "{[}", "*": "{*}"})
FIRST_BEYOND_LATIN, DASHES = 0x180, "\N{EN DASH}\N{EM DASH}"  # what pdfLaTeX prints without further fonts
UNICODE_NOTE = ", and LuaLaTeX or XeLaTeX with a font for all characters (\\setmainfont of fontspec)"
ROWS_ON_PAGE = 45  # of paper; longer tables may break

CSS = """
body { font: 14px system-ui, sans-serif; margin: 2em; color: #1e293b; }
table { border-collapse: collapse; border-block: 2px solid; }
th, td { padding: .3em .9em; text-align: left; white-space: nowrap; }
thead th { border-bottom: 1px solid; vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:nth-child(even) { background: #f1f5f9; }
"""


def format_table(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[bool]]:
    """The table in its layout, all cells formatted as text, and which of its columns hold numbers.

    Args:
        name: of the table, without ``.csv``; it selects the layout.
        table: from :func:`posner.files.read_table`, all text.

    Raises:
        InputError: a column of the layout is missing, or a column of numbers holds text.
    """
    columns, is_number = {}, []
    for heading, template in table_layout(name, list(table.columns)).items():
        parts = re.findall(r"([^{]*)\{([^}]+)\}", template)
        if missing := [column for _, column in parts if column not in table]:
            raise InputError(f"{name}.csv: no column {missing[0]!r}; delete it and run again")
        rows = zip(*([format_cell(column, value) for value in table[column]] for _, column in parts), strict=True)
        columns[heading] = [
            "".join(text + cell for (text, _), cell in zip(parts, row, strict=True) if cell) or MISSING for row in rows
        ]
        is_number.append(number_format(parts[0][1]) is not None)
    return pd.DataFrame(columns, columns=list(columns)), is_number


def format_cell(column: str, value: str) -> str:
    """One value as text, empty if it is missing; numbers in unknown columns are rounded to four digits.

    Raises:
        InputError: `value` is not a number, although `column` holds numbers.
    """
    number = number_format(column) or ("{:.4g}".format if re.fullmatch(r"-?\d+\.\d{4,}", value) else None)
    if number is None or not value:
        return one_line(value)
    try:
        return number(float(value))
    except ValueError:
        raise InputError(f"column {column!r}: {value!r} is not a number") from None


def latex_table(table: pd.DataFrame, is_number: Sequence[bool]) -> str:
    """A ``tabular`` with rules from booktabs, or a ``longtable`` if it does not fit on a page."""
    breaks = len(table) > ROWS_ON_PAGE
    styler = table.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
    tabular = styler.to_latex(
        hrules=True,
        column_format="".join("r" if number else "l" for number in is_number),
        environment="longtable" if breaks else None,
    )
    packages = "packages booktabs and longtable" if breaks else "package booktabs"
    text = tabular.translate(TEX_CHARACTERS)
    beyond = any(ord(character) >= FIRST_BEYOND_LATIN and character not in DASHES for character in text)
    fonts = UNICODE_NOTE if beyond else ""
    return f"% needs the {packages}{fonts}\n{text}"


def html_page(name: str, table: pd.DataFrame, is_number: Sequence[bool], downloads: Mapping[str, bytes]) -> str:
    """A page that shows the table and offers `downloads`, file contents by name."""
    links = ", ".join(
        f'<a download="{html.escape(file)}" href="data:text/plain;base64,{base64.b64encode(content).decode()}">'
        f"{html.escape(file)}</a>"
        for file, content in downloads.items()
    )
    header = html_row("th", list(table.columns), is_number)
    body = "\n".join(html_row("td", cells, is_number) for cells in table.itertuples(index=False, name=None))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(name)}</title>'
        f"<style>{CSS}</style>\n<table>\n<thead>{header}\n<tbody>\n{body}\n</table>\n"
        f"<p>Save as {links}\n"
    )


def html_row(tag: str, cells: Sequence[str], is_number: Sequence[bool]) -> str:
    """A row of ``td`` or ``th`` cells."""
    classes = [" class=number" if number else "" for number in is_number]
    return "<tr>" + "".join(f"<{tag}{css}>{html.escape(c)}" for css, c in zip(classes, cells, strict=True))
