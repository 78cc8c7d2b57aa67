"""Settings of encoders: their source."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from posner.config.base import NAME_LENGTH, Fraction, Integer, Name, Seed, Settings, Text
from posner.config.hub import HubId

CARD = "encoder.json"  # in the folder of a prepared encoder: its settings, size and file hashes
LARGEST_SCRATCH = 10**9  # parameters of an encoder with random weights


class HubEncoder(Settings):
    """A BERT-like model of the Hugging Face Hub, at a pinned revision."""

    files: ClassVar[list[str]] = []
    source: Literal["hub"]
    id: HubId
    """Model id on the Hub."""
    revision: Text
    """Commit or branch; a commit makes the study reproducible."""


class PathEncoder(Settings):
    """A local folder with config, tokenizer and weights (safetensors)."""

    source: Literal["path"]
    path: Path
    """The folder."""

    @property
    def files(self) -> list[str]:
        """Input files of the rule that prepares the encoder."""
        return [str(self.path)]


class PackageEncoder(Settings):
    """A model folder in an installed Python package, pinned by its hash."""

    files: ClassVar[list[str]] = []
    source: Literal["package"]
    package: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=NAME_LENGTH)
    """Import name of the package."""
    folder: Name = "model"
    """Name of the folder in the package."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of its model.safetensors."""

    @field_validator("package")
    @classmethod
    def _is_no_module_of_python(cls, package: str) -> str:
        if package in sys.stdlib_module_names or package.startswith("__"):
            raise ValueError(f"{package} is a module of Python; name a package that ships a model")
        return package


class ScratchEncoder(Settings):
    """A small BERT with random weights and a WordPiece vocabulary learned from the train split."""

    files: ClassVar[list[str]] = []
    source: Literal["scratch"]
    vocab_size: Integer = Field(1000, ge=1, le=1_000_000)
    """Size of the WordPiece vocabulary."""
    hidden_size: Integer = Field(64, ge=1, le=65_536)
    """Width of the hidden states."""
    num_hidden_layers: Integer = Field(4, ge=1, le=1000)
    """Number of layers."""
    num_attention_heads: Integer = Field(4, ge=1, le=65_536)
    """Attention heads per layer."""
    intermediate_size: Integer = Field(128, ge=1, le=1_000_000)
    """Width of the feed-forward layers."""
    max_position_embeddings: Integer = Field(256, ge=8, le=1_000_000)
    """Longest input in word pieces, special tokens included."""
    dropout: Fraction = 0.1
    """Dropout probability; very small models learn better without dropout."""
    seed: Seed = 42
    """Seed of the random weights."""

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} must be a multiple of num_attention_heads {self.num_attention_heads}"
            )
        if self.parameters > LARGEST_SCRATCH:
            raise ValueError(f"{self.parameters:,} parameters are more than {LARGEST_SCRATCH:,}; choose smaller sizes")
        return self

    @property
    def parameters(self) -> int:
        """Number of weights in the large matrices."""
        layer = 4 * self.hidden_size**2 + 2 * self.hidden_size * self.intermediate_size
        embeddings = (self.vocab_size + self.max_position_embeddings) * self.hidden_size
        return embeddings + self.num_hidden_layers * layer


Encoder = Annotated[HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder, Field(discriminator="source")]


def installed_folder(package: str) -> Path | None:
    """The folder of an installed package, which is not imported; ``None`` if there is none."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):  # a module without a specification, such as __main__
        return None
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
