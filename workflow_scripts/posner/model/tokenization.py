"""Words to word pieces and back: which pieces a word has, which of them carries its label, and which words are lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids


@dataclass(frozen=True, slots=True)
class Pieces:
    """One sentence as the encoder reads it.

    Attributes:
        input_ids: ``[pieces]``, special tokens included.
        words: ``[pieces]``, index of the word that a piece belongs to, -1 for special tokens.
        first: ``[words]``, index of a word's first piece, -1 where truncation or the tokenizer left it none.
    """

    input_ids: Ids
    words: Ids
    first: Ids

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def lost(self) -> int:
        """Words without a piece."""
        return int((self.first < 0).sum())


def split_words(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sequence[str]], max_length: int
) -> list[Pieces]:
    """Pieces of each sentence, cut to `max_length` pieces with special tokens."""
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
    return [align(encoded["input_ids"][i], encoded.word_ids(i), len(words)) for i, words in enumerate(sentences)]


def align(input_ids: Sequence[int], word_ids: Sequence[int | None], n_words: int) -> Pieces:
    """Pieces from a fast tokenizer's ids and word ids."""
    words = np.array([-1 if word is None else word for word in word_ids], dtype=np.int64)
    first = np.full(n_words, -1, dtype=np.int64)
    positions = np.flatnonzero(words >= 0)
    first[words[positions[::-1]]] = positions[::-1]  # backwards, so that the first piece is written last
    return Pieces(np.asarray(input_ids, dtype=np.int64), words, first)
