"""Folds: which sentences of train each tagger leaves out, so that it can predict them without having seen them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posner.errors import InputError


def assign_folds(documents: Sequence[str | None], folds: int, seed: int) -> list[int]:
    """Fold of each sentence, from 0; sentences of one document share one.

    Documents, in an order drawn from `seed`, go one by one to the fold with the fewest sentences, so that folds are
    even. Where documents are not known, each sentence is one.

    Raises:
        InputError: there are fewer documents than folds.
    """
    units: dict[object, list[int]] = {}
    for sentence, document in enumerate(documents):
        units.setdefault(("sentence", sentence) if document is None else document, []).append(sentence)
    if len(units) < folds:
        raise InputError(f"pos.folds: {folds} folds are more than the {len(units)} documents of the train split")
    members = list(units.values())
    order = np.random.default_rng(seed).permutation(len(members))
    sizes = [0] * folds
    assignment = [-1] * len(documents)
    for place, unit in enumerate(order):
        # The first documents fill the folds in turn: no fold can stay empty, however uneven the documents are.
        fold = place if place < folds else sizes.index(min(sizes))
        sizes[fold] += len(members[unit])
        for sentence in members[unit]:
            assignment[sentence] = fold
    return assignment
