"""Stored predictions: their files, and entity counts from them by resampling unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from posner.arrays import Floats, Ids
from posner.config.variants import SeededVariant, seeded_runs
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError, first_line
from posner.evaluation.entities import EntityFinder, Keys

PREDICTION_COLUMNS = ("split", "sentence", "gold", "predicted")


def read_predictions(path: Path, split: str) -> pd.DataFrame:
    """One split of a ``predictions.parquet``: a row for each token; labels are categories.

    Raises:
        InputError: the file is missing, damaged, or has another layout.
    """
    try:
        table = pd.read_parquet(path, columns=list(PREDICTION_COLUMNS), filters=[("split", "==", split)])
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{path}: no readable predictions ({first_line(error)}); delete it and run again") from error
    labels = [table["gold"].dtype, table["predicted"].dtype]
    if not all(isinstance(kind, pd.CategoricalDtype) for kind in labels) or table.isna().any(axis=None):
        raise InputError(f"{path}: no readable predictions (a label is missing, or is none); delete it and run again")
    if table.empty:
        raise InputError(f"{path}: there are no predictions of {split}; delete it and run again")
    return table


def count_runs(
    folder: Path, variants: Mapping[str, SeededVariant], split: str, count: Callable[[pd.DataFrame], Floats]
) -> dict[str, dict[int, Floats]]:
    """Apply `count` to the predictions of every run under `folder`; returns the counts by variant and seed."""
    counts: dict[str, dict[int, Floats]] = {name: {} for name in variants}
    for name, seed in seeded_runs(variants):
        counts[name][seed] = count(read_predictions(predictions_file(folder, name, seed), split))
    return counts


def counts_by_unit(predictions: pd.DataFrame, units: ResamplingUnits) -> Floats:
    """Correct, predicted and true entities of each unit, ``[units, 3]``.

    Args:
        predictions: of one split, see :func:`read_predictions`.
        units: of the same split.
    """
    finder, keys = entity_keys(predictions, len(units.of_sentence))
    return finder.by_unit(keys, np.repeat(units.of_sentence, sentence_lengths(predictions))).astype(np.float32)


def entity_keys(predictions: pd.DataFrame, sentences: int) -> tuple[EntityFinder, tuple[Keys, Keys, Keys]]:
    """Keys of the correct, the predicted and the true entities, and the finder that decodes them.

    Raises:
        InputError: the predictions are not those of a split with this number of sentences.
    """
    lengths = sentence_lengths(predictions)
    labels = predictions["gold"].cat.categories
    if len(lengths) != sentences or list(predictions["predicted"].cat.categories) != list(labels):
        raise InputError("predictions are not those of this corpus: sentences or labels differ; delete them")
    finder = EntityFinder(list(labels), lengths)
    true, predicted = (finder.keys(label_ids(predictions, part)) for part in ("gold", "predicted"))
    return finder, (np.intersect1d(true, predicted, assume_unique=True), predicted, true)


def label_ids(predictions: pd.DataFrame, part: str) -> Ids:
    """Label ids ``[words]`` of the column `part`: positions among its categories."""
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
    """Scores of one sweep."""
    return folder / variant / f"seed-{seed}.parquet"


def history_file(folder: Path, variant: str, seed: int) -> Path:
    """Loss and validation scores during one training, see :class:`posner.training.state.Step`."""
    return folder / variant / f"seed-{seed}" / "model" / "history.csv"


def changes_file(folder: Path, variant: str, seed: int) -> Path:
    """Changes of predictions in one sweep."""
    return folder / variant / f"seed-{seed}.changes.parquet"
