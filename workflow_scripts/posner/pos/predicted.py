"""Predicted POS: what the taggers said of every token, put together under a rule that makes leakage impossible.

A tagger's predictions are refused for any train sentence that it was trained on, and each token is predicted exactly
once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posner.arrays import Floats, WordLogits
from posner.errors import InputError
from posner.files import atomic_path, write_json

FINAL = "final"
OUTPUT_FILES = ("predictions.parquet", "training.json")  # of one tagger
COLUMNS = ["split", "sentence", "token", "tag", "logits", "seen", "tagger"]


def tagger_names(folds: int) -> list[str]:
    """Every tagger of a study: ``fold-0``, ``fold-1``, ..., ``final``."""
    return [*(f"fold-{fold}" for fold in range(folds)), FINAL]


class LeakageError(InputError):
    """Predicted POS that would not be out of fold, or not complete."""


@dataclass(frozen=True)
class TaggerOutput:
    """What one tagger predicted.

    Attributes:
        tagger: ``fold-0``, ... or ``final``.
        tags: POS tags by column of the logits.
        trained_on: indices of the train sentences that the tagger learned from.
        sentences: for each split, which of its sentences were predicted.
        words: for each split, the output for those sentences, in the same order.
        fallback: id of the tag for words that the encoder did not see, the most frequent of those learned.
    """

    tagger: str
    tags: tuple[str, ...]
    fallback: int
    trained_on: frozenset[int]
    sentences: dict[str, list[int]]
    words: dict[str, list[WordLogits]]


def write_output(folder: Path, output: TaggerOutput) -> None:
    """Write a tagger's predictions as ``predictions.parquet`` and ``training.json``."""
    tables = [words_table(output, split) for split in output.sentences]
    with atomic_path(folder / "predictions.parquet") as path:
        pq.write_table(pa.concat_tables(tables), path)
    write_json(
        folder / "training.json",
        {"tagger": output.tagger, "tags": list(output.tags), "trained_on": sorted(output.trained_on)},
    )


def write_predicted(target: Path, output: TaggerOutput) -> None:
    """Write the predictions of one tagger in the layout of ``pos/predicted.parquet``."""
    table = pa.concat_tables([words_table(output, split) for split in output.sentences])
    with atomic_path(target) as path:
        pq.write_table(table.replace_schema_metadata({"tags": json.dumps(output.tags)}), path)


def words_table(output: TaggerOutput, split: str) -> pa.Table:
    """Rows of predicted POS: split, sentence, token, tag, logits, seen, tagger; a row a token."""
    words = output.words[split]
    lengths = [len(w.seen) for w in words]
    logits = np.concatenate([w.logits for w in words])
    ids = np.concatenate([w.labels(output.fallback) for w in words])
    return pa.table(
        {
            "split": pa.array([split] * len(ids)).dictionary_encode(),
            "sentence": pa.array(np.repeat(np.asarray(output.sentences[split], dtype=np.int32), lengths)),
            "token": pa.array(np.concatenate([np.arange(n, dtype=np.int32) for n in lengths])),
            "tag": pa.DictionaryArray.from_arrays(pa.array(ids, pa.int32()), pa.array(output.tags)),
            "logits": pa.FixedSizeListArray.from_arrays(pa.array(logits.ravel()), len(output.tags)),
            "seen": pa.array(np.concatenate([w.seen for w in words])),
            "tagger": pa.array([output.tagger] * len(ids)).dictionary_encode(),
        }
    )


def merge(folders: Sequence[Path], lengths: dict[str, list[int]]) -> pa.Table:
    """Predicted POS of the whole corpus from the folders of all taggers.

    Args:
        folders: one for each tagger, as :func:`write_output` left it.
        lengths: for each split, the number of words of each sentence.

    Raises:
        LeakageError: a tagger predicted a sentence that it was trained on, a token is predicted twice or not at all, or
            the taggers disagree on the tags.
    """
    tables, records = zip(*map(read_output, folders), strict=True)
    for table, record in zip(tables, records, strict=True):
        refuse_leak(table, record)
    if len({record.tags for record in records}) != 1:
        raise LeakageError("the taggers have different tag sets; run all of them again")
    merged = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().combine_chunks()
    order = {split: i for i, split in enumerate(lengths)}
    splits = merged["split"].to_pylist()
    if unknown := set(splits) - set(order):
        raise LeakageError(f"predicted split {unknown.pop()!r} is not in the corpus")
    place = pa.array([order[split] for split in splits], pa.int8())
    merged = merged.append_column("place", place)
    merged = merged.sort_by([("place", "ascending"), ("sentence", "ascending"), ("token", "ascending")])
    refuse_gaps(merged, lengths)
    return merged.drop_columns("place").replace_schema_metadata({"tags": json.dumps(records[0].tags)})


