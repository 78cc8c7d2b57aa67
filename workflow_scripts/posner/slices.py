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
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .arrays import Ids
from .comparison import Pair, pair_up
from .config import Statistics, Variant
from .corpus import Sentence, words
from .entity_counts import entities
from .errors import InputError
from .inference import Array, f1
from .ner_summary import IDENTITY, identity
from .results import baseline_of
from .scoring import EntityFinder, prf

Slice = tuple[str, str]  # kind and value
Counts = Mapping[str, Mapping[int, Array]]  # by variant and seed: [slices, texts, 3]

PAIR_COLUMNS = ("seeds", "support", "f1", "baseline_f1", "difference", "low", "high", "seed_std", "text_std")
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
            predictions: of test, see :func:`posner.entity_counts.read_predictions`.
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


# --- tables ----------------------------------------------------------------------------------------------------------


def runs_table(counts: Counts, slices: Sequence[Slice], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a run and slice: true mentions (`support`), predicted and right ones, precision, recall and F1 in 0..1.

    `difference` is F1 minus that of the baseline's run of the same seed; the baseline has none.
    """
    baseline = baseline_of(variants)
    return pd.DataFrame(
        identity(name, variants)
        | {"seed": seed}
        | slice_columns(slices[i])
        | score_columns(total)
        | {"difference": None if name == baseline or theirs is None else prf(*total)[2] - prf(*theirs[i])[2]}
        for name, by_seed in counts.items()
        for seed, by_slice in by_seed.items()
        for theirs in [totals(counts[baseline][seed]) if seed in counts[baseline] else None]
        for i, total in enumerate(totals(by_slice))
    )


def whole_table(counts: Mapping[str, Mapping[int, Array]], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """The same of counts ``[texts, 3]`` that are in no slices: a row a run."""
    one_slice = {name: {seed: c[np.newaxis] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
    return runs_table(one_slice, [("all", "all mentions")], variants).drop(columns=["slice", "value"])


def totals(by_slice: Array) -> list[tuple[int, int, int]]:
    """Right, predicted and true mentions of each slice, from ``[slices, texts, 3]``."""
    return [(int(right), int(predicted), int(true)) for right, predicted, true in by_slice.sum(axis=1)]


def slice_columns(which: Slice) -> dict[str, str]:
    """The columns by which tables name a slice."""
    return dict(zip(("slice", "value"), which, strict=True))


def score_columns(total: tuple[int, int, int]) -> dict[str, float]:
    """Counts and scores of one slice."""
    right, predicted, true = total
    scores = dict(zip(("precision", "recall", "f1"), prf(*total), strict=True))
    return {"support": true, "predicted": predicted, "right": right, **scores}


def summary_table(
    counts: Counts, slices: Sequence[Slice], variants: Mapping[str, Variant], settings: Statistics
) -> pd.DataFrame:
    """A row a slice and variant that shares seeds with the baseline; F1 and differences are means over these seeds.

    `low` and `high` bound the interval of the difference as in :mod:`posner.inference`, for one variant and slice by
    itself: nothing is adjusted for their number.
    """
    baseline = baseline_of(variants)
    rows = []
    for i, which in enumerate(slices):
        of_slice = {name: {seed: c[i] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
        for name, pair in pair_up(of_slice, baseline, settings).items():
            rows.append(identity(name, variants) | slice_columns(which) | pair_columns(pair, settings.level))
    # A study may have no variant to compare.
    return pd.DataFrame(rows, columns=None if rows else [*IDENTITY, "slice", "value", *PAIR_COLUMNS])


def pair_columns(pair: Pair, level: float) -> dict[str, Any]:
    """What is known of a variant and the baseline in one slice."""
    made = pair.estimate()
    low, high = made.interval(level) or (None, None)
    return {
        "seeds": made.seeds,
        "support": int(pair.baseline[0, :, 2].sum()),
        "f1": float(f1(pair.variant.sum(axis=1)).mean()),
        "baseline_f1": float(f1(pair.baseline.sum(axis=1)).mean()),
        "difference": made.mean,
        "low": low,
        "high": high,
        "seed_std": made.seed_std,
        "text_std": made.text_std,
    }
