"""Training and prediction examples: word pieces, label ids and POS features of sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Floats
from posner.corpora.corpus import Sentence
from posner.model.batching import IGNORED, Example
from posner.model.modeling import PosNerConfig
from posner.model.tokenization import split_words
from posner.pos.features import Standardisation, by_sentence
from posner.pos.provider import PosProvider


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
        labels: the label of each word of each sentence.
        names: label names by id; words with another label do not contribute to the loss.
        max_length: longest input in word pieces, special tokens included.
        pos: POS features ``[words, tags]`` of each sentence; ``None`` for a model without POS.
    """
    id_of = {name: i for i, name in enumerate(names)}
    pieces = split_words(tokenizer, [sentence.tokens for sentence in sentences], max_length)
    ids = (np.array([id_of.get(label, IGNORED) for label in row], dtype=np.int64) for row in labels)
    features = pos if pos is not None else [None] * len(sentences)
    return [Example(*parts) for parts in zip(pieces, ids, features, strict=True)]


def pos_of_split(
    provider: PosProvider, config: PosNerConfig, split: str, sentences: Sequence[Sentence]
) -> list[Floats] | None:
    """POS features ``[words, tags]`` of each sentence, or ``None`` for the baseline."""
    if provider.variant.pos == "none":
        return None
    rows = provider.rows(split, sentences)
    return by_sentence(standardisation(config).apply(rows) if config.feature == "logits" else rows, sentences)


def standardisation(config: PosNerConfig) -> Standardisation:
    """The standardisation of logits that a model was trained with."""
    return Standardisation(np.array(config.pos_mean, np.float32), np.array(config.pos_scale, np.float32))
