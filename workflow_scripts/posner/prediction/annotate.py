"""Apply trained models to new text: POS tags, NER labels and entities of sentences of any length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import softmax
from seqeval.metrics.sequence_labeling import get_entities
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Floats, WordLogits
from posner.corpora.corpus import OUTSIDE
from posner.errors import InputError
from posner.model.batching import IGNORED, Example
from posner.model.checkpoint import Checkpoint
from posner.model.examples import standardisation
from posner.model.modeling import PosNerConfig
from posner.model.tokenization import Pieces, split_words
from posner.pos.features import NO_TAG, one_hot_table
from posner.prediction.text import Passage

NO_TAG_SYMBOL = "_"  # as in CoNLL-U


# --- sentences of any length -----------------------------------------------------------------------------------------


def predict_sentences(
    checkpoint: Checkpoint, sentences: Sequence[Sequence[str]], pos: Sequence[Floats] | None = None
) -> list[WordLogits]:
    """Logits of the words of each sentence; a sentence that is too long for the encoder is read in parts.

    Args:
        pos: POS features ``[words, tags]`` of each sentence, for models that read them.
    """
    parts = split_into_parts(checkpoint.tokenizer, sentences, checkpoint.max_length)
    features = pos if pos is not None else [None] * len(sentences)
    examples = [e for pieces, rows in zip(parts, features, strict=True) for e in part_examples(pieces, rows)]
    predictions = iter(checkpoint.predict(examples))
    empty = WordLogits(np.empty((0, checkpoint.config.num_labels), np.float32), np.empty(0, np.bool_))
    return [concatenate([empty, *(next(predictions) for _ in pieces)]) for pieces in parts]


def split_into_parts(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int
) -> list[list[Pieces]]:
    """Word pieces of each sentence in parts of at most `max_length` pieces; no parts for an empty sentence."""
    whole = split_words(tokenizer, sentences, max_length)
    parts = []
    for pieces, words in zip(whole, sentences, strict=True):
        if pieces.lost:
            parts.append(split_words(tokenizer, list(runs_that_fit(tokenizer, words, max_length)), max_length))
        else:
            parts.append([pieces] if words else [])
    return parts


def runs_that_fit(tokenizer: PreTrainedTokenizerBase, words: Sequence[str], max_length: int) -> Iterator[Sequence[str]]:
    """Consecutive words with at most `max_length` pieces, special tokens included; a longer word stands alone."""
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
    """Examples without labels of the parts of a sentence; `pos` ``[words, tags]`` is that of the whole sentence."""
    start = 0
    for pieces in parts:
        end = start + len(pieces.first)
        yield Example(pieces, np.full(end - start, IGNORED), None if pos is None else pos[start:end])
        start = end


def concatenate(parts: Sequence[WordLogits]) -> WordLogits:
    """Logits of a sentence from those of its parts."""
    return WordLogits(np.concatenate([p.logits for p in parts]), np.concatenate([p.seen for p in parts]))


# --- POS input of an NER model ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PassagePos:
    """POS of some passages.

    Attributes:
        tags: a tag per word, for the output.
        features: ``[words, tags]`` of each passage, the model's input; ``None`` for the baseline.
    """

    tags: list[tuple[str, ...]]
    features: list[Floats] | None


class PassageTagger(Protocol):
    """A source of POS for new text."""

    def __call__(self, passages: Sequence[Passage]) -> PassagePos:
        """POS of `passages`."""


class NoTagger:
    """No POS, for the baseline."""

    def __call__(self, passages: Sequence[Passage]) -> PassagePos:
        return PassagePos([(NO_TAG_SYMBOL,) * len(p.spans) for p in passages], None)


class ColumnTagger:
    """The POS tags in the input file. A tag that the model does not know counts as no tag.

    Raises:
        InputError: the model reads logits, or does not know any tag of the first passages.
    """

    def __init__(self, config: PosNerConfig) -> None:
        if config.feature == "logits":
            raise InputError("--pos columns: this model reads the logits of a tagger; use --pos tagger")
        self.id_of = {tag: i for i, tag in enumerate(config.pos_tags)}
        self.any_known = False

    def __call__(self, passages: Sequence[Passage]) -> PassagePos:
        tags = [passage.pos or () for passage in passages]
        ids = [np.array([self.id_of.get(tag, NO_TAG) for tag in row], dtype=np.int64) for row in tags]
        self.any_known = self.any_known or any((row >= 0).any() for row in ids)
        if not self.any_known:
            known = " ".join(list(self.id_of)[:10])
            raise InputError(f"--pos-column: the model knows none of the tags in this column; it knows {known}")
        return PassagePos(tags, [one_hot_table(len(self.id_of))[row] for row in ids])


class ModelTagger:
    """The tags of a POS tagger, or its logits if the NER model reads these.

    Raises:
        InputError: the tagger has other tags than the NER model.
    """

    def __init__(self, tagger: Checkpoint, config: PosNerConfig) -> None:
        if tagger.config.labels != config.pos_tags:
            raise InputError("--tagger: its tags are not those of the NER model; use the tagger of the same corpus")
        self.tagger, self.config = tagger, config

    def __call__(self, passages: Sequence[Passage]) -> PassagePos:
        words = predict_sentences(self.tagger, [passage.words for passage in passages])
        ids = [row.labels(NO_TAG) for row in words]
        names = np.array([*self.config.pos_tags, NO_TAG_SYMBOL], dtype=object)  # id -1 selects the last one
        if self.config.feature == "logits":
            features = [standardisation(self.config).apply(row.logits) for row in words]
        else:
            features = [one_hot_table(len(self.config.pos_tags))[row] for row in ids]
        return PassagePos([tuple(names[row].tolist()) for row in ids], features)


# --- entities --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity from word `first` to word `last`, both included.

    `score` is the product of the softmax probabilities of its words' labels (0..1), as if these were independent.
    """

    type: str
    first: int
    last: int
    score: float


@dataclass(frozen=True, slots=True)
class AnnotatedPassage:
    """A passage with its predictions.

    Attributes:
        tags: POS tag of each word.
        labels: NER label of each word.
        entities: its entities.
        without_pieces: number of words of which the tokenizer leaves nothing, e.g. invisible characters; their label is
            ``O``. No word is lost to truncation, because long sentences are read in parts.
    """

    passage: Passage
    tags: Sequence[str]
    labels: Sequence[str]
    entities: Sequence[Entity]
    without_pieces: int


def annotate(passages: Sequence[Passage], checkpoint: Checkpoint, tagger: PassageTagger) -> Iterator[AnnotatedPassage]:
    """Passages with the predictions of an NER model, which reads POS from `tagger`."""
    pos = tagger(passages)
    predictions = predict_sentences(checkpoint, [passage.words for passage in passages], pos.features)
    for passage, tags, words in zip(passages, pos.tags, predictions, strict=True):
        labels = label_names(words, checkpoint.config.labels)
        without_pieces = int(np.count_nonzero(~words.seen))
        yield AnnotatedPassage(passage, tags, labels, find_entities(words, labels), without_pieces)


def label_names(words: WordLogits, names: Sequence[str]) -> list[str]:
    """The predicted label of each word, ``O`` for a word without a piece."""
    return [names[i] for i in words.labels(names.index(OUTSIDE))]


def find_entities(words: WordLogits, labels: Sequence[str]) -> list[Entity]:
    """Entities of a sentence, by seqeval, as in evaluation."""
    best = softmax(words.logits, axis=1).max(axis=1, initial=0)
    return [
        Entity(kind, first, last, float(best[first : last + 1].prod())) for kind, first, last in get_entities(labels)
    ]
