"""Where corpora and encoders come from, as settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from .settings import NAME_PATTERN, Fraction, Name, Positive, Settings

# --- corpora ---------------------------------------------------------------------------------------------------------


class LicensedTest(Settings):
    """One more test set of a corpus: those of the corpus's settings that are others there."""

    licence: str = Field("not stated", description="Conditions of use, recorded with the test.")


class ColumnsTest(LicensedTest):
    """A file in the columns and the scheme of the corpus."""

    test: Path = Field(description="Column file.")


class HubTest(LicensedTest):
    """A split of a dataset of the HuggingFace hub, with the columns and the scheme of the corpus."""

    id: str = Field(description="Dataset id on the hub.")
    name: str | None = Field(None, description="Configuration of the dataset, where it has several.")
    revision: str = Field(description="Commit or branch of the dataset; pin a commit.")
    test: str = Field("test", description="Name of the split.")


class DiskTest(LicensedTest):
    """A split in a folder written by ``DatasetDict.save_to_disk``, with the columns and the scheme of the corpus."""

    path: Path = Field(description="The folder.")
    test: str = Field("test", description="Name of the split.")


class GeneratedTest(Settings):
    """More sentences of the grammar."""

    test: Positive = Field(800, description="Number of sentences.")
    ambiguity: Fraction = Field(0.5, description="As of the corpus.")
    seed: int = Field(ge=0, description="Seed of the choices; with the corpus's own, its test sentences come again.")


Test = TypeVar("Test", bound=Settings)


class AnyCorpus(Settings, Generic[Test]):
    """What all corpora have in common."""

    extra_tests: dict[Name, Test] = Field(
        {}, description="More test sets with the same tags, by name, scored with the same checkpoints."
    )

    def alone(self) -> Self:
        """The corpus without its extra tests: models and taggers do not depend on them."""
        return self.model_copy(update={"extra_tests": {}})

    def with_test(self, name: str) -> Self:
        """The corpus with an extra test in the place of its own."""
        return self.alone().model_copy(update=dict(self.extra_tests[name]))


class ColumnsCorpus(AnyCorpus[ColumnsTest]):
    """CoNLL column files: one token a line, sentences apart by empty lines, ``-DOCSTART-`` before each document."""

    source: Literal["columns"]
    train: Path = Field(description="Column file of the train split.")
    validation: Path = Field(description="Column file of the validation split.")
    test: Path = Field(description="Column file of the test split.")
    token_column: int = Field(0, ge=0, description="Number of the token's column, from 0.")
    pos_column: int = Field(1, ge=0, description="Number of the POS tag's column, from 0.")
    ner_column: int = Field(3, ge=0, description="Number of the NER tag's column, from 0.")
    scheme: Literal["iob1", "iob2", "bioes"] = Field("iob1", description="Scheme of the NER tags; converted to IOB2.")
    licence: str = Field("not stated", description="Conditions of use, recorded with the corpus.")

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.train), str(self.validation), str(self.test)]


class TableCorpus(AnyCorpus[Test], Generic[Test]):
    """What corpora in the layout of ``datasets`` have in common: columns of lists, a row a sentence."""

    train: str = Field("train", description="Name of the train split.")
    validation: str = Field("validation", description="Name of the validation split.")
    test: str = Field("test", description="Name of the test split.")
    tokens_field: str = Field("tokens", description="Column of the tokens.")
    pos_field: str = Field("pos_tags", description="Column of the POS tags: ClassLabel, integers or strings.")
    ner_field: str = Field("ner_tags", description="Column of the NER tags: ClassLabel, integers or strings.")
    document_field: str | None = Field(None, description="Column of the document's id, if there is one.")
    pos_names: tuple[str, ...] | None = Field(None, description="Names of integer POS tags that are no ClassLabel.")
    ner_names: tuple[str, ...] | None = Field(None, description="Names of integer NER tags that are no ClassLabel.")
    scheme: Literal["iob1", "iob2", "bioes"] = Field("iob2", description="Scheme of the NER tags; converted to IOB2.")
    licence: str = Field("not stated", description="Conditions of use, recorded with the corpus.")


class HubCorpus(TableCorpus[HubTest]):
    """A dataset of the HuggingFace hub, at a pinned revision."""

    source: Literal["hub"]
    id: str = Field(description="Dataset id on the hub.")
    name: str | None = Field(None, description="Configuration of the dataset, where it has several.")
    revision: str = Field(description="Commit or branch of the dataset; pin a commit.")
    files: ClassVar[list[str]] = []


class DiskCorpus(TableCorpus[DiskTest]):
    """A folder written by ``DatasetDict.save_to_disk``."""

    source: Literal["disk"]
    path: Path = Field(description="The folder.")

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.path)]


class GeneratedCorpus(AnyCorpus[GeneratedTest]):
    """Sentences of a grammar in which it is known how much POS can tell about NER."""

    source: Literal["generated"]
    train: Positive = Field(2000, description="Sentences in train.")
    validation: Positive = Field(400, description="Sentences in validation.")
    test: Positive = Field(800, description="Sentences in test.")
    ambiguity: Fraction = Field(
        0.5, description="Share of entity candidates that only their POS tag tells from common words."
    )
    seed: int = Field(42, ge=0, description="Seed of the grammar's choices.")
    files: ClassVar[list[str]] = []


Corpus = Annotated[ColumnsCorpus | HubCorpus | DiskCorpus | GeneratedCorpus, Field(discriminator="source")]


# --- encoders --------------------------------------------------------------------------------------------------------


class HubEncoder(Settings):
    """A BERT-like model of the HuggingFace hub, at a pinned revision."""

    files: ClassVar[list[str]] = []
    source: Literal["hub"]
    id: str = Field(description="Model id on the hub.")
    revision: str = Field(description="Commit or branch of the model; pin a commit.")


class PathEncoder(Settings):
    """A local folder with config, tokenizer and safetensors."""

    source: Literal["path"]
    path: Path = Field(description="The folder.")

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.path)]


class PackageEncoder(Settings):
    """A Python package that ships a model folder; its hash is part of the settings."""

    files: ClassVar[list[str]] = []
    source: Literal["package"]
    package: str = Field(description="Import name of the package.", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    folder: str = Field("model", description="Folder inside the package.", pattern=rf"^{NAME_PATTERN}$")
    sha256: str = Field(description="SHA-256 of its model.safetensors.", pattern=r"^[0-9a-f]{64}$")


class ScratchEncoder(Settings):
    """A small BERT with random weights and a WordPiece vocabulary trained on the corpus's train split."""

    files: ClassVar[list[str]] = []
    source: Literal["scratch"]
    vocab_size: Positive = Field(1000, description="Entries of the WordPiece vocabulary.")
    hidden_size: Positive = Field(64, description="Width of the hidden states.")
    num_hidden_layers: Positive = Field(4, description="Number of layers.")
    num_attention_heads: Positive = Field(4, description="Attention heads in a layer.")
    intermediate_size: Positive = Field(128, description="Width of the feed-forward layers.")
    max_position_embeddings: Positive = Field(128, description="Longest input in word pieces.")
    dropout: Fraction = Field(0.1, description="Dropout in training; a very small model learns better without.")
    seed: int = Field(42, ge=0, description="Seed of the random weights.")

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is no multiple of num_attention_heads {self.num_attention_heads}"
            )
        return self


Encoder = Annotated[HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder, Field(discriminator="source")]
