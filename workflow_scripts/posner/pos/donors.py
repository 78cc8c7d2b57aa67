"""What a model reads for a replaced tag: one-hot rows, or the logits of another token with that tag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posner.arrays import Floats, Ids
from posner.pos.corruption import NO_TAG, Tagging

# --- what a model reads of tags --------------------------------------------------------------------------------------


class Donors:
    """Logit vectors for given tags: real ones, of out-of-fold tokens.

    A token with true tag g that is to look like tag t gets the logits of a random out-of-fold token whose true tag is g
    and whose predicted tag is t. Where there is none, any token that was predicted as t gives; where t was never
    predicted, any token at all. Tokens so served are counted. A token that is to have no tag gets no donor.

    Args:
        gold, predicted: ``[train tokens]``, true and out-of-fold tag ids.
        n_tags: number of tags.
    """

    def __init__(self, gold: Ids, predicted: Ids, n_tags: int) -> None:
        self.n_tags = n_tags
        # Pools are slices of one array: tokens in the order of their (gold, predicted) pair.
        self.by_pair, self.pair_start, self.pair_size = pools(gold * n_tags + predicted, n_tags**2, gold >= 0)
        self.by_tag, self.tag_start, self.tag_size = pools(predicted, n_tags, np.ones(len(predicted), dtype=bool))

    def choose(self, gold: Ids, tags: Ids, where: npt.NDArray[np.float64]) -> tuple[Ids, int]:
        """Index of a donor among the train tokens for each token ``[tokens]``, -1 for none, and how many fell back.

        `where` in 0..1 picks from a pool.
        """
        wanted = tags >= 0
        pair = np.where(wanted & (gold >= 0), gold * self.n_tags + tags, 0)
        size = np.where(wanted & (gold >= 0), self.pair_size[pair], 0)
        chosen = pick(self.by_pair, self.pair_start[pair], size, where)
        similar = pick(self.by_tag, self.tag_start[tags], self.tag_size[tags], where)
        anyone = np.floor(where * len(self.by_tag)).astype(np.int64)
        fallback = np.where(self.tag_size[tags] > 0, similar, self.by_tag[anyone])
        return np.where(wanted, np.where(size > 0, chosen, fallback), NO_TAG), int((wanted & (size == 0)).sum())


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
class OneHot:
    """Tags as they are: `table` ``[tags + 1, tags]`` has a row a tag, and one of zeros."""

    table: Floats

    def rows(self, clean: Ids, tagging: Tagging) -> tuple[Ids, int]:
        """Row of `table` that each token reads ``[tokens]``, -1 (the last, zeros) for no tag; no donor falls back."""
        return tagging.tags, 0


@dataclass(frozen=True)
class DonatedLogits:
    """Logits for tags: the tagger's own at the anchor, else donors'.

    `table` ``[train tokens + test tokens + 1, tags]`` has standardised logits, and last a row of zeros.
    """

    table: Floats
    donors: Donors

    def rows(self, clean: Ids, tagging: Tagging) -> tuple[Ids, int]:
        """Row of `table` that each token reads ``[tokens]``, and how many have a donor without their own tag."""
        if tagging.mode == "anchor":
            return np.arange(len(self.table) - 1 - len(clean), len(self.table) - 1), 0
        return self.donors.choose(clean, tagging.tags, tagging.draw.donor)


PosSource = OneHot | DonatedLogits
