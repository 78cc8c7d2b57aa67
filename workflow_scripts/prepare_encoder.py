"""Bring an encoder into a local folder that transformers loads."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .posner.cli import Command, run
from .posner.corpus import read_split, words
from .posner.encoders import prepare_encoder
from .posner.source_settings import Encoder


class PrepareEncoder(Command):
    """Fetch, find or make an encoder and write config, tokenizer and safetensors."""

    encoder: Encoder = Field(description="Where the encoder comes from.")
    train: Path = Field(description="train.parquet of the corpus; a scratch encoder learns its vocabulary from it.")
    output: Path = Field(description="Folder to write to.")

    def cli_cmd(self) -> None:
        prepare_encoder(self.encoder, words(read_split(self.train)), self.output)


if __name__ == "__main__":
    run(PrepareEncoder)
