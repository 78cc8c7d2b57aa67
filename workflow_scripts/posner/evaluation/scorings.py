"""Entity counts under other definitions of a correct entity than the exact one.

- ``boundaries``: the span is right, whatever the type (*exact* of SemEval 2013, task 9.1);
- ``types``: a true entity of the same type overlaps, whatever its span (*type* of SemEval 2013); true and predicted
  entities are matched one to one, as many as possible;
- ``strict``: exact, and predicted label sequences that are invalid IOB2 are discarded, as in seqeval's strict mode. The
  exact scores read an ``I-`` label that continues no entity as the start of one, as conlleval does; the choice is worth
  about half a point of F1 (Lignos & Kamyab 2020, doi:10.18653/v1/2020.insights-1.15).

Where POS helps by boundaries but not by types, it shows where entities begin and end rather than what they are.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from posner.arrays import Floats, Ids
from posner.corpora.documents import ResamplingUnits
from posner.evaluation.entities import EntityFinder, Keys
from posner.evaluation.stored import entity_keys, label_ids, sentence_lengths

Scoring = Literal["exact", "boundaries", "types", "strict"]
SCORINGS: tuple[Scoring, ...] = get_args(Scoring)


def counts_by_scoring(predictions: pd.DataFrame, units: ResamplingUnits) -> Floats:
    """Correct, predicted and true entities of each unit under each of :data:`SCORINGS`, ``[scorings, units, 3]``.

    Args:
        predictions: of one split, see :func:`posner.evaluation.stored.read_predictions`.
        units: of the same split.
    """
    finder, (exact, predicted, true) = entity_keys(predictions, len(units.of_sentence))
    begun = finder.begins[label_ids(predictions, "predicted")[finder.starts(predicted)]]
    valid = predicted[begun]
    groups: dict[Scoring, tuple[Keys, Keys, Keys]] = {
        "exact": (exact, predicted, true),
        "boundaries": (same_boundaries(finder, true, predicted), predicted, true),
        "types": (same_type(finder, true, predicted), predicted, true),
        "strict": (np.intersect1d(true, valid, assume_unique=True), valid, true),
    }
    unit_of_word = np.repeat(units.of_sentence, sentence_lengths(predictions))
    return np.stack([finder.by_unit(groups[name], unit_of_word) for name in SCORINGS]).astype(np.float32)


def same_boundaries(finder: EntityFinder, true: Keys, predicted: Keys) -> Keys:
    """Keys of the true entities whose span is predicted, with any type."""
    types = len(finder.types)
    return true[np.isin(true // types, predicted // types)]


def same_type(finder: EntityFinder, true: Keys, predicted: Keys) -> Keys:
    """Keys of the true entities that are matched with a predicted one of their type that overlaps them.

    Entities of one sequence do not overlap each other, so matching from left to right gives the most pairs.
    """
    matched: list[int] = []
    for kind in range(len(finder.types)):
        own, other = (keys[keys % len(finder.types) == kind] for keys in (true, predicted))
        matched += own[first_matches(finder.spans(own)[:2], finder.spans(other)[:2])].tolist()
    return np.sort(np.array(matched, dtype=np.int64))


def first_matches(spans: tuple[Ids, Ids], others: tuple[Ids, Ids]) -> list[int]:
    """Positions of the spans that are matched with one of the others, from left to right.

    Args:
        spans: first words ``[n]`` and words after the last ``[n]``, ascending and disjoint.
        others: the same of the other sequence.
    """
    matched = []
    i = j = 0
    starts, ends, other_starts, other_ends = (part.tolist() for part in (*spans, *others))
    while i < len(starts) and j < len(other_starts):
        if ends[i] <= other_starts[j]:
            i += 1
        elif other_ends[j] <= starts[i]:
            j += 1
        else:
            matched.append(i)
            i, j = i + 1, j + 1
    return matched
