"""Trained models at work on text of no corpus: every word is labelled, with the POS that the model was made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.special import softmax
from seqeval.metrics.sequence_labeling import get_entities
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Floats, WordLogits
from posner.corpora.corpus import OUTSIDE
from posner.errors import InputError
from posner.model.batching import IGNORED, Example
from posner.model.device import Device
from posner.model.examples import standardisation
from posner.model.modeling import PosNerConfig, load_model
from posner.model.pretrained import load_tokenizer, longest_input
from posner.model.tokenization import Pieces, split_words
from posner.pos.features import UNKNOWN, one_hot_table
from posner.prediction.predict import predict
from posner.prediction.text import Passage

NO_TAG = "_"  # as in CoNLL-U


class Labeller:
    """A checkpoint that labels words: a NER model or a POS tagger."""

    def __init__(self, folder: Path, device: Device, max_length: int, batch_size: int) -> None:
        self.device, self.batch_size = device, batch_size
        self.model = load_model(folder, device.attention)
        self.tokenizer = load_tokenizer(folder)
        self.max_length = min(max_length, longest_input(folder))

    @property
    def config(self) -> PosNerConfig:
        """The model's config."""
        return self.model.config

    def __call__(self, sentences: Sequence[Sequence[str]], pos: Sequence[Floats] | None = None) -> list[WordLogits]:
        """Logits of the words of each sentence, with POS features ``[words, tags]`` where the model reads them.

        A sentence that is too long for the encoder is read in parts.
        """
        parts = in_parts(self.tokenizer, sentences, self.max_length)
        features = pos if pos is not None else [None] * len(sentences)
        examples = [e for pieces, rows in zip(parts, features, strict=True) for e in part_examples(pieces, rows)]
        found = iter(predict(self.model, examples, self.tokenizer.pad_token_id, self.batch_size, self.device))
        nothing = WordLogits(np.empty((0, self.config.num_labels), np.float32), np.empty(0, np.bool_))
        return [joined([nothing, *(next(found) for _ in pieces)]) for pieces in parts]


def in_parts(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int
) -> list[list[Pieces]]:
    """Pieces of each sentence, all of it: in as many parts as have at most `max_length` pieces, none if it is empty."""
    whole = split_words(tokenizer, sentences, max_length)
    parts = []
    for pieces, words in zip(whole, sentences, strict=True):
        if pieces.lost:
            parts.append(split_words(tokenizer, list(fitting(tokenizer, words, max_length)), max_length))
        else:
            parts.append([pieces] if words else [])
    return parts


def fitting(tokenizer: PreTrainedTokenizerBase, words: Sequence[str], max_length: int) -> Iterator[Sequence[str]]:
    """Runs of the words that have at most `max_length` pieces, special ones included; a longer word is a run."""
    encoded = tokenizer(list(words), is_split_into_words=True, add_special_tokens=False)
    counts = np.bincount(np.array(encoded.word_ids(), dtype=np.int64), minlength=len(words)).tolist()
    room = max_length - tokenizer.num_special_tokens_to_add()
    start = used = 0
    for i, count in enumerate(counts):
        if used + count > room and i > start:
            yield words[start:i]
            start, used = i, 0
        used += count
    yield words[start:]


def part_examples(parts: Sequence[Pieces], pos: Floats | None) -> Iterator[Example]:
    """Examples of a sentence's parts without labels; `pos` ``[words, tags]`` is of the whole sentence."""
    start = 0
    for pieces in parts:
        end = start + len(pieces.first)
        yield Example(pieces, np.full(end - start, IGNORED), None if pos is None else pos[start:end])
        start = end


def joined(parts: Sequence[WordLogits]) -> WordLogits:
    """Logits of a sentence from those of its parts."""
    return WordLogits(np.concatenate([p.logits for p in parts]), np.concatenate([p.seen for p in parts]))


