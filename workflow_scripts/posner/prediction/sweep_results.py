"""The tables of a sweep: scores and changes of one checkpoint in every mode, level and draw of corruption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posner.arrays import COUNT_COLUMNS, Ids, Mask
from posner.config.corruption import Corruption
from posner.evaluation.changes import OUTCOMES, ChangeFinder, ChangeTable
from posner.evaluation.entities import EntityFinder, Keys
from posner.model.batching import Examples
from posner.model.checkpoint import Checkpoint
from posner.pos.corruption import TaggedText, taggings
from posner.pos.donors import TagFeatures
from posner.prediction.sweep import make_sweeper


@dataclass(frozen=True)
class SweepTables:
    """The tables of one sweep.

    Attributes:
        rows: one row per mode, level and draw. Columns: `mode`, `level` (see :mod:`posner.pos.corruption`), `draw`;
            `effective_rate`, the share of tokens whose tag changed (0..1), and `tokens_changed`; `donor_fallbacks`,
            tokens that read the logits of a donor with another true tag; `entities_flipped`, entities predicted either
            with the clean tags of the same draw or with these, but not with both; the numbers of true entities that
            are `broken`, `moved`, `retyped` and `fixed` (see :mod:`posner.evaluation.changes`); `f1`, `precision`,
            `recall`, and `f1_TYPE` for each entity type (0..1); lists `unit_correct`, `unit_predicted`, `unit_true`
            ``[units]``, the entities of each resampling unit.
        changes: see :meth:`posner.evaluation.changes.ChangeTable.frame`.
    """

    rows: pd.DataFrame
    changes: pd.DataFrame


def run_sweep(
    checkpoint: Checkpoint,
    text: Examples,
    tagged: TaggedText,
    unit_of: Ids,
    features: TagFeatures,
    settings: Corruption,
) -> SweepTables:
    """Predict the text in every mode, level and draw.

    Args:
        text: the sentences with their true labels, without POS features.
        unit_of: ``[sentences]``, index of each sentence's resampling unit (document, or sentence).
        features: the model's POS input for each tag.
    """
    plan = taggings(tagged, settings)  # the clean ones first
    inputs = [features.rows(tagged.clean, tagging) for tagging in plan]
    finder = EntityFinder(checkpoint.config.labels, tagged.lengths.tolist())
    true = finder.keys(text.labels)
    unit_of_token = np.repeat(unit_of, tagged.lengths)
    changes = ChangeFinder(finder, true)
    table = ChangeTable(changes, checkpoint.config.pos_tags, tagged.clean)
    clean: dict[int, Keys] = {}  # by draw, since the donors of logits differ
    rows = []
    predictions = make_sweeper(checkpoint, text, features.table).predict([row for row, _ in inputs])
    for tagging, (_, fallbacks), labels in zip(plan, inputs, predictions, strict=True):
        predicted = finder.keys(labels)
        before = clean.setdefault(tagging.number, predicted)
        outcomes = changes.outcomes(before, predicted)
        table.add(tagging.mode, tagging.level, tagging.tags, changes.flipped(before, predicted), outcomes)
        changed = tagging.tags != tagged.clean
        rows.append(
            {
                "mode": tagging.mode,
                "level": float(tagging.level),
                "draw": tagging.number,
                "effective_rate": float(changed.mean()),
                "tokens_changed": int(changed.sum()),
                "donor_fallbacks": fallbacks,
                "entities_flipped": len(np.setxor1d(before, predicted, assume_unique=True)),
                **outcome_columns(outcomes),
                **entity_scores(finder, true, predicted),
                **unit_counts(finder, true, predicted, unit_of_token),
            }
        )
    return SweepTables(pd.DataFrame(rows), table.frame())


def outcome_columns(outcomes: Mapping[str, Mask]) -> dict[str, int]:
    """Numbers of true entities that are broken, moved, retyped and fixed."""
    return {name: int(outcomes[name].sum()) for name in OUTCOMES}


def entity_scores(finder: EntityFinder, true: Keys, predicted: Keys) -> dict[str, float]:
    """F1, precision, recall and F1 by entity type, in 0..1."""
    counts = finder.counts(true, predicted)
    precision, recall, f1 = counts.scores()
    by_type = {f"f1_{name}": value for name, value in zip(finder.types, counts.f1_by_type(), strict=True)}
    return {"f1": f1, "precision": precision, "recall": recall, **by_type}


def unit_counts(finder: EntityFinder, true: Keys, predicted: Keys, unit_of_token: Ids) -> dict[str, Ids]:
    """Numbers ``[units]`` of correct, predicted and true entities of each resampling unit."""
    correct = np.intersect1d(true, predicted, assume_unique=True)
    counts = finder.by_unit((correct, predicted, true), unit_of_token)
    return dict(zip(COUNT_COLUMNS, counts.T.astype(np.int32), strict=True))
