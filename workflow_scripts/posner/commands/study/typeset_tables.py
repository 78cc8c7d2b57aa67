"""Tables for papers and for the report."""

from __future__ import annotations

from pathlib import Path

from posner.files import atomic_path, read_table
from posner.report.tables import laid_out, latex, page
from posner.workflow.command import Command


class TypesetTables(Command):
    """Write each CSV table as LaTeX and as HTML beside it, with the numbers as people read them."""

    tables: tuple[Path, ...]
    """CSV files."""

    def execute(self) -> None:
        for path in self.tables:
            table, is_number = laid_out(path.stem, read_table(path, []))
            tex = latex(table, is_number)
            downloads = {path.name: path.read_bytes(), f"{path.stem}.tex": tex.encode()}
            write(path.with_suffix(".tex"), tex)
            write(path.with_suffix(".html"), page(path.stem, table, is_number, downloads))


def write(target: Path, text: str) -> None:
    """Write a text file."""
    with atomic_path(target) as part:
        part.write_text(text, encoding="utf-8")
