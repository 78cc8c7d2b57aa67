"""Training and prediction examples: word pieces, label ids and POS features of sentences."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids
from posner.corpora.corpus import Sentence
from posner.errors import InputError
from posner.model.batching import IGNORED, Examples
from posner.model.modeling import PosNerConfig
from posner.model.tokenization import split_words
from posner.pos.features import PosFeatures, Standardisation, logit_features, one_hot_features
from posner.pos.provider import PosProvider

log = logging.getLogger(__name__)

MANY_UNREAD = 0.01  # of CoNLL-2003 with 256 pieces, none


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
    pieces = split_words(tokenizer, [sentence.tokens for sentence in sentences], max_length)
    return Examples(pieces, known_label_ids(labels, names), pos)


def known_label_ids(labels: Sequence[Sequence[str]], names: Sequence[str]) -> Ids:
    """Label ids ``[words]`` of all words, sentence after sentence: indices into `names`, -100 for another label."""
    id_of = {name: i for i, name in enumerate(names)}
    return np.array([id_of.get(label, IGNORED) for row in labels for label in row], dtype=np.int64)


def check_pieces(split: str, examples: Examples) -> None:
    """Warn if many words of some sentences are cut off or have no piece: they are neither learned nor predicted.

    Raises:
        InputError: no word has both a piece and a label.
    """
    pieces = examples.pieces
    if not (pieces.has_piece & (examples.labels != IGNORED)).any():
        raise InputError(
            f"{split}: no word has a label within the longest input; increase max_length, or use another encoder"
        )
    cut, without = pieces.truncated, pieces.lost - pieces.truncated
    for number, what in ((cut, "are cut off; increase max_length"), (without, "have no piece and are read as nothing")):
        if (share := number / len(pieces.first)) > MANY_UNREAD:
            log.warning("%s: %d words (%.1f %%) %s", split, number, 100 * share, what)


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
