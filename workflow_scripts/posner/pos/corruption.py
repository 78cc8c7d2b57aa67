"""Corruption of POS: replacements for the corpus's tags of the test split, in several modes.

============== ============================================ ========================================================
mode           level                                        tags
============== ============================================ ========================================================
`clean`        0                                            the corpus's: the reference of all other rows
`tagger`       rate, 0..1: share of tokens                  drawn from the tagger's out-of-fold errors on the token's
                                                            tag; a tag without errors stays
`pooled`       rate, 0..1                                   the same; for a tag without errors, drawn from the errors
                                                            on all tags
`scaled`       factor of the tagger's out-of-fold error     as `tagger`; 1 is the tagger in expectation, with errors
               rate on the tag (product: at most 1)         random tokens of each tag
`anchor`       1                                            the tagger's own predictions; they err on hard tokens
`random_tag`   1                                            any other tag, uniformly
`shuffle`      1                                            the tags of the sentence in random order
`permute`      1                                            the tags of the whole split in random order
`constant`     1                                            the most frequent tag of train
`zero`         1                                            none: POS contributes nothing
============== ============================================ ========================================================

The modes from `random_tag` on are controls, with less and less information in the tags.

One draw uses the same random numbers in all modes and at all levels (common random numbers): as the level rises, the
set of replaced tokens only grows, so that the points of a curve differ by the level alone. All models read the same
tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from posner.arrays import Doubles, Ids
from posner.config.corruption import Corruption
from posner.pos.features import NO_TAG

Mode = Literal["clean", "tagger", "pooled", "scaled", "anchor", "random_tag", "shuffle", "permute", "constant", "zero"]
MODES: tuple[Mode, ...] = get_args(Mode)
CONTROL_DRAWS = 3  # at most, of each random control: over a whole test set these draws hardly differ


@dataclass(frozen=True)
class TaggedText:
    """Tag ids of a split; -1 is a tag that train does not have.

    Attributes:
        clean: ``[tokens]``, the corpus's tags, sentence after sentence.
        predicted: ``[tokens]``, the tagger's tags.
        lengths: ``[sentences]``, numbers of tokens.
        confusion: ``[tags, tags]``, out-of-fold counts of true (row) and predicted (column) tags on train.
    """

    clean: Ids
    predicted: Ids
    lengths: Ids
    confusion: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Draw:
    """The random numbers of one draw, uniform in 0..1, ``[tokens]`` each.

    Attributes:
        threshold: a token's tag is replaced if its error probability exceeds this number.
        choice: selects the replacement.
        donor: selects the token that donates logits, see :class:`posner.pos.donors.Donors`.
    """

    threshold: Doubles
    choice: Doubles
    donor: Doubles

    @classmethod
    def of(cls, tokens: int, seed: int, number: int) -> Draw:
        """Draw `number`; the same for all models."""
        return cls(*np.random.default_rng([seed, number]).random((3, tokens)))


@dataclass(frozen=True)
class Tagging:
    """The tags ``[tokens]`` of one mode, level and draw; `number` is that of the draw."""

    mode: Mode
    level: float
    number: int
    tags: Ids
    draw: Draw


def taggings(text: TaggedText, settings: Corruption) -> list[Tagging]:
    """All taggings of a sweep, in the order of :data:`MODES`, then of draws, then of levels."""
    draws = [Draw.of(len(text.clean), settings.seed, number) for number in range(settings.draws)]
    unsorted = [
        Tagging(mode, level, number, tags, draw)
        for number, draw in enumerate(draws)
        for mode, level, tags in corruptions(text, draw, number, settings)
    ]
    return sorted(unsorted, key=lambda tagging: MODES.index(tagging.mode))


def corruptions(text: TaggedText, draw: Draw, number: int, settings: Corruption) -> Iterator[tuple[Mode, float, Ids]]:
    """Mode, level and tags of every tagging of one draw."""
    clean, errors = text.clean, errors_of(text.confusion)
    own = replacements(clean, errors, draw.choice)
    pooled = replacements(clean, with_back_off(errors), draw.choice)
    probability = error_rates(text.confusion)[clean]
    yield "clean", 0, clean
    for rate in sorted(settings.rates):
        yield "tagger", rate, np.where(draw.threshold < rate, own, clean)
        yield "pooled", rate, np.where(draw.threshold < rate, pooled, clean)
    for scale in sorted(settings.scales):
        yield "scaled", scale, np.where(draw.threshold < scale * probability, own, clean)
    if number < CONTROL_DRAWS:
        sentence = np.repeat(np.arange(len(text.lengths)), text.lengths)
        yield "random_tag", 1, replacements(clean, errors_of(np.ones_like(errors)), draw.choice)
        yield "shuffle", 1, clean[np.lexsort((draw.threshold, sentence))]
        yield "permute", 1, clean[np.argsort(draw.threshold)]
    if number == 0:
        yield "anchor", 1, text.predicted
        yield "constant", 1, np.full_like(clean, text.confusion.sum(axis=1).argmax())
        yield "zero", 1, np.full_like(clean, NO_TAG)


def errors_of(confusion: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The counts without the diagonal."""
    return confusion * (1 - np.eye(len(confusion), dtype=np.int64))


def error_rates(confusion: npt.NDArray[np.int64]) -> Doubles:
    """Error rate of the tagger on each tag ``[tags]``, in 0..1; 0 for a tag without tokens."""
    return errors_of(confusion).sum(axis=1) / np.maximum(confusion.sum(axis=1), 1)


def with_back_off(errors: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`errors`; a tag without errors gets the sum over all tags, except those that are predicted as itself."""
    return np.where(errors.any(axis=1, keepdims=True), errors, errors_of(np.tile(errors.sum(axis=0), (len(errors), 1))))


def replacements(clean: Ids, errors: npt.NDArray[np.int64], choice: Doubles) -> Ids:
    """Replacement ``[tokens]`` of each token's tag, drawn from the tag's row of `errors` ``[tags, tags]``.

    A tag without errors, and a missing tag, stay.
    """
    totals = errors.sum(axis=1)
    can_change = (clean >= 0) & (totals[clean] > 0)
    # Inverse transform sampling in whole counts: the first tag whose cumulative count exceeds the drawn one.
    drawn = np.floor(choice * totals[clean]).astype(np.int64)
    replacement = (errors.cumsum(axis=1)[clean] <= drawn[:, None]).sum(axis=1)
    return np.where(can_change, replacement, clean)
