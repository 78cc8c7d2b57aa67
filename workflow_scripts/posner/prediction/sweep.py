"""Predict the test split under many taggings with one checkpoint.

Only what depends on POS is computed again. Late fusion adds POS to logits that are computed once. Encoder fusion
restarts from the hidden states before the injection layer, once for each distinct tagging of a sentence. Any other
fusion runs the whole encoder for each of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from posner.arrays import Floats, Ids, bounds
from posner.corpora.corpus import OUTSIDE
from posner.model.batching import Examples, run_in_batches
from posner.model.checkpoint import Checkpoint
from posner.model.finite import DAMAGED, NotFiniteError
from posner.model.hooks import before_layer, encoder_layers
from posner.prediction.partial_passes import record_input, skip_layers

Rows = npt.NDArray[np.integer[Any]]  # [taggings, words], rows of a POS table


class Sweeper(Protocol):
    """Predicts a text under many taggings."""

    def predict(self, taggings: Sequence[Ids]) -> Iterator[Ids]:
        """Predicted label ids ``[words]`` for each tagging ``[words]``, the row of the POS table of every word.

        Row -1, the last one, is zeros: it removes the contribution of POS, since no fusion has a bias.
        """


class LateSweeper:
    """For late fusion: the logits without POS ``[words, labels]`` are computed once; POS is added for each tagging."""

    def __init__(self, checkpoint: Checkpoint, text: Examples, table: Floats) -> None:
        model, device = checkpoint.model, checkpoint.device.device
        states, _ = hidden_states(checkpoint, text, len(encoder_layers(model.encoder)))
        with torch.inference_mode():
            self.logits = model.classifier(states[torch.from_numpy(text.pieces.first).to(device)].float())
            zeros = self.logits.new_zeros(len(table), self.logits.shape[1])
            self.added = model.fusion.after(zeros, torch.from_numpy(table).to(device))
            require_finite_sweep(self.logits.isfinite().all() & self.added.isfinite().all())
        self.without_piece = torch.from_numpy(~text.pieces.has_piece).to(device)
        self.outside = checkpoint.config.labels.index(OUTSIDE)

    def predict(self, taggings: Sequence[Ids]) -> Iterator[Ids]:
        for rows in taggings:
            best = (self.logits + self.added[torch.from_numpy(rows).to(self.logits.device)]).argmax(dim=1)
            yield best.masked_fill_(self.without_piece, self.outside).cpu().numpy()


@dataclass(frozen=True)
class Cases:
    """The distinct taggings of single sentences.

    Attributes:
        sentence: ``[cases]``, the sentence of each case.
        tagging: ``[cases]``, the first tagging in which it occurs.
        case_of: ``[taggings, sentences]``, the case of each sentence in each tagging.
    """

    sentence: Ids
    tagging: Ids
    case_of: Ids


class EncoderSweeper:
    """For other fusions: the layers that POS can reach run, once for each distinct tagging of a sentence."""

    def __init__(self, checkpoint: Checkpoint, text: Examples, table: Floats) -> None:
        self.checkpoint, self.pieces = checkpoint, text.pieces
        self.layer = checkpoint.config.layer or 0
        self.outside = checkpoint.config.labels.index(OUTSIDE)
        self.below, self.in_tuple = hidden_states(checkpoint, text, self.layer)
        device = checkpoint.device.device
        self.collate = checkpoint.collator(text)
        self.table = torch.from_numpy(table).to(device)
        self.words, self.word_bounds = (
            torch.from_numpy(array).to(device) for array in (self.pieces.words, self.pieces.word_bounds)
        )
        is_first = np.zeros(len(self.pieces.words), dtype=bool)
        is_first[self.pieces.first[self.pieces.has_piece]] = True
        self.is_first = torch.from_numpy(is_first).to(device)
        self.is_finite = torch.ones((), dtype=torch.bool, device=device)  # all logits so far

    def predict(self, taggings: Sequence[Ids]) -> Iterator[Ids]:
        rows = np.array(taggings, dtype=np.int32)  # they need much memory
        cases = distinct_cases(rows, self.pieces.word_bounds)
        lengths = self.pieces.word_lengths
        starts = bounds(lengths[cases.sentence])[:-1]
        labels = self.run(cases, rows, starts)
        within = np.arange(lengths.sum()) - np.repeat(self.pieces.word_bounds[:-1], lengths)
        for case in cases.case_of:
            yield labels[np.repeat(starts[case], lengths) + within]

    @torch.inference_mode()
    def run(self, cases: Cases, rows: Rows, starts: Ids) -> Ids:
        """Predicted label ids of the words of all cases, case after case.

        Args:
            rows: ``[taggings, words]``, rows of the POS table.
            starts: ``[cases]``, index of the first word of each case in the result.
        """
        device, encoder = self.checkpoint.device, self.checkpoint.model.encoder
        sentence, tagging, start, on_device = (
            torch.from_numpy(array).to(device.device) for array in (cases.sentence, cases.tagging, starts, rows)
        )
        labels = torch.full(
            (int(self.pieces.word_lengths[cases.sentence].sum()),), self.outside, dtype=torch.long, device=device.device
        )
        self.is_finite.fill_(True)

        def run(batch: Ids) -> None:
            case = torch.from_numpy(batch).to(device.device)
            place, is_piece, best = self.run_batch(cases.sentence[batch], on_device, tagging[case])
            is_first = is_piece & self.is_first[place]
            target = start[case, None] + self.words[place] - self.word_bounds[sentence[case], None]
            labels[target[is_first]] = best[is_first]

        with device.autocast(), skip_layers(encoder, self.layer, self.in_tuple):
            run_in_batches(self.pieces.lengths[cases.sentence], device.device, run, "sweeping")
        require_finite_sweep(self.is_finite)  # read once, since each time waits for the device
        return labels.cpu().numpy()

    def run_batch(self, sentences: Ids, rows: Tensor, tagging: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The places of the pieces of one batch, where they are pieces, and the best label of each.

        All are ``[batch, pieces]``, see :class:`posner.model.batching.Batch`.

        Args:
            sentences: ``[batch]``.
            rows: ``[taggings, words]``.
            tagging: ``[batch]``, the tagging of each sentence.
        """
        model, batch = self.checkpoint.model, self.collate(sentences)
        word = self.words[batch.place]
        has_tag = batch.is_piece & (word >= 0)
        row = rows[tagging[:, None], word.where(has_tag, 0)].where(has_tag, -1)
        below = self.below[batch.place].where(batch.is_piece[..., None], 0)
        with before_layer(encoder_layers(model.encoder)[self.layer], lambda _: below):
            logits = model(batch.input_ids, batch.attention_mask, self.table[row.long()]).logits
        self.is_finite &= (logits.isfinite().all(dim=-1) | ~batch.is_piece).all()
        return batch.place, batch.is_piece, logits.argmax(dim=-1)


