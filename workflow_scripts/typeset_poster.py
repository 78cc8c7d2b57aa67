"""The poster of one corpus and encoder, typeset from its results."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import typst
from pydantic import Field

from .posner.artifacts import atomic_path
from .posner.cli import Command, run
from .posner.errors import InputError

PPI = 100  # of PNG: an A0 page on 3311 x 4681 pixels; with fewer, lines of small letters in figures get lost
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")  # those of the figures, the same on every machine


class TypesetPoster(Command):
    """Typeset an A0 page of what was asked, done and found, as PDF and PNG."""

    template: Path = Field(description="poster.typ, beside the files that it imports.")
    title: str = Field(description="Title of the study.")
    corpus_name: str = Field(description="What the study calls the corpus.")
    encoder_name: str = Field(description="What the study calls the encoder.")
    corpus: Path = Field(description="corpus.json.")
    verdict: Path = Field(description="verdict.json.")
    summary: Path = Field(description="ner_summary.csv.")
    tagging: Path = Field(description="pos_tagging.csv.")
    confusions: Path = Field(description="pos_confusions.csv.")
    figures: tuple[Path, ...] = Field(description="SVG files of figures; the template chooses among them by name.")
    output: Path = Field(description="PDF file to write; a PNG file is written beside it.")

    def cli_cmd(self) -> None:
        compiler = typst.Compiler(
            str(self.template.absolute()),
            root="/",  # the template and the results need not lie under one folder
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs=self.given(),
        )
        try:
            with atomic_path(self.output) as pdf:
                compiler.compile(output=str(pdf.absolute()), format="pdf", timestamp=0)
            with atomic_path(self.output.with_suffix(".png")) as png:
                compiler.compile(output=str(png.absolute()), format="png", ppi=PPI)
        except typst.TypstError as error:
            raise InputError(f"{self.output} cannot be typeset: {error}") from error

    def given(self) -> dict[str, str]:
        """What the template reads as ``sys.inputs``: names, and absolute paths of files."""
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
        }


if __name__ == "__main__":
    run(TypesetPoster)
