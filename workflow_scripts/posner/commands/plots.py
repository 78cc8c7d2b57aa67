"""The base of the commands that draw a figure."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from matplotlib.figure import Figure

from posner.report.figures.style import figure_style, save_figure
from posner.workflow.command import Command


class Plot(Command):
    """A command that reads tables and draws one figure of them."""

    style: Path
    """Matplotlib style sheet."""
    output: Path
    """PNG file to write; an SVG file is written beside it."""

    @abstractmethod
    def draw(self) -> Figure:
        """The figure."""

    def inputs(self) -> list[Path]:
        return [value for name, value in self if isinstance(value, Path) and name != "output"]

    def content_files(self) -> list[Path]:
        return [self.style]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")

    def execute(self) -> None:
        with figure_style(self.style):
            save_figure(self.draw(), self.output)
