"""From words to word pieces: the pieces of each word, its first piece, and words without any."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces (subwords) of one sentence.

    Attributes:
        input_ids: ``[pieces]``, special tokens included.
        words: ``[pieces]``, index of the word that a piece belongs to, -1 for special tokens.
        first: ``[words]``, index of each word's first piece, -1 if truncation or the tokenizer left it none.
        truncated: number of words that have pieces, but none within the longest input.
    """

    input_ids: Ids
    words: Ids
    first: Ids
    truncated: int = 0

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def lost(self) -> int:
        """Number of words without a piece."""
        return int((self.first < 0).sum())


def split_words(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int
) -> list[Pieces]:
    """Word pieces of each sentence, truncated to `max_length` pieces, special tokens included."""
    if not sentences:
        return []
    encoded = tokenizer(
        [list(words) for words in sentences],
        is_split_into_words=True,
        truncation=True,
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    pieces = []
    for i, words in enumerate(sentences):
        beyond = {word for part in encoded.encodings[i].overflowing for word in part.word_ids}
        pieces.append(align(encoded["input_ids"][i], encoded.word_ids(i), len(words), beyond))
    return pieces


def align(
    input_ids: Sequence[int], word_ids: Sequence[int | None], n_words: int, beyond: Collection[int | None] = ()
) -> Pieces:
    """Word pieces from the ids and word ids of a fast tokenizer; words `beyond` have pieces that were cut off."""
    words = np.array([-1 if word is None else word for word in word_ids], dtype=np.int64)
    first = np.full(n_words, -1, dtype=np.int64)
    positions = np.flatnonzero(words >= 0)
    first[words[positions[::-1]]] = positions[::-1]  # in reverse, so that the first piece overwrites the others
    truncated = sum(word is not None and first[word] < 0 for word in beyond)
    return Pieces(np.asarray(input_ids, dtype=np.int64), words, first, truncated)
