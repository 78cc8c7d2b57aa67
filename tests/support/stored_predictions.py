"""Stored predictions of tests: tables of labels and of POS tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def predictions_table(
    sentences: Sequence[tuple[Sequence[str], Sequence[str]]], labels: Sequence[str], split: str = "test"
) -> pd.DataFrame:
    """True and predicted labels of sentences in the layout of ``predictions.parquet``."""
    rows = [(i, g, p) for i, (gold, predicted) in enumerate(sentences) for g, p in zip(gold, predicted, strict=True)]
    categories = dict.fromkeys(("gold", "predicted"), pd.CategoricalDtype(list(labels)))
    return pd.DataFrame(rows, columns=["sentence", "gold", "predicted"]).assign(split=split).astype(categories)


def write_predicted(path: Path, tags: Sequence[str], ids: Mapping[str, Sequence[int]]) -> None:
    """A ``predicted.parquet`` with these tag ids by split; the logits are one-hot."""
    rows = [(split, tags[i], np.eye(len(tags), dtype=np.float32)[i].tolist()) for split in ids for i in ids[split]]
    split, tag, logits = (list(column) for column in zip(*rows, strict=True))
    columns = {"split": split, "sentence": 0, "token": 0, "tag": tag, "logits": logits, "seen": True, "tagger": "none"}
    table = pa.Table.from_pandas(pd.DataFrame(columns))
    pq.write_table(table.replace_schema_metadata({"tags": json.dumps(list(tags))}), path)
