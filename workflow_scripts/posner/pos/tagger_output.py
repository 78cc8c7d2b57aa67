"""The predictions of one POS tagger, and the record of the sentences that it was trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posner.arrays import WordLogits
from posner.errors import InputError, first_line
from posner.files import atomic_path, write_json
from posner.pos.predicted import PREDICTED_COLUMNS

FINAL = "final"  # the tagger that is trained on all of train
OUTPUT_FILES = ("predictions.parquet", "training.json")  # of one tagger


def tagger_names(folds: int) -> list[str]:
    """All taggers of a corpus and encoder: ``fold-0``, ``fold-1``, ..., ``final``."""
    return [*(f"fold-{fold}" for fold in range(folds)), FINAL]


@dataclass(frozen=True)
class TaggerOutput:
    """The predictions of one tagger.

    Attributes:
        tagger: ``fold-0``, ... or ``final``.
        tags: the POS tag of each column of the logits.
        fallback: id of the tag of words without a piece: the most frequent tag of the training sentences.
        trained_on: indices of the train sentences that the tagger was trained on.
        sentences: for each split, the indices of the predicted sentences.
        lengths: for each split, the number of words of each of these sentences.
        words: for each split, the logits of their words, in the same order.
    """

    tagger: str
    tags: tuple[str, ...]
    fallback: int
    trained_on: frozenset[int]
    sentences: dict[str, list[int]]
    lengths: dict[str, list[int]]
    words: dict[str, WordLogits]


@dataclass(frozen=True)
class TaggerRecord:
    """``training.json``: a tagger's name, its tags, and the train sentences that it was trained on."""

    tagger: str
    tags: tuple[str, ...]
    trained_on: frozenset[int]


def write_output(folder: Path, output: TaggerOutput) -> None:
    """Write ``predictions.parquet`` and ``training.json`` of one tagger."""
    tables = [words_table(output, split) for split in output.sentences]
    with atomic_path(folder / "predictions.parquet") as path:
        pq.write_table(pa.concat_tables(tables), path)
    write_json(
        folder / "training.json",
        {"tagger": output.tagger, "tags": list(output.tags), "trained_on": sorted(output.trained_on)},
    )


def write_predicted(target: Path, output: TaggerOutput) -> None:
    """Write the predictions of one tagger in the layout of ``predicted.parquet``."""
    table = pa.concat_tables([words_table(output, split) for split in output.sentences])
    with atomic_path(target) as path:
        pq.write_table(table.replace_schema_metadata({"tags": json.dumps(output.tags)}), path)


def words_table(output: TaggerOutput, split: str) -> pa.Table:
    """One row per token, with the columns of :data:`posner.pos.predicted.PREDICTED_COLUMNS`."""
    words, lengths = output.words[split], output.lengths[split]
    ids = words.labels(output.fallback)
    return pa.table(
        {
            "split": pa.array([split] * len(ids)).dictionary_encode(),
            "sentence": pa.array(np.repeat(np.asarray(output.sentences[split], dtype=np.int32), lengths)),
            "token": pa.array(np.concatenate([np.arange(n, dtype=np.int32) for n in lengths])),
            "tag": pa.DictionaryArray.from_arrays(pa.array(ids, pa.int32()), pa.array(output.tags)),
            "logits": pa.FixedSizeListArray.from_arrays(pa.array(words.logits.ravel()), len(output.tags)),
            "seen": pa.array(words.seen),
            "tagger": pa.array([output.tagger] * len(ids)).dictionary_encode(),
        }
    )


def read_output(folder: Path) -> tuple[pa.Table, TaggerRecord]:
    """Predictions and training record of one tagger.

    Raises:
        InputError: they cannot be read.
    """
    try:
        raw = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        record = TaggerRecord(raw["tagger"], tuple(raw["tags"]), frozenset(raw["trained_on"]))
        table = pq.read_table(folder / "predictions.parquet").select(PREDICTED_COLUMNS)
        if empty := [name for name in PREDICTED_COLUMNS if table[name].null_count]:
            raise ValueError(f"column {empty[0]!r} has missing values")
        return table, record
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise InputError(
            f"{folder}: no readable tagger output ({first_line(error)}); delete the folder and run again"
        ) from error
