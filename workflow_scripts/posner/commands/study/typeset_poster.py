"""The poster of one corpus and encoder, typeset from its results."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import typst
from matplotlib.font_manager import fontManager

from posner.errors import InputError
from posner.files import atomic_path
from posner.report.figures.style import FALLBACK_FONTS, installed_fonts
from posner.workflow.command import Command

PPI = 100  # of PNG: 3311 x 4681 pixels for A0; with fewer, small letters in figures become illegible
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")  # those of the figures, the same on every machine


def further_fonts() -> dict[str, Path]:
    """Installed fonts for scripts that those of the figures lack: their files by family."""
    installed = installed_fonts(FALLBACK_FONTS)
    return {font.name: Path(font.fname) for font in fontManager.ttflist if font.name in installed}


class TypesetPoster(Command):
    """Typeset question, methods, results and conclusions on an A0 page, as PDF and PNG."""

    template: Path
    """poster.typ, in a folder with the files that it imports."""
    title: str
    """Title of the study."""
    corpus_name: str
    """Name of the corpus in the study."""
    encoder_name: str
    """Name of the encoder in the study."""
    corpus: Path
    """corpus.json."""
    verdict: Path
    """verdict.json."""
    summary: Path
    """ner_summary.csv."""
    tagging: Path
    """pos_tagging.csv."""
    confusions: Path
    """pos_confusions.csv."""
    figures: tuple[Path, ...]
    """SVG files of figures; the template selects among them by name."""
    output: Path
    """PDF file to write; a PNG file is written beside it."""

    def execute(self) -> None:
        compiler = typst.Compiler(
            str(self.template.absolute()),
            root="/",  # template and results need not be in one folder
            font_paths=[str(FONTS), *sorted({str(path.parent) for path in further_fonts().values()})],
            ignore_system_fonts=True,
            sys_inputs=self.template_inputs(),
        )
        try:
            with atomic_path(self.output) as pdf:
                compiler.compile(output=str(pdf.absolute()), format="pdf", timestamp=0)
            with atomic_path(self.output.with_suffix(".png")) as png:
                compiler.compile(output=str(png.absolute()), format="png", ppi=PPI)
        except typst.TypstError as error:
            raise InputError(f"{self.output} cannot be typeset: {error}") from error

    def inputs(self) -> list[Path]:
        return [self.corpus, self.verdict, self.summary, self.tagging, self.confusions, *self.figures]

    def content_files(self) -> list[Path]:
        return sorted(self.template.parent.glob("*.typ"))

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")

    def template_inputs(self) -> dict[str, str]:
        """The template's ``sys.inputs``: names, and absolute paths of files."""
        files = {
            "corpus": self.corpus,
            "verdict": self.verdict,
            "summary": self.summary,
            "tagging": self.tagging,
            "confusions": self.confusions,
        }
        figures = {path.stem: str(path.absolute()) for path in self.figures}
        return {name: str(path.absolute()) for name, path in files.items()} | {
            "title": self.title,
            "corpus-name": self.corpus_name,
            "encoder-name": self.encoder_name,
            "figures": json.dumps(figures),
            "fonts": json.dumps(list(further_fonts())),
        }
