"""Corruption of POS with the tagger's own errors.

A draw gives every token one threshold and one replacement. At rate r the tokens with a threshold below r have their
replacement: as r grows the corrupted set only grows, so that a curve over rates is not blurred by new accidents at
each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import Floats, Ids


@dataclass(frozen=True)
class Draw:
    """One corruption of a text, for all rates.

    Attributes:
        threshold: ``[tokens]``, uniform in 0..1; infinite for a token whose tag the tagger never mistakes.
        replacement: ``[tokens]``, the tag that it gets.
        donor: ``[tokens]``, uniform in 0..1, which of the possible donors gives a token its logits.
    """

    threshold: npt.NDArray[np.float64]
    replacement: Ids
    donor: npt.NDArray[np.float64]

    def tags(self, clean: Ids, rate: float) -> Ids:
        """Tag ids ``[tokens]`` of the text `clean` at `rate`."""
        return np.where(self.threshold < rate, self.replacement, clean)


def draw_corruption(clean: Ids, confusion: npt.NDArray[np.int64], seed: int, draw: int) -> Draw:
    """Draw thresholds and replacements.

    Args:
        clean: ``[tokens]``, tag ids; -1 is a tag without a row, which keeps what it is.
        confusion: ``[tags, tags]``, counts of true (row) and predicted (column) tags; the diagonal is not used.
        seed, draw: the same pair gives the same draw, whatever model is tested.
    """
    generator = np.random.default_rng([seed, draw])
    threshold, where, donor = generator.random((3, len(clean)))
    errors = confusion * (1 - np.eye(len(confusion), dtype=np.int64))
    totals = errors.sum(axis=1)
    can_change = (clean >= 0) & (totals[clean] > 0)
    # Inverse distribution function, in whole counts: the first tag whose cumulated count exceeds the drawn one.
    cumulated = errors.cumsum(axis=1)
    drawn = np.floor(where * totals[clean]).astype(np.int64)
    replacement = (cumulated[clean] <= drawn[:, None]).sum(axis=1)
    return Draw(np.where(can_change, threshold, np.inf), np.where(can_change, replacement, clean), donor)


class Donors:
    """Logit vectors for given tags: real ones, of out-of-fold tokens.

    A token with true tag g that is to look like tag t gets the logits of a random out-of-fold token whose true tag is g
    and whose predicted tag is t. Where there is none, any token that was predicted as t gives; where t was never
    predicted, any token at all. :attr:`fallbacks` counts the tokens so served.

    Args:
        gold, predicted: ``[train tokens]``, true and out-of-fold tag ids.
        n_tags: number of tags.
    """

    def __init__(self, gold: Ids, predicted: Ids, n_tags: int) -> None:
        self.n_tags = n_tags
        self.fallbacks = 0
        # Pools are slices of one array: tokens in the order of their (gold, predicted) pair.
        self.by_pair, self.pair_start, self.pair_size = pools(gold * n_tags + predicted, n_tags**2, gold >= 0)
        self.by_tag, self.tag_start, self.tag_size = pools(predicted, n_tags, np.ones(len(predicted), dtype=bool))

    def choose(self, gold: Ids, tags: Ids, where: npt.NDArray[np.float64]) -> Ids:
        """Index of a donor among the train tokens for each token ``[tokens]``; `where` in 0..1 picks from its pool."""
        known = gold >= 0
        pair = np.where(known, gold * self.n_tags + tags, 0)
        size = np.where(known, self.pair_size[pair], 0)
        chosen = pick(self.by_pair, self.pair_start[pair], size, where)
        tag_size = np.where(tags >= 0, self.tag_size[tags], 0)
        similar = pick(self.by_tag, self.tag_start[tags], tag_size, where)
        anyone = np.floor(where * len(self.by_tag)).astype(np.int64)
        self.fallbacks += int((size == 0).sum())
        return np.where(size > 0, chosen, np.where(tag_size > 0, similar, self.by_tag[anyone]))


def pools(key: Ids, n_keys: int, valid: npt.NDArray[np.bool_]) -> tuple[Ids, Ids, Ids]:
    """Indices sorted by key, and where each key's run starts and how long it is."""
    indices = np.flatnonzero(valid)
    order = indices[np.argsort(key[indices], kind="stable")]
    size = np.bincount(key[indices], minlength=n_keys)
    return order, np.cumsum(size) - size, size


def pick(order: Ids, start: Ids, size: Ids, where: npt.NDArray[np.float64]) -> Ids:
    """The element of each pool that `where` points at; arbitrary where the pool is empty."""
    return order[np.minimum(start + np.floor(where * size).astype(np.int64), len(order) - 1)]


@dataclass(frozen=True)
class PosSource:
    """How a model's POS input is made from tag ids: which row of `table` each token reads.

    `table` is ``[rows, tags]``. Without donors a row is a tag (the last: none); with donors it is a train token's
    logits.
    """

    table: Floats
    donors: Donors | None

    def rows(self, clean: Ids, tags: Ids, draw: Draw) -> Ids:
        """Row of `table` for each token ``[tokens]`` that has the tags `tags` in place of `clean`."""
        return tags if self.donors is None else self.donors.choose(clean, tags, draw.donor)
