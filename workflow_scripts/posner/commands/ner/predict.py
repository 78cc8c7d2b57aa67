"""Find entities in text with a trained model."""

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

from pydantic import Field, field_validator

from posner.commands.base import ModelCommand
from posner.corpora.corpus import OUTSIDE
from posner.errors import InputError
from posner.files import atomic_path
from posner.model.device import Device, resolve
from posner.model.modeling import PosNerConfig
from posner.model.pretrained import model_files
from posner.prediction.annotate import GivenTags, Labelled, Labeller, ModelTagger, NoTagger, Tagger, label
from posner.prediction.text import STANDARD, Passage, from_columns, from_text, read_lines
from posner.workflow.command import Folder

log = logging.getLogger(__name__)

CHUNK = 2048  # passages at a time: a file of any size fits into memory, and batches are of like length
USUAL_POS = {"none": "none", "gold": "columns", "predicted": "tagger"}  # by the POS that a model was trained with
COLUMNS = ".conll"  # ending of files in columns
JSON_LINES = ".jsonl"


class Predict(ModelCommand):
    """Find entities in raw text (a sentence a line) or in CoNLL columns (files that end in .conll).

    Output is JSON lines, one for each line or sentence, or CoNLL columns of token, POS tag and NER label.
    """

    checkpoint: Folder
    """Folder of the trained NER model."""
    tagger: Folder | None = None
    """Folder of the trained POS tagger, for --pos tagger."""
    input: Path
    """UTF-8 text, columns if it ends in .conll; - is standard input."""
    output: Path
    """File to write, .jsonl or .conll; - is JSON lines on standard output."""
    pos: Literal["none", "tagger", "columns"] | None = None
    """Where POS tags come from, if not from where the model had them in training."""
    token_column: int = Field(0, ge=0)
    """Number of the token's column, from 0."""
    pos_column: int = Field(1, ge=0)
    """Number of the POS tag's column, from 0."""
    max_length: int = Field(256, ge=8)
    """Longest input in word pieces; longer sentences are read in parts."""
    batch_size: int = Field(16, ge=1)
    """Sentences in a batch."""

    @field_validator("output")
    @classmethod
    def _known_format(cls, output: Path) -> Path:
        if output != STANDARD and output.suffix not in (JSON_LINES, COLUMNS):
            raise ValueError(f"{output} ends neither in {JSON_LINES} nor in {COLUMNS}")
        return output

    def execute(self) -> None:
        device = resolve(self.compute)
        labeller = self.load(self.checkpoint, device)
        pos = self.source_of_pos(labeller.config)
        tagger = self.make_tagger(pos, labeller.config, device)
        write = as_columns if self.output.suffix == COLUMNS else as_json
        started, words = time.perf_counter(), 0
        with opened(self.output) as file:
            for passages in chunks(self.passages(pos)):
                words += sum(len(passage.spans) for passage in passages)
                file.writelines(write(found) for found in label(passages, labeller, tagger))
        seconds = time.perf_counter() - started
        log.info("%d words in %.1f s: %.0f words/s", words, seconds, words / seconds)

    def inputs(self) -> list[Path]:
        text = [] if self.input == STANDARD else [self.input]
        return [*model_files(self.checkpoint), *(model_files(self.tagger) if self.tagger else []), *text]

    def sidecar(self) -> Path | None:
        return None if self.output == STANDARD else self.output.with_name(f"{self.output.name}.provenance.json")

    def load(self, folder: Path, device: Device) -> Labeller:
        """The model in `folder`."""
        return Labeller(folder, device, self.max_length, self.batch_size)

    def source_of_pos(self, config: PosNerConfig) -> str:
        """Where POS comes from, checked.

        Raises:
            InputError: the model cannot have POS from there.
        """
        if OUTSIDE not in config.labels:
            raise InputError("--checkpoint: its labels are none of entities; a POS tagger is given as --tagger")
        if config.pos not in USUAL_POS:
            raise InputError(f"--checkpoint: a control, whose {config.pos} POS no text has; choose another variant")
        pos = self.pos or USUAL_POS[config.pos]
        if config.fusion == "none" and pos != "none":
            raise InputError("--pos: this model reads no POS; use --pos none")
        if config.fusion != "none" and pos == "none":
            raise InputError("--pos: this model needs POS tags; use --pos tagger or --pos columns")
        if pos == "columns" and self.input.suffix != COLUMNS:
            raise InputError(
                f"--pos: this model was trained with {config.pos} POS, and raw text has no tags; let the tagger make "
                f"them with --pos tagger, or give columns that have them, in a file that ends in {COLUMNS}"
            )
        return pos

    def make_tagger(self, pos: str, config: PosNerConfig, device: Device) -> Tagger:
        """What gives POS to the model."""
        if pos == "none":
            return NoTagger()
        if pos == "columns":
            return GivenTags(config)
        if self.tagger is None:
            raise InputError("--tagger: is required where tags are not given; a study has one in pos/final/model")
        return ModelTagger(self.load(self.tagger, device), config)

    def passages(self, pos: str) -> Iterator[Passage]:
        """What the input holds."""
        lines = read_lines(self.input)
        if self.input.suffix != COLUMNS:
            return from_text(lines)
        return from_columns(lines, self.token_column, self.pos_column if pos == "columns" else None, str(self.input))


def chunks(passages: Iterator[Passage]) -> Iterator[list[Passage]]:
    """Runs of at most `CHUNK` passages."""
    while chunk := list(islice(passages, CHUNK)):
        yield chunk


@contextmanager
def opened(output: Path) -> Iterator[TextIO]:
    """Where to write; a file appears when it is complete."""
    if output == STANDARD:
        yield sys.stdout
        return
    with atomic_path(output) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        yield file


def as_json(found: Labelled) -> str:
    """A line of JSON: the text and its entities, their places in characters from 0, the end exclusive."""
    text, spans = found.passage.text, found.passage.spans
    rows = []
    for entity in found.entities:
        start, end = spans[entity.first][0], spans[entity.last][1]
        score = round(entity.score, 4)
        rows.append({"type": entity.type, "start": start, "end": end, "text": text[start:end], "score": score})
    return json.dumps({"text": text, "entities": rows}, ensure_ascii=False) + "\n"


def as_columns(found: Labelled) -> str:
    """A line a word: token, POS tag, NER label; a blank line at the end. Nothing for a passage without words."""
    rows = zip(found.passage.words, found.tags, found.labels, strict=True)
    lines = "".join(f"{word} {tag} {label}\n" for word, tag, label in rows)
    return f"{lines}\n" if lines else ""
