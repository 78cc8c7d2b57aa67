"""Predicted POS: for every token of the corpus, the tag and logits of a tagger that was not trained on its sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posner.arrays import Floats, Ids
from posner.errors import InputError

PREDICTED_COLUMNS = ["split", "sentence", "token", "tag", "logits", "seen", "tagger"]


@dataclass(frozen=True)
class PredictedPos:
    """Predicted POS by split: tag ids ``[tokens]`` and logits ``[tokens, tags]``, sentence after sentence."""

    tags: tuple[str, ...]
    ids: dict[str, Ids]
    logits: dict[str, Floats]


def read_predicted(path: Path, tags: Sequence[str]) -> PredictedPos:
    """``predicted.parquet`` as arrays; ids refer to `tags`, the tag set of the corpus.

    Raises:
        InputError: the file cannot be read, or was predicted with another tag set.
    """
    try:
        table = pq.read_table(path).select(PREDICTED_COLUMNS)
        stored = tuple(json.loads(table.schema.metadata[b"tags"]))
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path}: not predicted POS ({error}); delete it and run again") from error
    if stored != tuple(tags):
        raise InputError(f"{path}: predicted with another tag set than that of the corpus; delete it and run again")
    splits = np.array(table["split"].to_pylist())
    logits = table["logits"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, len(tags))
    id_of = {tag: i for i, tag in enumerate(tags)}
    ids = np.array([id_of[tag] for tag in table["tag"].to_pylist()])
    names = list(dict.fromkeys(splits.tolist()))
    return PredictedPos(
        stored, {name: ids[splits == name] for name in names}, {name: logits[splits == name] for name in names}
    )
