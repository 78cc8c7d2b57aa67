"""From sentences to what a model learns from: pieces, label ids and POS features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from .arrays import Floats
from .batching import IGNORED, Example
from .corpus import Sentence
from .tokenization import split_words


def make_examples(
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sequence[Sentence],
    labels: Sequence[Sequence[str]],
    names: Sequence[str],
    max_length: int,
    pos: Sequence[Floats] | None = None,
) -> list[Example]:
    """Examples in the order of `sentences`.

    Args:
        labels: the label of each word, a sequence a sentence.
        names: label names by id; a label that is not among them is not learned.
        max_length: most pieces of an example.
        pos: POS features ``[words, tags]`` of each sentence.
    """
    number = {name: i for i, name in enumerate(names)}
    pieces = split_words(tokenizer, [s.tokens for s in sentences], max_length)
    ids = (np.array([number.get(label, IGNORED) for label in row], dtype=np.int64) for row in labels)
    features = pos if pos is not None else [None] * len(sentences)
    return [Example(*parts) for parts in zip(pieces, ids, features, strict=True)]
