"""Apply trained models to new text: POS tags, NER labels and entities of sentences of any length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from scipy.special import softmax
from seqeval.metrics.sequence_labeling import get_entities
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids, WordLogits, bounds
from posner.corpora.corpus import OUTSIDE
from posner.errors import InputError
from posner.model.batching import IGNORED, Examples
from posner.model.checkpoint import Checkpoint
from posner.model.examples import standardisation
from posner.model.modeling import PosNerConfig
from posner.model.tokenization import split_words
from posner.pos.features import NO_TAG, PosFeatures, ids_of, logit_features, one_hot_features
from posner.prediction.text import Passage

NO_TAG_SYMBOL = "_"  # as in CoNLL-U
# Of the words, in a column of tags. Those of another scheme are nearly all unknown, rare ones of the same are a few.
MOST_UNKNOWN_TO_MODEL = 0.5


# --- sentences of any length -----------------------------------------------------------------------------------------


def predict_words(
    checkpoint: Checkpoint, sentences: Sequence[Sequence[str]], pos: PosFeatures | None = None
) -> WordLogits:
    """Logits of all words, sentence after sentence; a sentence that is too long for the encoder is read in parts.

    Args:
        pos: POS features of all words, for models that read them.
    """
    parts = parts_that_fit(checkpoint.tokenizer, sentences, checkpoint.max_length)
    pieces = split_words(checkpoint.tokenizer, parts, checkpoint.max_length)
    return checkpoint.predict(Examples(pieces, np.full(len(pieces.first), IGNORED), pos))


def parts_that_fit(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int
) -> list[Sequence[str]]:
    """The sentences in turn, those with more than `max_length` pieces in parts; no part for an empty sentence."""
    pieces = split_words(tokenizer, sentences, max_length)
    lost = np.diff(bounds(~pieces.has_piece)[pieces.word_bounds])
    parts: list[Sequence[str]] = []
    for words, missing in zip(sentences, lost, strict=True):
        if words:
            parts.extend(runs_that_fit(tokenizer, words, max_length) if missing else [words])
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


# --- POS input of an NER model ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PassagePos:
    """POS of some passages.

    Attributes:
        tags: a tag per word, for the output.
        features: those of all words, the model's input; ``None`` for the baseline.
    """

    tags: list[tuple[str, ...]]
    features: PosFeatures | None


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
        InputError: the model reads logits, or does not know most of the tags so far.
    """

    def __init__(self, config: PosNerConfig) -> None:
        if config.feature == "logits":
            raise InputError("--pos columns: this model reads the logits of a tagger; use --pos tagger")
        self.tags = config.pos_tags
        self.words = 0
        self.unknown: Counter[str] = Counter()

    def __call__(self, passages: Sequence[Passage]) -> PassagePos:
        tags = [passage.pos or () for passage in passages]
        ids = ids_of([tag for row in tags for tag in row], self.tags)
        self.words += len(ids)
        self.unknown.update(tag for row in tags for tag in row if tag not in self.tags)
        if self.unknown.total() > MOST_UNKNOWN_TO_MODEL * self.words:
            known = " ".join(self.tags[:10])
            raise InputError(
                f"--pos-column: {self.found_unknown()} (at most {MOST_UNKNOWN_TO_MODEL:.0%}); it knows {known}"
            )
        return PassagePos(tags, one_hot_features(ids, len(self.tags)))

    def found_unknown(self) -> str:
        """How many words have a tag that the model does not know, with the most frequent ones."""
        examples = " ".join(tag for tag, _ in self.unknown.most_common(3))
        share = self.unknown.total() / max(1, self.words)
        return f"{share:.1%} of the words have tags that the model does not know, e.g. {examples}"


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
        words = predict_words(self.tagger, [passage.words for passage in passages])
        ids, tags = words.labels(NO_TAG), self.config.pos_tags
        names = np.array([*tags, NO_TAG_SYMBOL], dtype=object)[ids].tolist()  # id -1 selects the last one
        if self.config.feature == "logits":
            features = logit_features(standardisation(self.config).apply(words.logits))
        else:
            features = one_hot_features(ids, len(tags))
        return PassagePos([tuple(names[a:b]) for a, b in pairwise(word_bounds(passages))], features)


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
    words = predict_words(checkpoint, [passage.words for passage in passages], pos.features)
    predictions = words.split(word_bounds(passages))
    for passage, tags, words in zip(passages, pos.tags, predictions, strict=True):
        labels = label_names(words, checkpoint.config.labels)
        without_pieces = int(np.count_nonzero(~words.seen))
        yield AnnotatedPassage(passage, tags, labels, find_entities(words, labels), without_pieces)


def word_bounds(passages: Sequence[Passage]) -> Ids:
    """Where the words of each passage begin and end among those of all: ``[passages + 1]``."""
    return bounds([len(passage.words) for passage in passages])


def label_names(words: WordLogits, names: Sequence[str]) -> list[str]:
    """The predicted label of each word, ``O`` for a word without a piece."""
    return [names[i] for i in words.labels(names.index(OUTSIDE))]


def find_entities(words: WordLogits, labels: Sequence[str]) -> list[Entity]:
    """Entities of a sentence, by seqeval, as in evaluation."""
    best = softmax(words.logits, axis=1).max(axis=1, initial=0)
    return [
        Entity(kind, first, last, float(best[first : last + 1].prod())) for kind, first, last in get_entities(labels)
    ]
