"""Find entities in new text with a trained NER model."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Literal, TextIO

from pydantic import field_validator

from posner.commands.base import ModelCommand
from posner.config.base import Column
from posner.config.training import MaxLength
from posner.corpora.corpus import OUTSIDE
from posner.errors import InputError
from posner.files import atomic_path
from posner.model.checkpoint import Checkpoint
from posner.model.device import Device, resolve
from posner.model.folders import fusion_of, model_files
from posner.model.modeling import PosNerConfig
from posner.prediction.annotate import (
    AnnotatedPassage,
    ColumnTagger,
    ModelTagger,
    NoTagger,
    PassageTagger,
    annotate,
)
from posner.prediction.text import STANDARD, Passage, from_columns, from_text, read_lines, refuse_columns
from posner.workflow.command import ModelFolder

log = logging.getLogger(__name__)

PASSAGES_AT_ONCE = 2048  # few enough to fit into memory, enough for batches of similar length
DEFAULT_POS = {"none": "none", "gold": "columns", "predicted": "tagger"}  # by the POS that a model was trained with
CONLL = ".conll"  # suffix of files in columns, in any case; those of CoNLL-U begin with it
JSON_LINES = ".jsonl"
TABLE_ENDINGS = (JSON_LINES, ".json", ".csv", ".tsv")  # endings of inputs whose structure would be read as words


class Predict(ModelCommand):
    """Find entities in raw text (one sentence per line) or in CoNLL columns (files that end in .conll).

    The output is JSON lines, one per sentence, or CoNLL columns of token, POS tag and NER label.
    """

    checkpoint: ModelFolder
    """Folder of the trained NER model."""
    tagger: ModelFolder | None = None
    """Folder of the trained POS tagger, for --pos tagger."""
    input: Path
    """UTF-8 text, columns if it ends in .conll; - is standard input."""
    output: Path
    """File to write, .jsonl or .conll; - is JSON lines on standard output."""
    pos: Literal["none", "tagger", "columns"] | None = None
    """Source of the POS tags; default: the same as in training."""
    token_column: Column = 0
    """Index of the token column, from 0."""
    pos_column: Column = 1
    """Index of the POS column, from 0."""
    max_length: MaxLength = 256
    """Longest input in word pieces; longer sentences are read in parts."""

    @field_validator("input")
    @classmethod
    def _is_text(cls, path: Path) -> Path:
        if path.suffix.lower() in TABLE_ENDINGS:
            raise ValueError(f"{path} is a table, not text; give text, or columns in a file that ends in {CONLL}")
        return path

    @field_validator("output")
    @classmethod
    def _known_format(cls, output: Path) -> Path:
        if output != STANDARD and output.suffix.lower() not in (JSON_LINES, CONLL):
            raise ValueError(f"{output} ends neither in {JSON_LINES} nor in {CONLL}")
        return output

    def execute(self) -> None:
        device = resolve(self.compute)
        checkpoint = Checkpoint.load(self.checkpoint, device, self.max_length)
        source = self.pos_source(checkpoint.config)
        tagger = self.make_tagger(source, checkpoint.config, device)
        write = as_columns if self.output.suffix.lower() == CONLL else as_json
        started, words, without_pieces = time.perf_counter(), 0, 0
        with open_output(self.output) as file:
            remaining = self.passages(source)
            while passages := list(islice(remaining, PASSAGES_AT_ONCE)):
                for annotated in annotate(passages, checkpoint, tagger):
                    words += len(annotated.labels)
                    without_pieces += annotated.without_pieces
                    file.write(write(annotated))
        seconds = time.perf_counter() - started
        log.info("%d words in %.1f s: %.0f words/s", words, seconds, words / seconds)
        if without_pieces:
            log.warning("%d words have no word pieces and are labelled O; no word was truncated", without_pieces)
        if isinstance(tagger, ColumnTagger) and tagger.unknown:
            log.warning("%s: these words read no tag", tagger.found_unknown())

    def fusion(self) -> str:
        return fusion_of(self.checkpoint)

    def inputs(self) -> list[Path]:
        models = [self.checkpoint, *([self.tagger] if self.tagger else [])]
        return [*(file for folder in models for file in model_files(folder)), *self.text_files()]

    def text_files(self) -> list[Path]:
        """The input if it is a file; a pipe can be read only once."""
        return [self.input] if self.input.is_file() else []

    def content_files(self) -> list[Path]:
        return self.text_files()

    def provenance_path(self) -> Path | None:
        return None if self.output == STANDARD else self.output.with_name(f"{self.output.name}.provenance.json")

    def pos_source(self, config: PosNerConfig) -> str:
        """Source of the POS tags: none, tagger or columns.

        Raises:
            InputError: the model cannot read POS from this source.
        """
        if OUTSIDE not in config.labels:
            raise InputError("--checkpoint: this is a POS tagger, not an NER model; give taggers as --tagger")
        if config.pos not in DEFAULT_POS:
            raise InputError(f"--checkpoint: a control variant (pos: {config.pos}); it cannot label new text")
        source = self.pos or DEFAULT_POS[config.pos]
        if config.fusion == "none" and source != "none":
            raise InputError("--pos: this model reads no POS; use --pos none")
        if config.fusion != "none" and source == "none":
            raise InputError("--pos: this model needs POS tags; use --pos tagger or --pos columns")
        if source == "columns" and not self.has_columns():
            raise InputError(
                f"--pos: this model was trained with {config.pos} POS, but raw text has no tags; use --pos tagger, or "
                f"give columns with tags, in a file that ends in {CONLL}"
            )
        return source

    def make_tagger(self, source: str, config: PosNerConfig, device: Device) -> PassageTagger:
        """The tagger that reads POS from `source`.

        Raises:
            InputError: `source` is ``tagger``, and there is none.
        """
        if source == "none":
            return NoTagger()
        if source == "columns":
            return ColumnTagger(config)
        if self.tagger is None:
            raise InputError("--tagger: is required with --pos tagger; a study has a tagger in pos/final/model")
        return ModelTagger(Checkpoint.load(self.tagger, device, self.max_length), config)

    def has_columns(self) -> bool:
        """Whether the input is in columns, not raw text."""
        return self.input.suffix.lower().startswith(CONLL)

    def passages(self, source: str) -> Iterator[Passage]:
        """The passages of the input."""
        lines = read_lines(self.input)
        if not self.has_columns():
            return from_text(refuse_columns(lines, str(self.input)))
        return from_columns(lines, self.token_column, self.pos_column if source == "columns" else None, str(self.input))


@contextmanager
def open_output(output: Path) -> Iterator[TextIO]:
    """Standard output, or a file that appears when it is complete."""
    if output == STANDARD:
        yield sys.stdout
        return
    with atomic_path(output) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        yield file


def as_json(annotated: AnnotatedPassage) -> str:
    """A line of JSON: the text and its entities, with offsets in characters; the end is exclusive."""
    text, spans = annotated.passage.text, annotated.passage.spans
    rows = []
    for entity in annotated.entities:
        start, end = spans[entity.first][0], spans[entity.last][1]
        score = round(entity.score, 4)
        rows.append({"type": entity.type, "start": start, "end": end, "text": text[start:end], "score": score})
    return json.dumps({"text": text, "entities": rows}, ensure_ascii=False) + "\n"


def as_columns(annotated: AnnotatedPassage) -> str:
    """One line per word (token, POS tag, NER label) and a blank line; nothing for a passage without words.

    Columns are separated as in the input, since its words may contain blanks if that is in tabs.
    """
    rows = zip(annotated.passage.words, annotated.tags, annotated.labels, strict=True)
    lines = "".join(f"{annotated.passage.separator.join(row)}\n" for row in rows)
    return f"{lines}\n" if lines else ""
