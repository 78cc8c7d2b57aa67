"""Tables for papers and for the report."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from posner.files import atomic_path, read_table
from posner.report.tables import format_table, html_page, latex_table
from posner.workflow.command import Command


class TypesetTables(Command):
    """Write each CSV table as LaTeX and as HTML beside it, with rounded numbers and F1 in points."""

    tables: tuple[Path, ...] = Field(min_length=1)
    """CSV files."""

    def inputs(self) -> list[Path]:
        return list(self.tables)

    def provenance_path(self) -> Path:
        first = self.tables[0]
        return first.with_name(f"{first.stem}.typeset.provenance.json")

    def execute(self) -> None:
        for path in self.tables:
            table, is_number = format_table(path.stem, read_table(path, []))
            latex = latex_table(table, is_number)
            downloads = {path.name: path.read_bytes(), f"{path.stem}.tex": latex.encode()}
            write_text(path.with_suffix(".tex"), latex)
            write_text(path.with_suffix(".html"), html_page(path.stem, table, is_number, downloads))


def write_text(target: Path, text: str) -> None:
    """Write a text file."""
    with atomic_path(target) as part:
        part.write_text(text, encoding="utf-8")
