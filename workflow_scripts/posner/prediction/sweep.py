"""Predict the test split under many taggings with one checkpoint.

Only what depends on POS is computed again. Late fusion adds POS to logits that are computed once. Encoder fusion
restarts from the hidden states before the injection layer, once for each distinct tagging of a sentence. Any other
fusion runs the whole encoder for each of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from posner.arrays import Floats, Ids
from posner.corpora.corpus import OUTSIDE
from posner.model.batching import Example, collate, sorted_batches
from posner.model.checkpoint import Checkpoint
from posner.model.finite import DAMAGED, NotFiniteError
from posner.model.hooks import before_layer, encoder_layers
from posner.prediction.partial_passes import record_input, skip_layers

BATCH_PIECES = 4096  # word pieces in a batch, padding included: large enough to be fast, small enough for any memory


@dataclass(frozen=True)
class SweepText:
    """The test sentences of a sweep: `examples` with their true labels, without POS features."""

    examples: Sequence[Example]

    @property
    def first(self) -> list[Ids]:
        """For each sentence, the index ``[words]`` of each word's first piece, -1 if it has none."""
        return [example.pieces.first for example in self.examples]

    @property
    def lengths(self) -> list[int]:
        """Number of words of each sentence."""
        return [len(example.labels) for example in self.examples]

    @property
    def labels(self) -> Ids:
        """True label ids ``[tokens]``, sentence after sentence."""
        return np.concatenate([example.labels for example in self.examples])


class Sweeper(Protocol):
    """Predicts a text under many taggings."""

    def predict(self, taggings: Sequence[Ids]) -> Iterator[Ids]:
        """Predicted label ids ``[tokens]`` for each tagging ``[tokens]``, the row of the POS table of every token.

        A row of zeros removes the contribution of POS, since no fusion has a bias.
        """


class LateSweeper:
    """For late fusion: the logits without POS ``[tokens, labels]`` are computed once; POS is added for each tagging."""

    def __init__(self, checkpoint: Checkpoint, text: SweepText, table: Floats) -> None:
        model = checkpoint.model
        states, _ = hidden_states(checkpoint, text, len(encoder_layers(model.encoder)))
        with torch.inference_mode():
            words = torch.cat([s[torch.from_numpy(f)] for s, f in zip(states, text.first, strict=True)])
            self.logits = model.classifier(words.float())
            zeros = self.logits.new_zeros(len(table), self.logits.shape[1])
            self.added = model.fusion.after(zeros, torch.from_numpy(table).to(words.device))
            require_finite_sweep(self.logits.isfinite().all() & self.added.isfinite().all())
        self.unseen = torch.from_numpy(np.concatenate(text.first) < 0)
        self.outside = checkpoint.config.labels.index(OUTSIDE)

    def predict(self, taggings: Sequence[Ids]) -> Iterator[Ids]:
        for rows in taggings:
            best = (self.logits + self.added[torch.from_numpy(rows)]).argmax(dim=1).cpu()
            yield best.masked_fill_(self.unseen, self.outside).numpy()


@dataclass(frozen=True)
class Case:
    """One distinct tagging of one sentence: `rows` ``[words]`` of the POS table."""

    sentence: int
    rows: Ids


