"""A short text with the corruptions of a sweep, and full passes over it, whose predictions a sweep has to give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from posner.arrays import Floats, WordLogits
from posner.config.corruption import Corruption
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.model.device import Device
from posner.model.modeling import PosNerModel
from posner.pos.corruption import TaggedText, taggings
from posner.pos.donors import DonatedLogits, Donors, OneHot, TagFeatures
from posner.pos.features import PosFeatures, one_hot_table, tag_ids
from tiny_models import CPU, LABELS, NO_PIECE, TAGS, checkpoint_of, make_sentences, to_examples

Ids = np.ndarray
OUTSIDE = LABELS.index("O")

# One-word sentences, a tag that train never had, words that truncation takes, a word and a sentence without any piece.
SENTENCES = [
    *make_sentences(7, seed=5, longest=4),
    Sentence(("a",), ("NNP",), ("B-PER",)),
    Sentence(("b",), ("never seen",), ("O",)),
    Sentence(("abcdefg", "abc", "ab", "a"), ("NNP", "NN", "DT", "VB"), ("B-PER", "I-PER", "B-LOC", "O")),
    Sentence(("a", NO_PIECE, "b"), ("NN", "NNP", "VB"), ("O", "B-LOC", "O")),
    Sentence((NO_PIECE,), ("NNP",), ("B-PER",)),
]
MAX_LENGTH = 10
TEXT = to_examples(SENTENCES, with_pos=False, max_length=MAX_LENGTH)
CLEAN = tag_ids(SENTENCES, TAGS)
CONFUSION = np.array([[9, 0, 0, 0], [1, 9, 2, 3], [0, 2, 9, 2], [1, 1, 1, 9]])  # DT is never mistaken
PREDICTED = np.random.default_rng(8).integers(0, len(TAGS), len(CLEAN))
TAGGED = TaggedText(CLEAN, PREDICTED, TEXT.pieces.word_lengths, CONFUSION)
TEXT_OF = np.arange(len(SENTENCES)) // 3
SETTINGS = Corruption(rates=(0, 0.3, 1), scales=(1, 3), draws=2, seed=5)
PLAN = taggings(TAGGED, SETTINGS)
TRUE = [list(s.ner) for s in SENTENCES]

PLACES: dict[str, dict[str, Any]] = {
    "late": {"fusion": "late"},
    "last": {"fusion": "encoder", "inject_layer_offset_from_end": 1},
    "middle": {"fusion": "encoder", "inject_layer_offset_from_end": 2},
    "earliest": {"fusion": "encoder", "inject_layer_offset_from_end": "earliest"},
}


def variant(place: str, feature: str = "trainable_embed") -> Variant:
    return Variant(**PLACES[place], pos="predicted", feature=feature)


def one_hot() -> TagFeatures:
    return OneHot(one_hot_table(len(TAGS)))


def with_donors() -> TagFeatures:
    """Logits of some train tokens, without some pairs of tags, and of the test tokens."""
    generator = np.random.default_rng(3)
    gold, predicted = generator.integers(0, len(TAGS), (2, 40))
    predicted[gold == 3] = 3
    table = generator.normal(size=(40 + len(CLEAN) + 1, len(TAGS))).astype(np.float32)
    table[-1] = 0
    return DonatedLogits(table, Donors(gold, predicted, len(TAGS)))


def feature(source: TagFeatures) -> str:
    return "logits" if isinstance(source, DonatedLogits) else "trainable_embed"


def full_pass(model: PosNerModel, table: Floats, rows: Ids, device: Device = CPU) -> WordLogits:
    """A full pass over the text with the rows `rows` of `table` as POS features."""
    return checkpoint_of(model, device).predict(replace(TEXT, pos=PosFeatures(table, rows)))


def to_labels(words: WordLogits) -> Ids:
    return words.labels(OUTSIDE)


def corrupted(source: TagFeatures) -> list[Ids]:
    """The taggings of a sweep, as rows of the source's table."""
    return [source.rows(CLEAN, tagging)[0] for tagging in PLAN]
