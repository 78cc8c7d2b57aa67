"""Where a variant differs from the baseline: scores by kind of mention, from stored predictions.

A predicted mention falls into slices by its own words, type and place, a true one by its own. Precision in a slice is
that of its predicted mentions, recall that of its true ones. A mention that is right is the same in both, so the right,
the predicted and the true mentions of all slices of one kind add up to those of the test set.

Mentions are *seen* where train has the same words, in the same case, as a mention of the same type; *partly seen* where
some word of theirs is in a mention of that type; else *new* (Taillé, Guigue & Gallinari 2020,
doi:10.1007/978-3-030-45442-5_48; they leave out stop words, of which there is no list for every language, and we do
not).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from posner.arrays import Ids
from posner.corpora.corpus import Sentence, words
from posner.errors import InputError
from posner.evaluation.entities import EntityFinder
from posner.evaluation.stored import entities
from posner.stats.resampling import Array

Slice = tuple[str, str]  # kind and value
Counts = Mapping[str, Mapping[int, Array]]  # by variant and seed: [slices, texts, 3]
LONGEST = 3  # words; longer mentions are counted with these


class Slicer:
    """Sorts the mentions of a test set into slices.

    Args:
        train, test: sentences of the corpus.
        labels: NER labels by id.
        mistagged: ``[words]`` of test, whether the POS tagger got the word wrong.
    """

    def __init__(
        self,
        train: Sequence[Sentence],
        test: Sequence[Sentence],
        labels: Sequence[str],
        mistagged: npt.NDArray[np.bool_],
    ) -> None:
        self.lengths = [len(sentence) for sentence in test]
        self.words = list(words(test))
        self.in_capitals = np.repeat([is_in_capitals(sentence) for sentence in test], self.lengths)
        self.mistagged_before = np.concatenate([[0], np.cumsum(mistagged)])
        types, self.mentions = mentions_by_type(train, labels)
        self.mention_words = [set(chain.from_iterable(mentions)) for mentions in self.mentions]
        self.values = {
            "all": ("all mentions",),
            "novelty": ("seen", "partly seen", "new"),
            "type": tuple(types),
            "length": (*(str(n) for n in range(1, LONGEST)), f"{LONGEST}+"),
            "sentence": ("in capitals", "in mixed case"),
            "tagging": ("tagger right", "tagger wrong"),
        }

    @property
    def slices(self) -> list[Slice]:
        """Every slice, those of one kind side by side."""
        return [(kind, value) for kind, values in self.values.items() for value in values]

    def counts(self, predictions: pd.DataFrame, text_of: Ids) -> Array:
        """Right, predicted and true mentions of each slice in each text, ``[slices, texts, 3]``.

        Args:
            predictions: of test, see :func:`posner.evaluation.stored.read_predictions`.
            text_of: ``[sentences]``, the number of the text that each sentence is of.
        """
        finder, kinds = entities(predictions, len(self.lengths))
        if finder.total != len(self.words):
            raise InputError("predictions are not those of this corpus: sentences differ; delete them")
        text_of_word = np.repeat(text_of, self.lengths)
        texts = int(text_of.max()) + 1
        counts = [self._count(finder.spans(keys), text_of_word, texts) for keys in kinds]
        return np.stack(counts, axis=2).astype(np.float32)

    def _count(self, spans: tuple[Ids, Ids, Ids], text_of_word: Ids, texts: int) -> Ids:
        """Mentions of each slice in each text, ``[slices, texts]``."""
        text = text_of_word[spans[0]]
        numbers = self.places(*spans)
        by_kind = [
            np.bincount(numbers[kind] * texts + text, minlength=len(values) * texts).reshape(len(values), texts)
            for kind, values in self.values.items()
        ]
        return np.concatenate(by_kind)

    def places(self, start: Ids, end: Ids, kind: Ids) -> dict[str, Ids]:
        """For each kind of slices, the number of the one that each mention is in, ``[mentions]``.

        Args:
            start, end, kind: ``[mentions]``, first word, the word after the last, and number of the type.
        """
        wrong = self.mistagged_before[end] > self.mistagged_before[start]
        return {
            "all": np.zeros(len(start), dtype=np.int64),
            "novelty": np.array(list(map(self._novelty, start, end, kind)), dtype=np.int64),
            "type": kind,
            "length": np.minimum(end - start, LONGEST) - 1,
            "sentence": np.where(self.in_capitals[start], 0, 1),
            "tagging": wrong.astype(np.int64),
        }

    def _novelty(self, start: int, end: int, kind: int) -> int:
        mention = tuple(self.words[start:end])
        if mention in self.mentions[kind]:
            return 0
        return 2 if self.mention_words[kind].isdisjoint(mention) else 1


def is_in_capitals(sentence: Sentence) -> bool:
    """Whether all letters of a sentence are capitals, as in headlines; a sentence without letters is not."""
    return " ".join(sentence.tokens).isupper()


def mentions_by_type(
    sentences: Sequence[Sentence], labels: Sequence[str]
) -> tuple[list[str], list[set[tuple[str, ...]]]]:
    """Entity types, and the mentions of each."""
    number = {label: i for i, label in enumerate(labels)}
    finder = EntityFinder(labels, [len(s) for s in sentences])
    ids = np.array([number[label] for sentence in sentences for label in sentence.ner])
    tokens = list(words(sentences))
    found: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for start, end, kind in zip(*finder.spans(finder.keys(ids)), strict=True):
        found[kind].add(tuple(tokens[start:end]))
    return finder.types, [found[kind] for kind in range(len(finder.types))]


def with_mentions(counts: Counts, slices: Sequence[Slice]) -> tuple[Counts, list[Slice]]:
    """Slices that have true mentions, with their counts: an empty one would seem to be a slice without an effect."""
    of_one_run = next(iter(next(iter(counts.values())).values()))  # true mentions are the same in all of them
    kept = np.flatnonzero(of_one_run[:, :, 2].sum(axis=1))
    chosen = {name: {seed: found[kept] for seed, found in by_seed.items()} for name, by_seed in counts.items()}
    return chosen, [slices[i] for i in kept.tolist()]
