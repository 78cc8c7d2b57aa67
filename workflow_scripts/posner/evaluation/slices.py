"""Entity counts by slice, that is, by type of mention, from stored predictions.

Predicted and true mentions are assigned to slices by their own words, type and position. Precision in a slice is that
of its predicted mentions, recall that of its true ones. A correct mention is in the same slice either way, so the
counts of all slices of one kind add up to those of the test set.

A mention is *seen* if train has a mention of the same type with the same words in the same case, *partly seen* if some
word of it occurs in a train mention of that type, else *new* (Taillé, Guigue & Gallinari 2020,
doi:10.1007/978-3-030-45442-5_48). Unlike these authors we count stop words, for which not every language has a list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
import pandas as pd

from posner.arrays import Floats, Ids, Mask
from posner.corpora.corpus import Sentence, all_tokens
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.evaluation.entities import EntityFinder
from posner.evaluation.stored import entity_keys
from posner.stats.resampling import RunCounts

Slice = tuple[str, str]  # kind and value
MAX_LENGTH = 3  # words; the last slice by length has all longer mentions


class Slicer:
    """Assigns the mentions of a test set to slices.

    Args:
        train: sentences of the corpus.
        test: sentences of the corpus.
        labels: NER labels by id.
        mistagged: ``[words]`` of test, whether the POS tagger's tag is wrong.
    """

    def __init__(
        self,
        train: Sequence[Sentence],
        test: Sequence[Sentence],
        labels: Sequence[str],
        mistagged: Mask,
    ) -> None:
        self.lengths = [len(sentence) for sentence in test]
        self.words = list(all_tokens(test))
        self.in_capitals = np.repeat([is_in_capitals(sentence) for sentence in test], self.lengths)
        self.mistagged_before = np.concatenate([[0], np.cumsum(mistagged)])
        types, self.mentions = mentions_by_type(train, labels)
        self.mention_words = [set(chain.from_iterable(mentions)) for mentions in self.mentions]
        self.values = {
            "all": ("all mentions",),
            "novelty": ("seen", "partly seen", "new"),
            "type": tuple(types),
            "length": (*(str(n) for n in range(1, MAX_LENGTH)), f"{MAX_LENGTH}+"),
            "sentence": ("in capitals", "in mixed case"),
            "tagging": ("tagger right", "tagger wrong"),
        }

    @property
    def slices(self) -> list[Slice]:
        """All slices, ordered by kind."""
        return [(kind, value) for kind, values in self.values.items() for value in values]

    def counts(self, predictions: pd.DataFrame, units: ResamplingUnits) -> Floats:
        """Correct, predicted and true mentions of each slice in each unit, ``[slices, units, 3]``.

        Args:
            predictions: of test, see :func:`posner.evaluation.stored.read_predictions`.
            units: of test.

        Raises:
            InputError: the predictions are not those of this corpus.
        """
        finder, groups = entity_keys(predictions, len(self.lengths))
        if finder.total != len(self.words):
            raise InputError("predictions are not those of this corpus: sentences differ; delete them")
        unit_of_word = np.repeat(units.of_sentence, self.lengths)
        counts = [self._count(finder.spans(keys), unit_of_word, units.number) for keys in groups]
        return np.stack(counts, axis=2).astype(np.float32)

    def _count(self, spans: tuple[Ids, Ids, Ids], unit_of_word: Ids, units: int) -> Ids:
        """Number of mentions of each slice in each unit, ``[slices, units]``."""
        unit = unit_of_word[spans[0]]
        numbers = self.slice_numbers(*spans)
        by_kind = [
            np.bincount(numbers[kind] * units + unit, minlength=len(values) * units).reshape(len(values), units)
            for kind, values in self.values.items()
        ]
        return np.concatenate(by_kind)

    def slice_numbers(self, start: Ids, end: Ids, type_: Ids) -> dict[str, Ids]:
        """Slice number ``[mentions]`` of each mention within each kind of slices.

        Args:
            start: ``[mentions]``, first word.
            end: ``[mentions]``, word after the last.
            type_: ``[mentions]``, number of the entity type.
        """
        wrong = self.mistagged_before[end] > self.mistagged_before[start]
        return {
            "all": np.zeros(len(start), dtype=np.int64),
            "novelty": np.array(list(map(self._novelty, start, end, type_)), dtype=np.int64),
            "type": type_,
            "length": np.minimum(end - start, MAX_LENGTH) - 1,
            "sentence": np.where(self.in_capitals[start], 0, 1),
            "tagging": wrong.astype(np.int64),
        }

    def _novelty(self, start: int, end: int, type_: int) -> int:
        mention = tuple(self.words[start:end])
        if mention in self.mentions[type_]:
            return 0
        return 2 if self.mention_words[type_].isdisjoint(mention) else 1


def is_in_capitals(sentence: Sentence) -> bool:
    """Whether a sentence has letters and all of them are capitals, as in headlines."""
    return " ".join(sentence.tokens).isupper()


def mentions_by_type(
    sentences: Sequence[Sentence], labels: Sequence[str]
) -> tuple[list[str], list[set[tuple[str, ...]]]]:
    """Entity types, and the set of mentions of each."""
    number = {label: i for i, label in enumerate(labels)}
    finder = EntityFinder(labels, [len(s) for s in sentences])
    ids = np.array([number[label] for sentence in sentences for label in sentence.ner])
    tokens = list(all_tokens(sentences))
    mentions: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for start, end, type_ in zip(*finder.spans(finder.keys(ids)), strict=True):
        mentions[type_].add(tuple(tokens[start:end]))
    return finder.types, [mentions[type_] for type_ in range(len(finder.types))]


def with_mentions(counts: RunCounts, slices: Sequence[Slice]) -> tuple[RunCounts, list[Slice]]:
    """The slices with true mentions, and their counts; an empty slice would look like a slice without an effect."""
    one_run = next(iter(next(iter(counts.values())).values()))  # all runs have the same true mentions
    kept = np.flatnonzero(one_run[:, :, 2].sum(axis=1))
    kept_counts = {name: {seed: c[kept] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
    return kept_counts, [slices[i] for i in kept.tolist()]
