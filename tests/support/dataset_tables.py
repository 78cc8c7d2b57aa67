"""Two sentences in the layout of `datasets`, and how they are read."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from posner.config.corpora import DiskCorpus
from posner.corpora.corpus import SPLITS, Sentence
from posner.corpora.hf_datasets import read_splits
from posner.errors import InputError

POS, NER = ["NNP", "VBD", "''"], ["O", "B-PER", "I-PER"]


EXPECTED = [
    Sentence(("Ann", "Lee", "ran"), ("NNP", "NNP", "VBD"), ("B-PER", "I-PER", "O")),
    Sentence(("'",), ("''",), ("O",)),
]


STRINGS: dict[str, Any] = {
    "tokens": [["Ann", "Lee", "ran"], ["'"]],
    "pos_tags": [["NNP", "NNP", "VBD"], ["''"]],
    "ner_tags": [["B-PER", "I-PER", "O"], ["O"]],
}


INTEGERS = STRINGS | {"pos_tags": [[0, 0, 1], [2]], "ner_tags": [[1, 2, 0], [0]]}


LABELLED = Features(
    {"tokens": List(Value("string")), "pos_tags": List(ClassLabel(names=POS)), "ner_tags": List(ClassLabel(names=NER))}
)


def tables(columns: dict[str, Any] = STRINGS, features: Features | None = None) -> DatasetDict:
    return DatasetDict({split: Dataset.from_dict(columns, features=features) for split in SPLITS})


def settings(**changes: Any) -> DiskCorpus:
    return DiskCorpus(source="disk", path="folder", **changes)


def read(loaded: DatasetDict, **changes: Any) -> dict[str, list[Sentence]]:
    return read_splits(loaded, settings(**changes), "here")


def refusal(loaded: DatasetDict, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(loaded, **changes)
    return str(caught.value)
