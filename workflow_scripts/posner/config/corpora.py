"""Settings of corpora and of their extra tests: their sources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field

from posner.config.base import NO_TRUTH_VALUE, Column, Fraction, Name, Seed, Settings, Tag, Text
from posner.config.hub import HubId

Size = Annotated[int, Field(ge=1, le=10_000_000), NO_TRUTH_VALUE]  # of a generated split, in sentences
Tags = Annotated[tuple[Tag, ...], Field(max_length=1000)]


class LicensedTest(Settings):
    """An extra test of a corpus: the settings in which it differs from the corpus."""

    licence: Text = "not stated"
    """Licence, recorded with the test: an identifier of the Hugging Face Hub or any text."""


LabelScheme = Literal["iob1", "iob2", "bioes"]


class ColumnsTest(LicensedTest):
    """A column file, with the columns and scheme of the corpus unless it states others."""

    test: Path
    """Column file."""
    token_column: Column | None = None
    """Index of the token column, from 0."""
    pos_column: Column | None = None
    """Index of the POS column, from 0."""
    ner_column: Column | None = None
    """Index of the NER column, from 0."""
    scheme: LabelScheme | None = None
    """Scheme of the NER labels."""


class HubTest(LicensedTest):
    """A split of a dataset of the Hugging Face Hub, with the columns and scheme of the corpus."""

    id: HubId
    """Dataset id on the Hub."""
    name: Text | None = None
    """Configuration of the dataset, if it has several."""
    revision: Text
    """Commit or branch; a commit makes the study reproducible."""
    test: Text = "test"
    """Name of the split."""


class DiskTest(LicensedTest):
    """A split of a folder written by ``DatasetDict.save_to_disk``, with the columns and scheme of the corpus."""

    path: Path
    """The folder."""
    test: Text = "test"
    """Name of the split."""


class GeneratedTest(Settings):
    """Other sentences of the grammar."""

    test: Size = 800
    """Number of sentences."""
    ambiguity: Fraction = 0.5
    """Share of ambiguous entity candidates (0..1), as in the corpus."""
    seed: Seed
    """Random seed; the corpus's own seed gives its test sentences again."""


Test = TypeVar("Test", bound=Settings)


class AnyCorpus(Settings, Generic[Test]):
    """Common settings of all corpora."""

    extra_tests: dict[Name, Test] = Field({}, max_length=1000)
    """Additional test sets with the same entity types, by name, for the same trained models."""

    @property
    def files(self) -> list[str]:
        """Local files and folders that the corpus is read from; those of the rule that prepares it."""
        return []

    @property
    def contents(self) -> list[Path]:
        """Files whose content the corpus depends on."""
        return list(map(Path, self.files))

    def alone(self) -> Self:
        """The corpus without its extra tests, on which models and taggers do not depend."""
        return self.model_copy(update={"extra_tests": {}})

    def with_test(self, name: str) -> Self:
        """The corpus with an extra test as its test split."""
        return self.alone().model_copy(update=dict(self.extra_tests[name]))


class ColumnsCorpus(AnyCorpus[ColumnsTest]):
    """CoNLL column files: one token per line, blank lines between sentences, ``-DOCSTART-`` before each document."""

    source: Literal["columns"]
    train: Path
    """Column file of the train split."""
    validation: Path
    """Column file of the validation split."""
    test: Path
    """Column file of the test split."""
    token_column: Column = 0
    """Index of the token column, from 0."""
    pos_column: Column = 1
    """Index of the POS column, from 0."""
    ner_column: Column = 3
    """Index of the NER column, from 0."""
    scheme: LabelScheme = "iob1"
    """Scheme of the NER labels; they are converted to IOB2."""
    licence: Text = "not stated"
    """Licence of the corpus and its models: an identifier of the Hugging Face Hub, such as cc-by-4.0, or any text."""

    @property
    def files(self) -> list[str]:
        return [str(self.train), str(self.validation), str(self.test)]

    def with_test(self, name: str) -> Self:
        stated = {setting: value for setting, value in self.extra_tests[name] if value is not None}
        return self.alone().model_copy(update=stated)


class TableCorpus(AnyCorpus[Test], Generic[Test]):
    """Common settings of corpora in the layout of ``datasets``: one row per sentence, columns of lists."""

    train: Text = "train"
    """Name of the train split."""
    validation: Text = "validation"
    """Name of the validation split."""
    test: Text = "test"
    """Name of the test split."""
    tokens_field: Text = "tokens"
    """Column of the tokens."""
    pos_field: Text = "pos_tags"
    """Column of the POS tags: ClassLabel, integers or strings."""
    ner_field: Text = "ner_tags"
    """Column of the NER labels: ClassLabel, integers or strings."""
    document_field: Text | None = None
    """Column of the document id, if there is one."""
    pos_names: Tags | None = None
    """Names of POS tags that are integers without ClassLabel."""
    ner_names: Tags | None = None
    """Names of NER labels that are integers without ClassLabel."""
    scheme: LabelScheme = "iob2"
    """Scheme of the NER labels; they are converted to IOB2."""
    licence: Text = "not stated"
    """Licence of the corpus and its models: an identifier of the Hugging Face Hub, such as cc-by-4.0, or any text."""


class HubCorpus(TableCorpus[HubTest]):
    """A dataset of the Hugging Face Hub, at a pinned revision."""

    source: Literal["hub"]
    id: HubId
    """Dataset id on the Hub."""
    name: Text | None = None
    """Configuration of the dataset, if it has several."""
    revision: Text
    """Commit or branch; a commit makes the study reproducible."""


class DiskCorpus(TableCorpus[DiskTest]):
    """A folder written by ``DatasetDict.save_to_disk``."""

    source: Literal["disk"]
    path: Path
    """The folder."""

    @property
    def files(self) -> list[str]:
        return [str(self.path)]

    @property
    def contents(self) -> list[Path]:
        return saved_files(self.path / split for split in (self.train, self.validation, self.test))


class GeneratedCorpus(AnyCorpus[GeneratedTest]):
    """Sentences of a grammar in which the benefit of POS for NER is known."""

    source: Literal["generated"]
    train: Size = 2000
    """Number of train sentences."""
    validation: Size = 400
    """Number of validation sentences."""
    test: Size = 800
    """Number of test sentences."""
    ambiguity: Fraction = 0.5
    """Share of entity candidates (0..1) that differ from common words in their POS tag only."""
    seed: Seed = 42
    """Random seed of the grammar."""


Corpus = Annotated[ColumnsCorpus | HubCorpus | DiskCorpus | GeneratedCorpus, Field(discriminator="source")]


def saved_files(splits: Iterable[Path]) -> list[Path]:
    """The files of folders of splits that ``save_to_disk`` wrote, without the caches that ``datasets`` adds later.

    A damaged or missing split has its metadata only.
    """
    files: set[Path] = set()
    for folder in splits:
        state = folder / "state.json"
        files |= {state, folder / "dataset_info.json"}
        try:
            saved = json.loads(state.read_text(encoding="utf-8"))["_data_files"]
            files |= {folder / file["filename"] for file in saved}
        except (OSError, ValueError, LookupError, TypeError, RecursionError):  # read_disk says what is wrong
            continue
    return sorted(files)