@torch.inference_mode()
def hidden_states(checkpoint: Checkpoint, text: Examples, layer: int) -> tuple[Tensor, bool]:
    """Hidden states ``[pieces, hidden]`` of all pieces before layer `layer`; after the last one for its index + 1.

    Also returns whether the layers of the encoder return tuples, see
    :class:`posner.prediction.partial_passes.RecordedInput`.
    """
    device, encoder = checkpoint.device, checkpoint.model.to(checkpoint.device.device).eval().encoder
    collate, depth = checkpoint.collator(text), len(encoder_layers(encoder))
    parts: list[tuple[Tensor, Tensor]] = []
    with device.autocast(), record_input(encoder, min(layer, depth - 1)) as record:

        def run(sentences: Ids) -> None:
            batch = collate(sentences)
            output = encoder(input_ids=batch.input_ids, attention_mask=batch.attention_mask).last_hidden_state
            before = record.states.pop()
            parts.append((batch.place[batch.is_piece], (output if layer == depth else before)[batch.is_piece]))

        run_in_batches(text.pieces.lengths, device.device, run, "encoding")
    place, states = (torch.cat(part) for part in zip(*parts, strict=True))
    return states[place.argsort()], record.in_tuple


def require_finite_sweep(is_finite: Tensor) -> None:
    """Check that all logits of a sweep are finite: the scalar `is_finite`, on the device.

    Raises:
        NotFiniteError: they are not.
    """
    if not is_finite.item():
        raise NotFiniteError(f"the model's logits are not finite (NaN or infinity) in this sweep; {DAMAGED}")


def distinct_cases(rows: Rows, word_bounds: Ids) -> Cases:
    """The distinct taggings of single sentences, in the order of their first occurrence.

    A hash distinguishes them, and the result is checked: other random numbers are used if two of them collide.

    Args:
        rows: ``[taggings, words]``.
        word_bounds: ``[sentences + 1]``, see :class:`posner.model.tokenization.Pieces`.
    """
    sentences = len(word_bounds) - 1
    for seed in count():
        keys = hashes(rows, word_bounds, seed)
        case_of, _ = pd.factorize(keys.ravel())
        _, first = np.unique(case_of, return_index=True)
        cases = Cases(first % sentences, first // sentences, case_of.reshape(keys.shape))
        if are_exact(cases, rows, word_bounds):
            return cases
    raise AssertionError("unreachable")


def hashes(rows: Rows, word_bounds: Ids, seed: int) -> npt.NDArray[np.uint64]:
    """A random hash of each sentence's rows ``[taggings, sentences]``; it differs between sentences, too."""
    generator = np.random.default_rng(seed)
    factors = generator.integers(0, 2**64, rows.shape[1], dtype=np.uint64) | np.uint64(1)
    offsets = generator.integers(0, 2**64, len(word_bounds) - 1, dtype=np.uint64)
    sums = (np.cumsum(factors * row.astype(np.uint64)) for row in rows)  # modulo 2^64
    return np.stack([np.diff(np.concatenate([[np.uint64(0)], total])[word_bounds]) for total in sums]) + offsets


def are_exact(cases: Cases, rows: Rows, word_bounds: Ids) -> bool:
    """Whether each case is of the sentence that it stands for, with the same rows."""
    sentence = np.repeat(np.arange(len(word_bounds) - 1), np.diff(word_bounds))
    words = np.arange(rows.shape[1])
    return all(
        np.array_equal(cases.sentence[case], np.arange(len(case)))
        and np.array_equal(rows[cases.tagging[case][sentence], words], row)
        for case, row in zip(cases.case_of, rows, strict=True)
    )


def make_sweeper(checkpoint: Checkpoint, text: Examples, table: Floats) -> Sweeper:
    """The sweeper for the model's fusion; `table` ``[rows, tags]`` has the POS features that taggings refer to."""
    kind = LateSweeper if checkpoint.config.fusion == "late" else EncoderSweeper
    return kind(checkpoint, text, table)
