"""Batches: which sentences go together, and the tensors that a model reads.

The order of batches depends on the seed and on the sentences' lengths, never on the variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posner.arrays import Floats, Ids
from posner.model.tokenization import Pieces

IGNORED = -100  # the label that cross entropy passes over
WINDOW = 50  # batches drawn by length from a shuffled window of so many, as `group_by_length` of transformers does


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with what is to be learned and what is given.

    Attributes:
        pieces: the sentence as the encoder reads it.
        labels: ``[words]``, ids of the labels to learn; -100 is passed over.
        pos: ``[words, tags]``, POS features of the words, or ``None`` for a model without POS.
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
    """Pad examples to the longest. Only a word's first piece has its label; all its pieces have its POS."""
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
            pos[row, :length] = torch.from_numpy(spread(example.pos, pieces.words))
    return Batch(input_ids, mask, labels, pos)


def spread(features: Floats, words: Ids) -> Floats:
    """Features of words ``[words, tags]`` given to their pieces ``[pieces, tags]``; special tokens have zeros."""
    spreaded = features[words]
    spreaded[words < 0] = 0
    return spreaded


def training_batches(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Indices of an epoch's batches: each sentence once, sentences of like length together, batches in random order."""
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(lengths))
    window = WINDOW * batch_size
    by_length = np.array(lengths)
    batches = [
        chunk
        for start in range(0, len(order), window)
        for chunk in chunks(sorted(order[start : start + window].tolist(), key=lambda i: by_length[i]), batch_size)
    ]
    return [batches[i] for i in generator.permutation(len(batches))]


def sorted_batches(lengths: Sequence[int], batch_size: int) -> list[list[int]]:
    """Indices of batches for prediction: longest first, so that memory runs out at once or never."""
    return list(chunks(sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)), batch_size))


def chunks(items: Sequence[int], size: int) -> Iterator[list[int]]:
    """Consecutive runs of at most `size` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
