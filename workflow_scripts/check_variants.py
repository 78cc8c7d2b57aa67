"""Check that an encoder can take every variant, before anything is trained on it."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run
from .posner.config import Variant
from .posner.errors import InputError
from .posner.layers import encoder_layers
from .posner.model import PosNerModel, model_config


class CheckVariants(Command):
    """Build every variant's model over an encoder, without weights, and write where in the encoder it adds POS."""

    encoder: Path = Field(description="Folder of the prepared encoder.")
    variants: dict[str, Variant] = Field(description="Variants by name.")
    output: Path = Field(description="JSON file to write: by variant the layer before which POS is added, or null.")

    def cli_cmd(self) -> None:
        write_json(self.output, {name: self.layer(name, variant) for name, variant in self.variants.items()})

    def layer(self, name: str, variant: Variant) -> int | None:
        """Where encoder fusion adds POS.

        Raises:
            InputError: the encoder is not BERT-like, or has fewer layers than the variant counts.
        """
        try:
            config = model_config(self.encoder, ("O",), variant, ("any",))
            with torch.device("meta"):
                encoder_layers(PosNerModel(config).encoder)
        except InputError as error:
            raise InputError(f"variants.{name}: {error}") from None
        return config.layer


if __name__ == "__main__":
    run(CheckVariants)
