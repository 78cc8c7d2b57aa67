"""Entities found, text by text, from stored predictions: what intervals and tests resample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from posner.arrays import Ids
from posner.config.variants import Variant, seeds
from posner.errors import InputError
from posner.evaluation.entities import EntityFinder, Keys
from posner.stats.resampling import Array

COLUMNS = ("split", "sentence", "gold", "predicted")


def read_predictions(path: Path, split: str) -> pd.DataFrame:
    """Rows of one split of a ``predictions.parquet``, a row a token; labels are categories.

    Raises:
        InputError: the file is missing, damaged or of another layout.
    """
    try:
        table = pd.read_parquet(path, columns=list(COLUMNS), filters=[("split", "==", split)])
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{path}: no readable predictions ({error}); delete it and run again") from error
    if table.empty:
        raise InputError(f"{path}: there are no predictions of {split}; delete it and run again")
    return table


def count_runs(
    folder: Path, variants: Mapping[str, Variant], split: str, count: Callable[[pd.DataFrame], Array]
) -> dict[str, dict[int, Array]]:
    """What `count` makes of the predictions of each variant and seed; `folder` is that of the runs."""
    made: dict[str, dict[int, Array]] = {name: {} for name in variants}
    for name, seed in seeds(variants):
        made[name][seed] = count(read_predictions(predictions_file(folder, name, seed), split))
    return made


def entity_counts(predictions: pd.DataFrame, text_of: Ids) -> Array:
    """Right, predicted and true entities of each text, ``[texts, 3]``.

    Args:
        predictions: rows of one split, see :func:`read_predictions`.
        text_of: ``[sentences]``, the number of the text that each sentence is of.
    """
    finder, kinds = entities(predictions, len(text_of))
    return finder.by_text(kinds, np.repeat(text_of, sentence_lengths(predictions))).astype(np.float32)


def entities(predictions: pd.DataFrame, sentences: int) -> tuple[EntityFinder, tuple[Keys, Keys, Keys]]:
    """Keys of the entities that are right, predicted and true, and what reads the keys.

    Raises:
        InputError: the predictions are not those of a split of so many sentences.
    """
    lengths = sentence_lengths(predictions)
    labels = predictions["gold"].cat.categories
    if len(lengths) != sentences or list(predictions["predicted"].cat.categories) != list(labels):
        raise InputError("predictions are not those of this corpus: sentences or labels differ; delete them")
    finder = EntityFinder(list(labels), lengths)
    true, found = (finder.keys(label_ids(predictions, part)) for part in ("gold", "predicted"))
    return finder, (np.intersect1d(true, found, assume_unique=True), found, true)


def label_ids(predictions: pd.DataFrame, part: str) -> Ids:
    """Ids ``[words]`` of the labels in the column `part`, by their places among its categories."""
    return np.asarray(predictions[part].cat.codes, dtype=np.int64)


def sentence_lengths(predictions: pd.DataFrame) -> list[int]:
    """Number of words of each sentence."""
    return predictions["sentence"].value_counts(sort=False).sort_index().tolist()


def run_file(folder: Path, variant: str, seed: int) -> Path:
    """Scores of one NER training."""
    return folder / variant / f"seed-{seed}" / "metrics.json"


def predictions_file(folder: Path, variant: str, seed: int) -> Path:
    """Predictions of one NER training."""
    return folder / variant / f"seed-{seed}" / "predictions.parquet"


def sweep_file(folder: Path, variant: str, seed: int) -> Path:
    """Rows of one sweep."""
    return folder / variant / f"seed-{seed}.parquet"


def history_file(folder: Path, variant: str, seed: int) -> Path:
    """How one training went, see :class:`posner.training.state.Step`."""
    return folder / variant / f"seed-{seed}" / "model" / "history.csv"


def changes_file(folder: Path, variant: str, seed: int) -> Path:
    """Where tags were changed in one sweep."""
    return folder / variant / f"seed-{seed}.changes.parquet"
