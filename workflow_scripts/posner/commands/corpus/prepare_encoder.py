"""Bring an encoder into a local folder that transformers loads."""

from __future__ import annotations

from pathlib import Path

from posner.config.encoders import Encoder
from posner.corpora.corpus import read_split, words
from posner.model.pretrained import prepare_encoder
from posner.workflow.command import Command


class PrepareEncoder(Command):
    """Fetch, find or make an encoder and write config, tokenizer and safetensors."""

    encoder: Encoder
    """Where the encoder comes from."""
    train: Path
    """train.parquet of the corpus; a scratch encoder learns its vocabulary from it."""
    output: Path
    """Folder to write to."""

    def execute(self) -> None:
        prepare_encoder(self.encoder, words(read_split(self.train)), self.output)
