"""Batches: which sentences share one, and their padded tensors.

The order of batches depends on the seed and on the lengths of the sentences only, so it is the same for all variants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posner.arrays import Floats, Ids
from posner.model.tokenization import Pieces

IGNORED = -100  # the label that cross entropy ignores
WINDOW = 50  # batches per shuffled window that is sorted by length, as with `group_by_length` of transformers


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence, as a model reads it.

    Attributes:
        pieces: the word pieces of the sentence.
        labels: ``[words]``, label ids; -100 does not contribute to the loss.
        pos: ``[words, tags]``, POS features, or ``None`` for a model without POS.
    """

    pieces: Pieces
    labels: Ids
    pos: Floats | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded tensors: `input_ids`, `attention_mask`, `labels` ``[batch, pieces]``; `pos` ``[batch, pieces, tags]``."""

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    pos: Tensor | None

    def to(self, device: torch.device) -> Batch:
        """The same batch on `device`."""
        return Batch(
            self.input_ids.to(device, non_blocking=True),
            self.attention_mask.to(device, non_blocking=True),
            self.labels.to(device, non_blocking=True),
            None if self.pos is None else self.pos.to(device, non_blocking=True),
        )


def collate(examples: Sequence[Example], pad_id: int) -> Batch:
    """Pad examples to the longest. The first piece of a word has its label, all its pieces have its POS features."""
    shape = (len(examples), max(len(e.pieces) for e in examples))
    input_ids = torch.full(shape, pad_id, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED, dtype=torch.long)
    pos = None if examples[0].pos is None else torch.zeros(*shape, examples[0].pos.shape[1])
    for row, example in enumerate(examples):
        pieces, length = example.pieces, len(example.pieces)
        input_ids[row, :length] = torch.from_numpy(pieces.input_ids)
        mask[row, :length] = 1
        has_piece = pieces.first >= 0
        labels[row, pieces.first[has_piece]] = torch.from_numpy(example.labels[has_piece])
        if pos is not None and example.pos is not None:
            pos[row, :length] = torch.from_numpy(words_to_pieces(example.pos, pieces.words))
    return Batch(input_ids, mask, labels, pos)


def words_to_pieces(features: Floats, words: Ids) -> Floats:
    """Features ``[pieces, tags]`` of word pieces from those of words ``[words, tags]``; zeros for special tokens.

    Args:
        words: ``[pieces]``, index of the word of each piece, -1 for special tokens.
    """
    by_piece = features[words]
    by_piece[words < 0] = 0
    return by_piece


def training_batches(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Indices of the batches of one epoch: each sentence once, in batches of similar length, in random order."""
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(lengths))
    window = WINDOW * batch_size
    by_length = np.array(lengths)
    batches = [
        batch
        for start in range(0, len(order), window)
        for batch in consecutive(sorted(order[start : start + window].tolist(), key=lambda i: by_length[i]), batch_size)
    ]
    return [batches[i] for i in generator.permutation(len(batches))]


def sorted_batches(lengths: Sequence[int], batch_size: int) -> list[list[int]]:
    """Indices of batches for prediction, longest sentences first: if memory is too small, the first batch shows it."""
    return list(consecutive(sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)), batch_size))


def consecutive(items: Sequence[int], size: int) -> Iterator[list[int]]:
    """Consecutive slices of at most `size` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
