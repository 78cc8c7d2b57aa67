"""What a NER model reads: a split of the corpus with the POS that a variant wants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from .arrays import Floats
from .batching import Example
from .config import Variant
from .corpus import Sentence, read_split
from .errors import InputError
from .examples import make_examples
from .model import PosNerConfig
from .pos_features import Standardisation, by_sentence, one_hot_table, tag_ids
from .predicted_pos import PredictedPos


def pos_of_split(
    variant: Variant, config: PosNerConfig, predicted: PredictedPos | None, split: str, sentences: Sequence[Sentence]
) -> list[Floats] | None:
    """POS features ``[words, tags]`` of each sentence, or ``None`` for the baseline.

    Raises:
        InputError: the variant needs predicted POS and there is none.
    """
    if variant.pos == "none":
        return None
    if variant.pos == "gold":
        return by_sentence(one_hot_table(len(config.pos_tags))[tag_ids(sentences, config.pos_tags)], sentences)
    if predicted is None:
        raise InputError("--predicted: this variant needs predicted POS")
    if variant.feature == "logits":
        return by_sentence(standardisation(config).apply(predicted.logits[split]), sentences)
    return by_sentence(one_hot_table(len(config.pos_tags))[predicted.ids[split]], sentences)


def standardisation(config: PosNerConfig) -> Standardisation:
    """The standardisation of logits that a checkpoint was trained with."""
    return Standardisation(np.array(config.pos_mean, np.float32), np.array(config.pos_scale, np.float32))


def read_examples(
    corpus: Path,
    split: str,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    config: PosNerConfig,
    variant: Variant,
    predicted: PredictedPos | None,
) -> list[Example]:
    """Examples of one split with NER labels and the variant's POS."""
    sentences = read_split(corpus / f"{split}.parquet")
    pos = pos_of_split(variant, config, predicted, split, sentences)
    return make_examples(tokenizer, sentences, [s.ner for s in sentences], config.labels, max_length, pos)
