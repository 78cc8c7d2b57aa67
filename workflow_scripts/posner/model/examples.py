"""Training and prediction examples: word pieces, label ids and POS features of sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.corpora.corpus import Sentence
from posner.model.batching import IGNORED, Examples
from posner.model.modeling import PosNerConfig
from posner.model.tokenization import split_words
from posner.pos.features import PosFeatures, Standardisation, logit_features, one_hot_features
from posner.pos.provider import PosProvider


def make_examples(
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sequence[Sentence],
    labels: Sequence[Sequence[str]],
    names: Sequence[str],
    max_length: int,
    pos: PosFeatures | None = None,
) -> Examples:
    """Examples in the order of `sentences`.

    Args:
        labels: the label of each word of each sentence.
        names: label names by id; words with another label do not contribute to the loss.
        max_length: longest input in word pieces, special tokens included.
        pos: POS features of all words; ``None`` for a model without POS.
    """
    id_of = {name: i for i, name in enumerate(names)}
    ids = np.array([id_of.get(label, IGNORED) for row in labels for label in row], dtype=np.int64)
    return Examples(split_words(tokenizer, [sentence.tokens for sentence in sentences], max_length), ids, pos)


def pos_of_split(
    provider: PosProvider, config: PosNerConfig, split: str, sentences: Sequence[Sentence]
) -> PosFeatures | None:
    """POS features of all words of a split, or ``None`` for the baseline."""
    if provider.variant.pos == "none":
        return None
    if config.feature == "logits":
        return logit_features(standardisation(config).apply(provider.logits(split, sentences)))
    return one_hot_features(provider.ids(split, sentences), len(provider.tags))


def standardisation(config: PosNerConfig) -> Standardisation:
    """The standardisation of logits that a model was trained with."""
    return Standardisation(np.array(config.pos_mean, np.float32), np.array(config.pos_scale, np.float32))
