"""Settings of encoders: their source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from posner.config.base import NAME_PATTERN, Fraction, Positive, Settings

CARD = "encoder.json"  # in the folder of a prepared encoder: its settings, size and file hashes


class HubEncoder(Settings):
    """A BERT-like model of the Hugging Face Hub, at a pinned revision."""

    files: ClassVar[list[str]] = []
    source: Literal["hub"]
    id: str
    """Model id on the Hub."""
    revision: str
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
    package: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Import name of the package."""
    folder: str = Field("model", pattern=rf"^{NAME_PATTERN}$")
    """Name of the folder in the package."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of its model.safetensors."""


class ScratchEncoder(Settings):
    """A small BERT with random weights and a WordPiece vocabulary learned from the train split."""

    files: ClassVar[list[str]] = []
    source: Literal["scratch"]
    vocab_size: Positive = 1000
    """Size of the WordPiece vocabulary."""
    hidden_size: Positive = 64
    """Width of the hidden states."""
    num_hidden_layers: Positive = 4
    """Number of layers."""
    num_attention_heads: Positive = 4
    """Attention heads per layer."""
    intermediate_size: Positive = 128
    """Width of the feed-forward layers."""
    max_position_embeddings: Positive = 128
    """Longest input in word pieces, special tokens included."""
    dropout: Fraction = 0.1
    """Dropout probability; very small models learn better without dropout."""
    seed: int = Field(42, ge=0)
    """Seed of the random weights."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} must be a multiple of num_attention_heads {self.num_attention_heads}"
            )
        return self


Encoder = Annotated[HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder, Field(discriminator="source")]
