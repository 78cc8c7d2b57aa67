"""Settings of corpora and of their extra tests: where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field

from posner.config.base import Fraction, Name, Positive, Settings

# --- corpora ---------------------------------------------------------------------------------------------------------


class LicensedTest(Settings):
    """One more test set of a corpus: those of the corpus's settings that are others there."""

    licence: str = "not stated"
    """Conditions of use, recorded with the test."""


class ColumnsTest(LicensedTest):
    """A file in the columns and the scheme of the corpus."""

    test: Path
    """Column file."""


class HubTest(LicensedTest):
    """A split of a dataset of the HuggingFace hub, with the columns and the scheme of the corpus."""

    id: str
    """Dataset id on the hub."""
    name: str | None = None
    """Configuration of the dataset, where it has several."""
    revision: str
    """Commit or branch of the dataset; pin a commit."""
    test: str = "test"
    """Name of the split."""


class DiskTest(LicensedTest):
    """A split in a folder written by ``DatasetDict.save_to_disk``, with the columns and the scheme of the corpus."""

    path: Path
    """The folder."""
    test: str = "test"
    """Name of the split."""


class GeneratedTest(Settings):
    """More sentences of the grammar."""

    test: Positive = 800
    """Number of sentences."""
    ambiguity: Fraction = 0.5
    """As of the corpus."""
    seed: int = Field(ge=0)
    """Seed of the choices; with the corpus's own, its test sentences come again."""


Test = TypeVar("Test", bound=Settings)


class AnyCorpus(Settings, Generic[Test]):
    """What all corpora have in common."""

    extra_tests: dict[Name, Test] = Field({})
    """More test sets with the same tags, by name, scored with the same checkpoints."""

    def alone(self) -> Self:
        """The corpus without its extra tests: models and taggers do not depend on them."""
        return self.model_copy(update={"extra_tests": {}})

    def with_test(self, name: str) -> Self:
        """The corpus with an extra test in the place of its own."""
        return self.alone().model_copy(update=dict(self.extra_tests[name]))


class ColumnsCorpus(AnyCorpus[ColumnsTest]):
    """CoNLL column files: one token a line, sentences apart by empty lines, ``-DOCSTART-`` before each document."""

    source: Literal["columns"]
    train: Path
    """Column file of the train split."""
    validation: Path
    """Column file of the validation split."""
    test: Path
    """Column file of the test split."""
    token_column: int = Field(0, ge=0)
    """Number of the token's column, from 0."""
    pos_column: int = Field(1, ge=0)
    """Number of the POS tag's column, from 0."""
    ner_column: int = Field(3, ge=0)
    """Number of the NER tag's column, from 0."""
    scheme: Literal["iob1", "iob2", "bioes"] = "iob1"
    """Scheme of the NER tags; converted to IOB2."""
    licence: str = "not stated"
    """Conditions of use, recorded with the corpus."""

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.train), str(self.validation), str(self.test)]


class TableCorpus(AnyCorpus[Test], Generic[Test]):
    """What corpora in the layout of ``datasets`` have in common: columns of lists, a row a sentence."""

    train: str = "train"
    """Name of the train split."""
    validation: str = "validation"
    """Name of the validation split."""
    test: str = "test"
    """Name of the test split."""
    tokens_field: str = "tokens"
    """Column of the tokens."""
    pos_field: str = "pos_tags"
    """Column of the POS tags: ClassLabel, integers or strings."""
    ner_field: str = "ner_tags"
    """Column of the NER tags: ClassLabel, integers or strings."""
    document_field: str | None = None
    """Column of the document's id, if there is one."""
    pos_names: tuple[str, ...] | None = None
    """Names of integer POS tags that are no ClassLabel."""
    ner_names: tuple[str, ...] | None = None
    """Names of integer NER tags that are no ClassLabel."""
    scheme: Literal["iob1", "iob2", "bioes"] = "iob2"
    """Scheme of the NER tags; converted to IOB2."""
    licence: str = "not stated"
    """Conditions of use, recorded with the corpus."""


class HubCorpus(TableCorpus[HubTest]):
    """A dataset of the HuggingFace hub, at a pinned revision."""

    source: Literal["hub"]
    id: str
    """Dataset id on the hub."""
    name: str | None = None
    """Configuration of the dataset, where it has several."""
    revision: str
    """Commit or branch of the dataset; pin a commit."""
    files: ClassVar[list[str]] = []


class DiskCorpus(TableCorpus[DiskTest]):
    """A folder written by ``DatasetDict.save_to_disk``."""

    source: Literal["disk"]
    path: Path
    """The folder."""

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.path)]


class GeneratedCorpus(AnyCorpus[GeneratedTest]):
    """Sentences of a grammar in which it is known how much POS can tell about NER."""

    source: Literal["generated"]
    train: Positive = 2000
    """Sentences in train."""
    validation: Positive = 400
    """Sentences in validation."""
    test: Positive = 800
    """Sentences in test."""
    ambiguity: Fraction = 0.5
    """Share of entity candidates that only their POS tag tells from common words."""
    seed: int = Field(42, ge=0)
    """Seed of the grammar's choices."""
    files: ClassVar[list[str]] = []


Corpus = Annotated[ColumnsCorpus | HubCorpus | DiskCorpus | GeneratedCorpus, Field(discriminator="source")]
