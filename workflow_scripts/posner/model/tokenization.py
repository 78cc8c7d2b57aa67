"""From words to word pieces: the pieces of each word, its first piece, and words without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids, Mask, bounds, ranges


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces (subwords) of some sentences in flat arrays, sentence after sentence.

    Attributes:
        input_ids: ``[pieces]``, special tokens included.
        words: ``[pieces]``, index of the word that a piece belongs to among the words of all sentences, -1 for special
            tokens.
        first: ``[words]``, index of each word's first piece among all pieces, -1 if truncation or the tokenizer left it
            none.
        bounds: ``[sentences + 1]``: the pieces of sentence i begin at ``bounds[i]`` and end before ``bounds[i + 1]``.
        word_bounds: ``[sentences + 1]``, the same for words.
        cut_off: ``[sentences]``, number of words that have pieces, but none within the longest input.
    """

    input_ids: Ids
    words: Ids
    first: Ids
    bounds: Ids
    word_bounds: Ids
    cut_off: Ids

    @property
    def lengths(self) -> Ids:
        """Number of pieces of each sentence."""
        return np.diff(self.bounds)

    @property
    def word_lengths(self) -> Ids:
        """Number of words of each sentence."""
        return np.diff(self.word_bounds)

    @property
    def has_piece(self) -> Mask:
        """Whether each word has a piece: ``[words]``."""
        return self.first >= 0

    @property
    def lost(self) -> int:
        """Number of words without a piece."""
        return int((~self.has_piece).sum())

    @property
    def truncated(self) -> int:
        """Number of words that have pieces, but none within the longest input."""
        return int(self.cut_off.sum())

    def of_sentences(self, sentences: Sequence[int] | Ids) -> Pieces:
        """The pieces of the sentences with these numbers, in this order."""
        numbers = np.asarray(sentences, dtype=np.int64)
        lengths, word_lengths = self.lengths[numbers], self.word_lengths[numbers]
        places = ranges(self.bounds[numbers], lengths)
        word_bounds = bounds(word_lengths)
        words = self.words[places]
        moved = words + np.repeat(word_bounds[:-1] - self.word_bounds[numbers], lengths)
        words = np.where(words >= 0, moved, words)
        first = first_pieces(words, int(word_bounds[-1]))
        return Pieces(self.input_ids[places], words, first, bounds(lengths), word_bounds, self.cut_off[numbers])


def split_words(tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int) -> Pieces:
    """Word pieces of the sentences, each truncated to `max_length` pieces, special tokens included."""
    word_bounds = bounds([len(words) for words in sentences])
    if not sentences:
        nothing = np.empty(0, np.int64)
        return Pieces(nothing, nothing, nothing, word_bounds, word_bounds, nothing)
    encoded = tokenizer(
        [list(words) for words in sentences],
        is_split_into_words=True,
        truncation=True,
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    words: list[Ids] = []
    cut_off: list[int] = []
    for encoding, start in zip(encoded.encodings, word_bounds[:-1], strict=True):
        words.append(word_numbers(encoding.word_ids, int(start)))
        beyond = {word for part in encoding.overflowing for word in part.word_ids}
        cut_off.append(len(beyond - {None, *encoding.word_ids}))
    numbers = np.concatenate(words)
    input_ids = np.concatenate([np.asarray(ids, dtype=np.int64) for ids in encoded["input_ids"]])
    first = first_pieces(numbers, int(word_bounds[-1]))
    piece_bounds = bounds([len(part) for part in words])
    return Pieces(input_ids, numbers, first, piece_bounds, word_bounds, np.array(cut_off, dtype=np.int64))


def word_numbers(word_ids: Sequence[int | None], start: int) -> Ids:
    """Word of each piece ``[pieces]`` among all words, -1 for special tokens.

    Args:
        word_ids: the words within the sentence, as fast tokenizers give them; ``None`` for special tokens.
        start: number of words before the sentence.
    """
    return np.array([-1 if word is None else start + word for word in word_ids], dtype=np.int64)


def first_pieces(words: Ids, n_words: int) -> Ids:
    """Index of the first piece of each word ``[words]``, -1 if it has none; `words` as in :class:`Pieces`."""
    first = np.full(n_words, -1, dtype=np.int64)
    positions = np.flatnonzero(words >= 0)
    first[words[positions[::-1]]] = positions[::-1]  # in reverse, so that the first piece overwrites the others
    return first
