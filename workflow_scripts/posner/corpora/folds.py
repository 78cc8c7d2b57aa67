"""Assign train sentences to folds for cross-fitting: each fold is predicted by a tagger that was not trained on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from posner.errors import InputError

# Of the train sentences that each tagger would be trained on if all folds had the same size.
LEAST_TO_TRAIN_ON = 0.5
SPLIT_UP = "make each sentence a document of its own: remove the -DOCSTART- lines of train, or leave out document_field"


def assign_folds(documents: Sequence[str | None], folds: int, seed: int) -> list[int]:
    """Fold of each sentence, from 0; all sentences of a document are in the same fold.

    Documents are shuffled with `seed`, and each is assigned to the fold with the fewest sentences, so that folds have
    similar sizes. A sentence of an unknown document counts as a document of its own.

    Raises:
        InputError: there are fewer documents than folds.
    """
    units: dict[object, list[int]] = {}
    for sentence, document in enumerate(documents):
        units.setdefault(("sentence", sentence) if document is None else document, []).append(sentence)
    if len(units) < folds:
        raise InputError(
            f"pos.folds: {folds} folds are more than the {len(units)} documents of train; use fewer folds, or "
            f"{SPLIT_UP}"
        )
    members = list(units.values())
    order = np.random.default_rng(seed).permutation(len(members))
    sizes = [0] * folds
    assignment = [-1] * len(documents)
    for place, unit in enumerate(order):
        # The first documents are dealt out one per fold, so that no fold stays empty.
        fold = place if place < folds else sizes.index(min(sizes))
        sizes[fold] += len(members[unit])
        for sentence in members[unit]:
            assignment[sentence] = fold
    return assignment


def refuse_unequal(assignment: Sequence[int], folds: int) -> None:
    """Check that no fold leaves too few sentences to the tagger that is trained on the others.

    Raises:
        InputError: the largest leaves less than :data:`LEAST_TO_TRAIN_ON` of what it would if folds were equal.
    """
    largest = max(Counter(assignment).values())
    left = len(assignment) - largest
    if left < LEAST_TO_TRAIN_ON * len(assignment) * (1 - 1 / folds):
        raise InputError(
            f"pos.folds: a fold has {largest} of the {len(assignment)} sentences of train, since most are in one "
            f"document, so its tagger would be trained on {left}; divide that document, or {SPLIT_UP}"
        )
