"""The sweep as tables: what one checkpoint makes of the test text in every mode, level and draw of corruption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posner.arrays import Ids
from posner.config.corruption import Corruption
from posner.evaluation.changes import OUTCOMES, ChangeFinder, ChangeTable, Mask
from posner.evaluation.entities import EntityFinder, Keys
from posner.model.device import Device
from posner.model.modeling import PosNerModel
from posner.pos.corruption import TaggedText, taggings
from posner.pos.donors import PosSource
from posner.prediction.sweep import Text, sweeper


@dataclass(frozen=True)
class Sweep:
    """What a sweep stores.

    Attributes:
        rows: a row for each mode, level and draw: `mode`, `level` (see :mod:`posner.pos.corruption`), `draw`;
            `effective_rate`, the share of tokens whose tag changed, and `tokens_changed`; `donor_fallbacks`, tokens
            that read the logits of a donor without their own tag; `entities_flipped`, predicted entities that the clean
            text of the same draw has and this one has not, or the reverse; of the true entities, how many are `broken`,
            `moved`, `retyped` and `fixed` (see :mod:`posner.evaluation.changes`); `f1`, `precision`, `recall`, and
            `f1_TYPE` for each entity type, in 0..1; lists `text_right`, `text_predicted`, `text_true` ``[texts]``, the
            numbers of entities in each text, which intervals resample.
        changes: see :meth:`posner.evaluation.changes.ChangeTable.frame`.
    """

    rows: pd.DataFrame
    changes: pd.DataFrame


def sweep(
    model: PosNerModel,
    text: Text,
    tagged: TaggedText,
    text_of: Ids,
    source: PosSource,
    settings: Corruption,
    device: Device,
) -> Sweep:
    """Read the text in every mode, at every level and draw.

    Args:
        text_of: ``[sentences]``, number of the text (document, or sentence) that each is of.
        source: how tag ids become the model's POS input.
    """
    plan = taggings(tagged, settings)  # the clean ones first
    read = [source.rows(tagged.clean, tagging) for tagging in plan]
    finder = EntityFinder(model.config.labels, text.lengths)
    true = finder.keys(text.labels)
    text_of_token = np.repeat(text_of, text.lengths)
    changes = ChangeFinder(finder, true)
    table = ChangeTable(changes, model.config.pos_tags, tagged.clean)
    clean: dict[int, Keys] = {}  # by draw: donors of logits differ
    rows = []
    predicted = sweeper(model, text, source.table, device).predict([row for row, _ in read])
    for tagging, (_, fallbacks), labels in zip(plan, read, predicted, strict=True):
        found = finder.keys(labels)
        before = clean.setdefault(tagging.number, found)
        outcomes = changes.outcomes(before, found)
        table.add(tagging.mode, tagging.level, tagging.tags, changes.flipped(before, found), outcomes)
        changed = tagging.tags != tagged.clean
        rows.append(
            {
                "mode": tagging.mode,
                "level": float(tagging.level),
                "draw": tagging.number,
                "effective_rate": float(changed.mean()),
                "tokens_changed": int(changed.sum()),
                "donor_fallbacks": fallbacks,
                "entities_flipped": len(np.setxor1d(before, found, assume_unique=True)),
                **outcome_columns(outcomes),
                **score_columns(finder, true, found),
                **text_columns(finder, true, found, text_of_token),
            }
        )
    return Sweep(pd.DataFrame(rows), table.frame())


def outcome_columns(outcomes: Mapping[str, Mask]) -> dict[str, int]:
    """How many true entities were broken, moved, retyped and fixed."""
    return {name: int(outcomes[name].sum()) for name in OUTCOMES}


def score_columns(finder: EntityFinder, true: Keys, found: Keys) -> dict[str, float]:
    """F1, precision, recall and F1 by type, as columns."""
    counts = finder.counts(true, found)
    precision, recall, f1 = counts.scores()
    by_type = {f"f1_{name}": value for name, value in zip(finder.types, counts.f1_by_type(), strict=True)}
    return {"f1": f1, "precision": precision, "recall": recall, **by_type}


def text_columns(finder: EntityFinder, true: Keys, found: Keys, text_of_token: Ids) -> dict[str, Ids]:
    """Right, predicted and true entities of each text."""
    right = np.intersect1d(true, found, assume_unique=True)
    counts = finder.by_text((right, found, true), text_of_token)
    return dict(zip(("text_right", "text_predicted", "text_true"), counts.T.astype(np.int32), strict=True))
