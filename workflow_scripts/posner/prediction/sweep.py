"""How a sweep reads: one checkpoint, the test text again and again, each time with other POS.

The encoder does not run again for what the tags cannot reach. Late fusion adds to logits that are computed once;
encoder fusion starts from hidden states kept at the injected layer, and runs once for each distinct tagging of a
sentence.
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
from posner.model.batching import Example, collate, sorted_batches
from posner.model.device import Device
from posner.model.hooks import before_layer, captured, encoder_layers, only_from
from posner.model.modeling import PosNerModel

BATCH_PIECES = 4096  # pieces in a batch of the sweep: matrices large enough to be fast, small enough for any memory


@dataclass(frozen=True)
class Text:
    """The test text without POS.

    Attributes:
        examples: its sentences, with the true labels.
        outside: id of ``O``, the label of a word that the encoder did not see.
        pad_id: id of the padding piece.
        batch_size: sentences in a batch of the passes over the whole encoder.
    """

    examples: Sequence[Example]
    outside: int
    pad_id: int
    batch_size: int

    @property
    def first(self) -> list[Ids]:
        """Position of each word's first piece, -1 where it has none; an array a sentence."""
        return [example.pieces.first for example in self.examples]

    @property
    def lengths(self) -> list[int]:
        """Words of each sentence."""
        return [len(example.labels) for example in self.examples]

    @property
    def labels(self) -> Ids:
        """True labels ``[tokens]``, sentences end to end."""
        return np.concatenate([example.labels for example in self.examples])


class Sweeper(Protocol):
    """Predicts a text under many taggings."""

    def predict(self, rows: Sequence[Ids]) -> Iterator[Ids]:
        """Label ids ``[tokens]`` for each assignment of rows of the POS table to tokens ``[tokens]``.

        A row of zeros takes the POS path out: no fusion has a bias that would be left.
        """


class LateSweeper:
    """For late fusion: the encoder's part of the logits ``[tokens, labels]`` is computed once, and POS added to it."""

    def __init__(self, model: PosNerModel, text: Text, table: Floats, device: Device) -> None:
        depth = len(encoder_layers(model.encoder))
        states, _ = hidden_states(model, text, device, depth)
        with torch.inference_mode():
            words = torch.cat([s[torch.from_numpy(f)] for s, f in zip(states, text.first, strict=True)])
            self.logits = model.classifier(words.float())
            nothing = self.logits.new_zeros(len(table), self.logits.shape[1])
            self.added = model.fusion.after(nothing, torch.from_numpy(table).to(words.device))
        self.unseen = torch.from_numpy(np.concatenate(text.first) < 0)
        self.outside = text.outside

    def predict(self, rows: Sequence[Ids]) -> Iterator[Ids]:
        for row in rows:
            best = (self.logits + self.added[torch.from_numpy(row)]).argmax(dim=1).cpu()
            yield best.masked_fill_(self.unseen, self.outside).numpy()


@dataclass(frozen=True)
class Case:
    """One distinct tagging of one sentence: `rows` ``[words]`` of the POS table."""

    sentence: int
    rows: Ids


class EncoderSweeper:
    """For encoder fusion: only the layers above the injection run, once for each distinct tagging of a sentence."""

    def __init__(self, model: PosNerModel, text: Text, table: Floats, device: Device) -> None:
        self.model, self.text, self.table, self.device = model, text, table, device
        self.layer = int(model.config.layer)
        self.below, self.in_tuple = hidden_states(model, text, device, self.layer)

    def predict(self, rows: Sequence[Ids]) -> Iterator[Ids]:
        cases, wanted = distinct(rows, self.text.lengths)
        labels = self.run(cases)
        for numbers in wanted:
            yield np.concatenate([labels[number] for number in numbers])

    @torch.inference_mode()
    def run(self, cases: Sequence[Case]) -> list[Ids]:
        """Label ids ``[words]`` of each case."""
        batches = list(batches_by_pieces([len(self.below[case.sentence]) for case in cases]))
        found: list[Ids] = [np.empty(0, np.int64)] * len(cases)
        with self.device.autocast(), only_from(self.model.encoder, self.layer, self.in_tuple):
            for batch in tqdm(batches, desc="sweeping", unit="batch", disable=None, leave=False):
                for i, labels in zip(batch, self.run_batch([cases[i] for i in batch]), strict=True):
                    found[i] = labels
        return found

    def run_batch(self, cases: Sequence[Case]) -> Iterator[Ids]:
        """Label ids ``[words]`` of each case of one batch."""
        chosen = [self.text.examples[case.sentence] for case in cases]
        examples = [Example(e.pieces, e.labels, self.table[c.rows]) for e, c in zip(chosen, cases, strict=True)]
        batch = collate(examples, self.text.pad_id).to(self.device.device)
        below = pad_sequence([self.below[case.sentence] for case in cases], batch_first=True)
        with before_layer(encoder_layers(self.model.encoder)[self.layer], lambda _: below):
            best = self.model(batch.input_ids, batch.attention_mask, batch.pos).logits.argmax(dim=-1).cpu().numpy()
        for labels, example in zip(best, examples, strict=True):
            first = example.pieces.first
            yield np.where(first >= 0, labels[first], self.text.outside)


@torch.inference_mode()
def hidden_states(model: PosNerModel, text: Text, device: Device, layer: int) -> tuple[list[Tensor], bool]:
    """Hidden states ``[pieces, hidden]`` of every sentence before layer `layer`, or the encoder's output for its depth.

    Also tells whether the encoder's layers give tuples (see :func:`posner.model.hooks.captured`).
    """
    model.to(device.device).eval()
    states: list[Tensor] = [torch.empty(0)] * len(text.examples)
    depth = len(encoder_layers(model.encoder))
    with device.autocast(), captured(model.encoder, min(layer, depth - 1)) as seen:
        for indices in sorted_batches([len(e.pieces) for e in text.examples], text.batch_size):
            examples = [text.examples[i] for i in indices]
            batch = collate(examples, text.pad_id).to(device.device)
            output = model.encoder(input_ids=batch.input_ids, attention_mask=batch.attention_mask).last_hidden_state
            wanted = seen.states.pop()
            for i, example, row in zip(indices, examples, output if layer == depth else wanted, strict=True):
                states[i] = row[: len(example.pieces)].clone()
    return states, seen.in_tuple


def distinct(rows: Sequence[Ids], lengths: Sequence[int]) -> tuple[list[Case], Ids]:
    """The distinct taggings of sentences in `rows`, and which of them each text has, ``[texts, sentences]``."""
    bounds = np.cumsum([0, *lengths])
    number: dict[tuple[int, bytes], int] = {}
    cases: list[Case] = []
    wanted = np.empty((len(rows), len(lengths)), dtype=np.int64)
    for r, row in enumerate(rows):
        for s in range(len(lengths)):
            tagging = row[bounds[s] : bounds[s + 1]]
            case = number.setdefault((s, tagging.tobytes()), len(cases))
            if case == len(cases):
                cases.append(Case(s, tagging))
            wanted[r, s] = case
    return cases, wanted


def batches_by_pieces(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Indices of batches of like size, each of at most `BATCH_PIECES` pieces with padding (or of one sentence)."""
    batch: list[int] = []
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        if batch and (len(batch) + 1) * sizes[batch[0]] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def sweeper(model: PosNerModel, text: Text, table: Floats, device: Device) -> Sweeper:
    """The sweeper for the model's fusion."""
    kind = LateSweeper if model.config.fusion == "late" else EncoderSweeper
    return kind(model, text, table, device)