@dataclass(frozen=True)
class TaggerRecord:
    """``training.json``: a tagger's name, its tags, and the train sentences that it learned from."""

    tagger: str
    tags: tuple[str, ...]
    trained_on: frozenset[int]


def read_output(folder: Path) -> tuple[pa.Table, TaggerRecord]:
    """Predictions and training record of one tagger."""
    try:
        raw = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        record = TaggerRecord(raw["tagger"], tuple(raw["tags"]), frozenset(raw["trained_on"]))
        return pq.read_table(folder / "predictions.parquet").select(COLUMNS), record
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise InputError(f"{folder}: no readable tagger output ({error}); delete the folder and run again") from error


def refuse_leak(table: pa.Table, record: TaggerRecord) -> None:
    """Raise if a tagger predicted a train sentence that it learned from, or splits that another one has to predict."""
    is_train = np.array(table["split"].to_pylist()) == "train"
    predicted = set(table["sentence"].to_numpy()[is_train].tolist())
    if leaked := sorted(predicted & record.trained_on):
        raise LeakageError(
            f"tagger {record.tagger} predicted {len(leaked)} sentences that it was trained on, the first is {leaked[0]}"
        )
    if (is_train if record.tagger == FINAL else ~is_train).any():
        raise LeakageError(f"tagger {record.tagger} predicted what is for other taggers to predict")


def refuse_gaps(merged: pa.Table, lengths: dict[str, list[int]]) -> None:
    """Raise unless the sorted rows are exactly one for each token of each split."""
    rows = list(zip(*(merged[name].to_pylist() for name in ("split", "sentence", "token")), strict=True))
    wanted = [(split, s, t) for split, sizes in lengths.items() for s, n in enumerate(sizes) for t in range(n)]
    if rows == wanted:
        return
    seen = set(rows)
    if len(seen) < len(rows):
        previous = next(a for a, b in pairwise(rows) if a == b)
        raise LeakageError("{} sentence {} token {} is predicted more than once".format(*previous))
    if missing := [row for row in wanted if row not in seen]:
        raise LeakageError("{} sentence {} token {} is predicted by no tagger".format(*missing[0]))
    known = set(wanted)
    surplus = next(row for row in rows if row not in known)
    raise LeakageError("{} sentence {} token {} is predicted and not in the corpus".format(*surplus))


@dataclass(frozen=True)
class PredictedPos:
    """Predicted POS in memory: tag ids ``[tokens]`` and logits ``[tokens, tags]`` by split, sentences end to end."""

    tags: tuple[str, ...]
    ids: dict[str, np.ndarray]
    logits: dict[str, Floats]


def read_predicted(path: Path, wanted: Sequence[str]) -> PredictedPos:
    """``pos/predicted.parquet`` as arrays.

    Raises:
        InputError: it cannot be read, or its tags are not those `wanted`, the corpus's: ids would mean other tags.
    """
    try:
        table = pq.read_table(path).select(COLUMNS)
        tags = tuple(json.loads(table.schema.metadata[b"tags"]))
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path}: not predicted POS ({error}); delete it and run again") from error
    if tags != tuple(wanted):
        raise InputError(f"{path}: POS predicted with tags that are not the corpus's; delete it and run again")
    splits = np.array(table["split"].to_pylist())
    logits = table["logits"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, len(tags))
    number = {tag: i for i, tag in enumerate(tags)}
    ids = np.array([number[tag] for tag in table["tag"].to_pylist()])
    names = list(dict.fromkeys(splits.tolist()))
    return PredictedPos(
        tags, {name: ids[splits == name] for name in names}, {name: logits[splits == name] for name in names}
    )