class EncoderSweeper:
    """For other fusions: the layers that POS can reach run, once for each distinct tagging of a sentence."""

    def __init__(self, checkpoint: Checkpoint, text: SweepText, table: Floats) -> None:
        self.checkpoint, self.text, self.table = checkpoint, text, table
        self.layer = checkpoint.config.layer or 0
        self.outside = checkpoint.config.labels.index(OUTSIDE)
        self.below, self.in_tuple = hidden_states(checkpoint, text, self.layer)
        self.is_finite = torch.ones((), dtype=torch.bool, device=checkpoint.device.device)  # all logits so far

    def predict(self, taggings: Sequence[Ids]) -> Iterator[Ids]:
        cases, case_of = distinct_cases(taggings, self.text.lengths)
        labels = self.run(cases)
        for numbers in case_of:
            yield np.concatenate([labels[number] for number in numbers])

    @torch.inference_mode()
    def run(self, cases: Sequence[Case]) -> list[Ids]:
        """Predicted label ids ``[words]`` of each case."""
        batches = list(batches_by_pieces([len(self.below[case.sentence]) for case in cases]))
        predicted: list[Ids] = [np.empty(0, np.int64)] * len(cases)
        encoder = self.checkpoint.model.encoder
        self.is_finite.fill_(True)
        with self.checkpoint.device.autocast(), skip_layers(encoder, self.layer, self.in_tuple):
            for batch in tqdm(batches, desc="sweeping", unit="batch", disable=None, leave=False):
                for i, labels in zip(batch, self.run_batch([cases[i] for i in batch]), strict=True):
                    predicted[i] = labels
        require_finite_sweep(self.is_finite)  # read once, since each time waits for the device
        return predicted

    def run_batch(self, cases: Sequence[Case]) -> Iterator[Ids]:
        """Predicted label ids ``[words]`` of each case of one batch."""
        model = self.checkpoint.model
        plain = [self.text.examples[case.sentence] for case in cases]
        examples = [Example(e.pieces, e.labels, self.table[c.rows]) for e, c in zip(plain, cases, strict=True)]
        batch = collate(examples, self.checkpoint.pad_id).to(self.checkpoint.device.device)
        below = pad_sequence([self.below[case.sentence] for case in cases], batch_first=True)
        with before_layer(encoder_layers(model.encoder)[self.layer], lambda _: below):
            logits = model(batch.input_ids, batch.attention_mask, batch.pos).logits
        self.is_finite &= (logits.isfinite().all(dim=-1) | (batch.attention_mask == 0)).all()
        best = logits.argmax(dim=-1).cpu().numpy()
        for labels, example in zip(best, examples, strict=True):
            first = example.pieces.first
            yield np.where(first >= 0, labels[first], self.outside)


@torch.inference_mode()
def hidden_states(checkpoint: Checkpoint, text: SweepText, layer: int) -> tuple[list[Tensor], bool]:
    """Hidden states ``[pieces, hidden]`` of each sentence before layer `layer`; after the last one for its index + 1.

    Also returns whether the layers of the encoder return tuples, see
    :class:`posner.prediction.partial_passes.RecordedInput`.
    """
    device, encoder = checkpoint.device, checkpoint.model.to(checkpoint.device.device).eval().encoder
    states: list[Tensor] = [torch.empty(0)] * len(text.examples)
    depth = len(encoder_layers(encoder))
    with device.autocast(), record_input(encoder, min(layer, depth - 1)) as record:
        for indices in sorted_batches([len(e.pieces) for e in text.examples], checkpoint.batch_size):
            examples = [text.examples[i] for i in indices]
            batch = collate(examples, checkpoint.pad_id).to(device.device)
            output = encoder(input_ids=batch.input_ids, attention_mask=batch.attention_mask).last_hidden_state
            before = record.states.pop()
            for i, example, row in zip(indices, examples, output if layer == depth else before, strict=True):
                states[i] = row[: len(example.pieces)].clone()
    return states, record.in_tuple


def require_finite_sweep(is_finite: Tensor) -> None:
    """Check that all logits of a sweep are finite: the scalar `is_finite`, on the device.

    Raises:
        NotFiniteError: they are not.
    """
    if not is_finite.item():
        raise NotFiniteError(f"the model's logits are not finite (NaN or infinity) in this sweep; {DAMAGED}")


def distinct_cases(taggings: Sequence[Ids], lengths: Sequence[int]) -> tuple[list[Case], Ids]:
    """The distinct taggings of single sentences, and the index of each sentence's case, ``[taggings, sentences]``."""
    bounds = np.cumsum([0, *lengths])
    number: dict[tuple[int, bytes], int] = {}
    cases: list[Case] = []
    case_of = np.empty((len(taggings), len(lengths)), dtype=np.int64)
    for t, tagging in enumerate(taggings):
        for s in range(len(lengths)):
            rows = tagging[bounds[s] : bounds[s + 1]]
            case = number.setdefault((s, rows.tobytes()), len(cases))
            if case == len(cases):
                cases.append(Case(s, rows))
            case_of[t, s] = case
    return cases, case_of


def batches_by_pieces(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Indices of batches of similar size, with at most `BATCH_PIECES` pieces including padding, or of one sentence."""
    batch: list[int] = []
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        if batch and (len(batch) + 1) * sizes[batch[0]] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def make_sweeper(checkpoint: Checkpoint, text: SweepText, table: Floats) -> Sweeper:
    """The sweeper for the model's fusion; `table` ``[rows, tags]`` has the POS features that taggings refer to."""
    kind = LateSweeper if checkpoint.config.fusion == "late" else EncoderSweeper
    return kind(checkpoint, text, table)
