"""POS features of replaced tags: one-hot rows, or the logits of another token with that predicted tag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posner.arrays import Doubles, Floats, Ids, Mask
from posner.pos.corruption import Tagging
from posner.pos.features import NO_TAG


class Donors:
    """Real logit vectors for replaced tags, from out-of-fold tokens of train.

    A token with true tag g and replacement t reads the logits of a random token with true tag g and out-of-fold
    prediction t. If there is none, the donor is any token that was predicted as t; if t was never predicted, any token.
    These fallbacks are counted. A token without a tag has no donor.

    Args:
        gold, predicted: ``[train tokens]``, true and out-of-fold tag ids.
        n_tags: number of tags.
    """

    def __init__(self, gold: Ids, predicted: Ids, n_tags: int) -> None:
        self.n_tags = n_tags
        # The pool of a (gold, predicted) pair is a slice of one array, which is sorted by pair.
        self.by_pair, self.pair_start, self.pair_size = pools(gold * n_tags + predicted, n_tags**2, gold >= 0)
        self.by_tag, self.tag_start, self.tag_size = pools(predicted, n_tags, np.ones(len(predicted), dtype=bool))

    def choose(self, gold: Ids, tags: Ids, position: Doubles) -> tuple[Ids, int]:
        """Index of each token's donor among the train tokens ``[tokens]``, -1 for no tag, and the number of fallbacks.

        Args:
            gold, tags: ``[tokens]``, true tags and replacements.
            position: ``[tokens]`` in 0..1, selects the donor within a pool.
        """
        has_tag = tags >= 0
        pair = np.where(has_tag & (gold >= 0), gold * self.n_tags + tags, 0)
        size = np.where(has_tag & (gold >= 0), self.pair_size[pair], 0)
        exact = pick(self.by_pair, self.pair_start[pair], size, position)
        same_tag = pick(self.by_tag, self.tag_start[tags], self.tag_size[tags], position)
        any_token = np.floor(position * len(self.by_tag)).astype(np.int64)
        fallback = np.where(self.tag_size[tags] > 0, same_tag, self.by_tag[any_token])
        return np.where(has_tag, np.where(size > 0, exact, fallback), NO_TAG), int((has_tag & (size == 0)).sum())


def pools(group: Ids, n_groups: int, valid: Mask) -> tuple[Ids, Ids, Ids]:
    """Indices of the valid elements sorted by group, and the start and size of each group in them."""
    indices = np.flatnonzero(valid)
    order = indices[np.argsort(group[indices], kind="stable")]
    size = np.bincount(group[indices], minlength=n_groups)
    return order, np.cumsum(size) - size, size


def pick(order: Ids, start: Ids, size: Ids, position: Doubles) -> Ids:
    """The element of each pool at `position` (0..1); arbitrary if the pool is empty."""
    return order[np.minimum(start + np.floor(position * size).astype(np.int64), len(order) - 1)]


@dataclass(frozen=True)
class OneHot:
    """One-hot features: `table` ``[tags + 1, tags]`` has a row per tag, and a last row of zeros."""

    table: Floats

    def rows(self, clean: Ids, tagging: Tagging) -> tuple[Ids, int]:
        """Row of `table` of each token ``[tokens]``, -1 (the last row, zeros) for no tag, and 0 fallbacks."""
        return tagging.tags, 0


@dataclass(frozen=True)
class DonatedLogits:
    """Logit features: the tagger's own for the mode `anchor`, else those of donors.

    `table` ``[train tokens + test tokens + 1, tags]`` has standardised logits, and a last row of zeros.
    """

    table: Floats
    donors: Donors

    def rows(self, clean: Ids, tagging: Tagging) -> tuple[Ids, int]:
        """Row of `table` of each token ``[tokens]``, and the number of fallbacks among the donors."""
        if tagging.mode == "anchor":
            return np.arange(len(self.table) - 1 - len(clean), len(self.table) - 1), 0
        return self.donors.choose(clean, tagging.tags, tagging.draw.donor)


TagFeatures = OneHot | DonatedLogits  # features of the tags of a sweep
