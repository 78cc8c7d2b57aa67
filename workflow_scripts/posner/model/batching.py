"""Batches: which sentences share one, and their padded tensors.

The order of batches depends on the seed and on the lengths of the sentences only, so it is the same for all variants.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from posner.arrays import Ids
from posner.model.tokenization import Pieces
from posner.pos.features import PosFeatures

log = logging.getLogger(__name__)
IGNORED = -100  # the label that cross entropy ignores
# Word pieces in a batch of predictions, padding included. More are hardly faster; where memory is too small, fewer run.
BATCH_PIECES = {"cpu": 4096, "cuda": 16_384}
WINDOW = 50  # batches per shuffled window that is sorted by length, as with `group_by_length` of transformers


@dataclass(frozen=True, slots=True)
class Examples:
    """Sentences as a model reads them.

    Attributes:
        pieces: their word pieces.
        labels: ``[words]``, label ids, sentence after sentence; -100 does not contribute to the loss.
        pos: POS features of the words, or ``None`` for a model without POS.
    """

    pieces: Pieces
    labels: Ids
    pos: PosFeatures | None = None

    def __len__(self) -> int:
        """Number of sentences."""
        return len(self.pieces.lengths)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded tensors of a batch.

    Attributes:
        place: ``[batch, pieces]``, index of each piece among the pieces of all sentences; 0 for padding.
        is_piece: ``[batch, pieces]``, false for padding.
        input_ids, labels: ``[batch, pieces]``; the first piece of a word has its label, others have -100.
        pos: ``[batch, pieces, tags]``; all pieces of a word have its features, others have zeros.
    """

    place: Tensor
    is_piece: Tensor
    input_ids: Tensor
    labels: Tensor
    pos: Tensor | None

    @property
    def attention_mask(self) -> Tensor:
        """``[batch, pieces]``: 1 for pieces, 0 for padding."""
        return self.is_piece.long()


class Collator:
    """Pads sentences of some examples into batches.

    The arrays of all examples are on the device, so that nothing but the numbers of the sentences is copied to it.
    """

    def __init__(self, examples: Examples, pad_id: int, device: torch.device) -> None:
        pieces = examples.pieces
        self.pad_id, self.device, self.lengths = pad_id, device, pieces.lengths
        self.bounds = torch.from_numpy(pieces.bounds).to(device)
        self.input_ids = torch.from_numpy(pieces.input_ids).to(device)
        self.labels = torch.from_numpy(labels_of_pieces(pieces, examples.labels)).to(device)
        self.pos: tuple[Tensor, Tensor] | None = None
        if examples.pos is not None:
            rows = np.where(pieces.words >= 0, examples.pos.rows[pieces.words], -1) % len(examples.pos.table)
            self.pos = torch.from_numpy(examples.pos.table).to(device), torch.from_numpy(rows).to(device)

    def __call__(self, sentences: Sequence[int] | Ids) -> Batch:
        """The batch of the sentences with these numbers, padded to the longest."""
        return self.pad(torch.as_tensor(sentences, device=self.device), int(self.lengths[sentences].max()))

    def pad(self, sentences: Tensor, width: int) -> Batch:
        """The batch of the sentences with these numbers ``[batch]``, on the device, padded to `width` pieces."""
        place, is_piece = self.places(sentences, width)
        pos = None
        if self.pos is not None:
            table, rows = self.pos
            pos = table[rows[place].where(is_piece, len(table) - 1)]
        return Batch(
            place=place,
            is_piece=is_piece,
            input_ids=self.input_ids[place].where(is_piece, self.pad_id),
            labels=self.labels[place].where(is_piece, IGNORED),
            pos=pos,
        )

    def places(self, sentences: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """`place` and `is_piece` of a batch of this width, see :class:`Batch`."""
        start, end = self.bounds[sentences, None], self.bounds[sentences + 1, None]
        place = start + torch.arange(width, device=self.device)
        is_piece = place < end
        return place.where(is_piece, 0), is_piece


def labels_of_pieces(pieces: Pieces, labels: Ids) -> Ids:
    """Label ids of all pieces ``[pieces]``: those of words ``[words]`` at their first pieces, else -100."""
    by_piece = np.full(len(pieces.input_ids), IGNORED)
    by_piece[pieces.first[pieces.has_piece]] = labels[pieces.has_piece]
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


def run_in_batches(lengths: Ids, device: torch.device, run: Callable[[Ids], None], description: str) -> None:
    """Call `run` with the numbers of the sentences of each batch, longest sentences first, for predictions.

    A batch has at most `BATCH_PIECES` pieces, padding included, or one sentence. If the memory of a GPU is too small,
    the limit is halved, and the batch is run again.

    Args:
        lengths: ``[sentences]``, in word pieces.

    Raises:
        torch.OutOfMemoryError: the memory of the GPU is too small for one sentence.
    """
    order = np.argsort(-lengths, kind="stable")
    limit, start = BATCH_PIECES[device.type], 0
    with tqdm(total=len(order), desc=description, unit="sentence", disable=None, leave=False) as bar:
        while start < len(order):
            batch = order[start : start + max(1, limit // int(lengths[order[start]]))]
            try:
                run(batch)
            except torch.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                limit //= 2
                torch.cuda.empty_cache()
                log.warning("too little memory for %d sentences; batches have at most %d pieces now", len(batch), limit)
                continue
            start += len(batch)
            bar.update(len(batch))


def consecutive(items: Sequence[int], size: int) -> Iterator[list[int]]:
    """Consecutive slices of at most `size` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
