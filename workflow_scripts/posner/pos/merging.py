"""Merge the predictions of all taggers under rules that exclude leakage.

A tagger's prediction for a sentence that it was trained on is refused, and every token is predicted exactly once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from posner.errors import InputError
from posner.pos.tagger_output import FINAL, TaggerRecord, read_output


class LeakageError(InputError):
    """Predicted POS that is not out of fold, or not complete."""


def merge(folders: Sequence[Path], lengths: dict[str, list[int]]) -> pa.Table:
    """Predicted POS of the whole corpus.

    Args:
        folders: the folder of each tagger, see :func:`posner.pos.tagger_output.write_output`.
        lengths: for each split, the number of words of each sentence.

    Raises:
        LeakageError: a tagger predicted a sentence that it was trained on, a token is predicted twice or not at all, or
            the taggers have different tag sets.
    """
    tables, records = zip(*map(read_output, folders), strict=True)
    for table, record in zip(tables, records, strict=True):
        refuse_leak(table, record)
    if len({record.tags for record in records}) != 1:
        raise LeakageError("the taggers have different tag sets; delete their folders and run again")
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


def refuse_leak(table: pa.Table, record: TaggerRecord) -> None:
    """Check which sentences a tagger predicted.

    Raises:
        LeakageError: it was trained on one of them, or they are another tagger's.
    """
    is_train = np.array(table["split"].to_pylist()) == "train"
    predicted = set(table["sentence"].to_numpy()[is_train].tolist())
    if leaked := sorted(predicted & record.trained_on):
        raise LeakageError(
            f"tagger {record.tagger} predicted {len(leaked)} sentences that it was trained on, the first is {leaked[0]}"
        )
    if (is_train if record.tagger == FINAL else ~is_train).any():
        raise LeakageError(f"tagger {record.tagger} predicted sentences that another tagger has to predict")


def refuse_gaps(merged: pa.Table, lengths: dict[str, list[int]]) -> None:
    """Check that the sorted rows are exactly one for each token of each split.

    Raises:
        LeakageError: a token has no row or several, or a row is of no token.
    """
    rows = list(zip(*(merged[name].to_pylist() for name in ("split", "sentence", "token")), strict=True))
    expected = [(split, s, t) for split, sizes in lengths.items() for s, n in enumerate(sizes) for t in range(n)]
    if rows == expected:
        return
    distinct = set(rows)
    if len(distinct) < len(rows):
        repeated = next(a for a, b in pairwise(rows) if a == b)
        raise LeakageError("{} sentence {} token {} is predicted more than once".format(*repeated))
    if missing := [row for row in expected if row not in distinct]:
        raise LeakageError("{} sentence {} token {} is predicted by no tagger".format(*missing[0]))
    known = set(expected)
    surplus = next(row for row in rows if row not in known)
    raise LeakageError("{} sentence {} token {} is predicted but not in the corpus".format(*surplus))
