"""What a NER model reads: a split of the corpus with the POS that a variant wants, or with what stands in for POS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Floats
from posner.corpora.corpus import Sentence, read_split
from posner.model.batching import IGNORED, Example
from posner.model.modeling import PosNerConfig
from posner.model.tokenization import split_words
from posner.pos.features import Standardisation, by_sentence
from posner.pos.provider import PosReader


def standardisation(config: PosNerConfig) -> Standardisation:
    """The standardisation of logits that a checkpoint was trained with."""
    return Standardisation(np.array(config.pos_mean, np.float32), np.array(config.pos_scale, np.float32))


def read_examples(
    corpus: Path,
    split: str,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    config: PosNerConfig,
    reader: PosReader,
) -> list[Example]:
    """Examples of one split with NER labels and the variant's POS."""
    sentences = read_split(corpus / f"{split}.parquet")
    pos = pos_of_split(reader, config, split, sentences)
    return make_examples(tokenizer, sentences, [s.ner for s in sentences], config.labels, max_length, pos)


def pos_of_split(
    reader: PosReader, config: PosNerConfig, split: str, sentences: Sequence[Sentence]
) -> list[Floats] | None:
    """POS features ``[words, tags]`` of each sentence, or ``None`` for the baseline."""
    if reader.variant.pos == "none":
        return None
    rows = reader.rows(split, sentences)
    return by_sentence(standardisation(config).apply(rows) if config.feature == "logits" else rows, sentences)


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
