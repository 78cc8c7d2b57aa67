"""Outputs of the taggers of a tiny corpus, with two folds of train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from posner.arrays import WordLogits
from posner.pos.merging import merge
from posner.pos.tagger_output import TaggerOutput, write_output
from tiny_models import TAGS

LENGTHS = {"train": [2, 3, 1, 2, 4], "validation": [2, 1], "test": [3]}
FOLDS = [0, 1, 0, 1, 0]
FALLBACK = 2


def words(split: str, sentence: int, length: int | None = None) -> WordLogits:
    """The output for one sentence: random, with a fixed seed."""
    size = LENGTHS[split][sentence] if length is None else length
    generator = np.random.default_rng([list(LENGTHS).index(split), sentence])
    return WordLogits(generator.normal(size=(size, len(TAGS))).astype(np.float32), np.ones(size, dtype=bool))


def output(tagger: str, trained_on: Sequence[int], **sentences: list[int]) -> TaggerOutput:
    lengths = {split: [LENGTHS[split][i] for i in indices] for split, indices in sentences.items()}
    outputs = {split: joined([words(split, i) for i in indices]) for split, indices in sentences.items()}
    return TaggerOutput(tagger, TAGS, FALLBACK, frozenset(trained_on), sentences, lengths, outputs)


def joined(parts: Sequence[WordLogits]) -> WordLogits:
    """The words of all parts in turn."""
    return WordLogits(np.concatenate([p.logits for p in parts]), np.concatenate([p.seen for p in parts]))


def valid_outputs() -> dict[str, TaggerOutput]:
    """Outputs as in a study: of two fold taggers and the final one, by folder."""
    return {
        "fold-0": output("fold-0", [1, 3], train=[0, 2, 4]),
        "fold-1": output("fold-1", [0, 2, 4], train=[1, 3]),
        "final": output("final", range(5), validation=[0, 1], test=[0]),
    }


def write_and_merge(outputs: dict[str, TaggerOutput], folder: Path) -> pa.Table:
    """Write each output to its folder, and merge them."""
    for name, tagger_output in outputs.items():
        write_output(folder / name, tagger_output)
    return merge([folder / name for name in outputs], LENGTHS)
