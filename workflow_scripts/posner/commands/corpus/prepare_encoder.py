"""Prepare an encoder: fetch, copy or create it, and store it in a local folder that transformers loads."""

from __future__ import annotations

from pathlib import Path

from posner.config.encoders import Encoder
from posner.corpora.corpus import OUTSIDE, all_tokens, read_split
from posner.files import real_path
from posner.model.pretrained import prepare_encoder
from posner.workflow.command import Command


class PrepareEncoder(Command):
    """Fetch, copy or create an encoder, and write its config, tokenizer and weights (safetensors)."""

    encoder: Encoder
    """Source of the encoder."""
    train: Path
    """train.parquet of the corpus; a scratch encoder learns its vocabulary from it."""
    output: Path
    """Folder to write to."""

    def execute(self) -> None:
        train = read_split(self.train)
        pairs = (pair for sentence in train for pair in zip(sentence.tokens, sentence.ner, strict=True))
        of_entities = [token for token, label in pairs if label != OUTSIDE]
        prepare_encoder(self.encoder, all_tokens(train), self.output, of_entities)

    def inputs(self) -> list[Path]:
        return [self.train]

    def content_files(self) -> list[Path]:
        return [Path(path) for path in self.encoder.files]

    def provenance_path(self) -> Path:
        folder = self.output if self.output.name else real_path(self.output)
        return folder.with_name(f"{folder.name}.provenance.json")  # the folder is replaced as a whole
