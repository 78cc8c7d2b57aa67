"""A small corpus that nothing is wrong with, changes of it, and their refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from posner.corpora.checks import check_corpus
from posner.corpora.corpus import SPLITS, Provenance, Sentence
from posner.errors import InputError

WHERE = Provenance("columns", "a small corpus")


Splits = dict[str, list[Sentence]]


def sentence(*rows: str) -> Sentence:
    """A sentence of rows such as ``Ann/NNP/B-PER``."""
    tokens, pos, ner = zip(*(row.split("/") for row in rows), strict=True)
    return Sentence(tokens, pos, ner)


def small_corpus() -> Splits:
    """A corpus that nothing is wrong with."""
    return {
        split: [
            *(sentence(f"{split}{i}/NNP/B-PER", "ran/VBD/O", "././O") for i in range(12)),
            sentence("to/TO/O", "Rome/NNP/B-LOC"),
        ]
        for split in SPLITS
    }


def changed(splits: Splits, change: Callable[[Sentence], Sentence], names: Sequence[str] = SPLITS) -> Splits:
    """The splits with all sentences of some of them changed."""
    return splits | {name: [change(one) for one in splits[name]] for name in names}


def refusal(splits: Splits) -> str:
    """The one line that a corpus is refused with."""
    with pytest.raises(InputError) as caught:
        check_corpus(splits, WHERE)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("a small corpus: ")
    return message


def with_tags(splits: Splits, tags: Callable[[Sentence], Sequence[str]], names: Sequence[str] = SPLITS) -> Splits:
    """The splits with other POS tags in some of them."""
    return changed(splits, lambda one: Sentence(one.tokens, tuple(tags(one)), one.ner), names)