# --- POS that is given to a NER model --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tagging:
    """POS of some passages: a tag a word to be shown, and what the model reads, ``[words, tags]`` each."""

    tags: list[tuple[str, ...]]
    features: list[Floats] | None


class Tagger(Protocol):
    """Where POS comes from."""

    def __call__(self, passages: Sequence[Passage]) -> Tagging:
        """POS of the passages."""


class NoTagger:
    """For the baseline."""

    def __call__(self, passages: Sequence[Passage]) -> Tagging:
        return Tagging([(NO_TAG,) * len(p.spans) for p in passages], None)


class GivenTags:
    """Tags that came with the text. One that the model does not know counts as none; all of them must not be so."""

    def __init__(self, config: PosNerConfig) -> None:
        if config.feature == "logits":
            raise InputError("--pos columns: this model reads a tagger's logits, and tags have none; use --pos tagger")
        self.number = {tag: i for i, tag in enumerate(config.pos_tags)}
        self.any_known = False

    def __call__(self, passages: Sequence[Passage]) -> Tagging:
        tags = [passage.pos or () for passage in passages]
        ids = [np.array([self.number.get(tag, UNKNOWN) for tag in row], dtype=np.int64) for row in tags]
        self.any_known = self.any_known or any((row >= 0).any() for row in ids)
        if not self.any_known:
            known = " ".join(list(self.number)[:10])
            raise InputError(f"--pos-column: none of its tags is one that the model knows, such as {known}")
        return Tagging(tags, [one_hot_table(len(self.number))[row] for row in ids])


class ModelTagger:
    """Tags of a POS tagger, or its logits where the NER model reads these."""

    def __init__(self, tagger: Labeller, config: PosNerConfig) -> None:
        if tagger.config.labels != config.pos_tags:
            raise InputError("--tagger: its tags are not those of the NER model; use the tagger of the same corpus")
        self.tagger, self.config = tagger, config

    def __call__(self, passages: Sequence[Passage]) -> Tagging:
        words = self.tagger([passage.words for passage in passages])
        ids = [row.labels(UNKNOWN) for row in words]
        names = np.array([*self.config.pos_tags, NO_TAG], dtype=object)  # the last one, which id -1 picks
        if self.config.feature == "logits":
            features = [standardisation(self.config).apply(row.logits) for row in words]
        else:
            features = [one_hot_table(len(self.config.pos_tags))[row] for row in ids]
        return Tagging([tuple(names[row].tolist()) for row in ids], features)


# --- what is found ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity from word `first` to word `last`.

    `score` is the probability of its labels: the product of the softmax probabilities of its words' labels, which the
    model takes to be independent of each other.
    """

    type: str
    first: int
    last: int
    score: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """A passage with the POS tag and the NER label of each word, and the entities that these make."""

    passage: Passage
    tags: Sequence[str]
    labels: Sequence[str]
    entities: Sequence[Entity]


def label(passages: Sequence[Passage], labeller: Labeller, tagger: Tagger) -> Iterator[Labelled]:
    """What a NER model finds in some passages."""
    tagging = tagger(passages)
    found = labeller([passage.words for passage in passages], tagging.features)
    for passage, tags, words in zip(passages, tagging.tags, found, strict=True):
        names = label_names(words, labeller.config)
        yield Labelled(passage, tags, names, entities(words, names))


def label_names(words: WordLogits, config: PosNerConfig) -> list[str]:
    """The label of each word, ``O`` for one that the encoder cannot see."""
    names = config.labels
    return [names[i] for i in words.labels(names.index(OUTSIDE))]


def entities(words: WordLogits, labels: Sequence[str]) -> list[Entity]:
    """Entities of a sentence, found as they are scored: by seqeval, after conlleval."""
    best = softmax(words.logits, axis=1).max(axis=1, initial=0)
    return [
        Entity(kind, first, last, float(best[first : last + 1].prod())) for kind, first, last in get_entities(labels)
    ]
