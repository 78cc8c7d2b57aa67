"""Settings of encoders: where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from posner.config.base import NAME_PATTERN, Fraction, Positive, Settings

# --- encoders --------------------------------------------------------------------------------------------------------


class HubEncoder(Settings):
    """A BERT-like model of the HuggingFace hub, at a pinned revision."""

    files: ClassVar[list[str]] = []
    source: Literal["hub"]
    id: str
    """Model id on the hub."""
    revision: str
    """Commit or branch of the model; pin a commit."""


class PathEncoder(Settings):
    """A local folder with config, tokenizer and safetensors."""

    source: Literal["path"]
    path: Path
    """The folder."""

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.path)]


class PackageEncoder(Settings):
    """A Python package that ships a model folder; its hash is part of the settings."""

    files: ClassVar[list[str]] = []
    source: Literal["package"]
    package: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Import name of the package."""
    folder: str = Field("model", pattern=rf"^{NAME_PATTERN}$")
    """Folder inside the package."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of its model.safetensors."""


class ScratchEncoder(Settings):
    """A small BERT with random weights and a WordPiece vocabulary trained on the corpus's train split."""

    files: ClassVar[list[str]] = []
    source: Literal["scratch"]
    vocab_size: Positive = 1000
    """Entries of the WordPiece vocabulary."""
    hidden_size: Positive = 64
    """Width of the hidden states."""
    num_hidden_layers: Positive = 4
    """Number of layers."""
    num_attention_heads: Positive = 4
    """Attention heads in a layer."""
    intermediate_size: Positive = 128
    """Width of the feed-forward layers."""
    max_position_embeddings: Positive = 128
    """Longest input in word pieces."""
    dropout: Fraction = 0.1
    """Dropout in training; a very small model learns better without."""
    seed: int = Field(42, ge=0)
    """Seed of the random weights."""

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is no multiple of num_attention_heads {self.num_attention_heads}"
            )
        return self


Encoder = Annotated[HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder, Field(discriminator="source")]
