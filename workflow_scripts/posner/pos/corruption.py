"""Corruption of POS: the test text with other tags than the corpus's, in several ways, the modes.

============== ============================================ ========================================================
mode           level                                        tags
============== ============================================ ========================================================
`clean`        0                                            the corpus's: what other rows are compared with
`tagger`       rate, 0..1: share of tokens                  what the tagger mistakes the token's tag for, out of fold;
                                                            a tag that it never mistakes stays
`pooled`       rate, 0..1                                   the same, and for a tag that it never mistakes what all
                                                            other tags are mistaken for
`scaled`       factor of the tagger's own error probability what the tagger mistakes it for: 1 is the tagger in
               of the tag, out of fold; at most 1 results   expectation, with errors evenly among the tokens of a tag
`anchor`       1                                            the tagger's own predictions, which err where it is hard
`random_tag`   1                                            any other tag, all alike
`shuffle`      1                                            those of the sentence, in random order
`permute`      1                                            those of the whole text, in random order
`constant`     1                                            the most frequent one of train, everywhere
`zero`         1                                            none: the POS path adds nothing
============== ============================================ ========================================================

From `random_tag` on they are controls: they leave less and less of what the tags say.

A draw gives every token the same chances in all modes and at all levels: with a rate or a factor the set of replaced
tokens only grows, so that a curve is not blurred by new accidents at each point, and every model reads the same tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from posner.arrays import Ids
from posner.config.corruption import Corruption

Mode = Literal["clean", "tagger", "pooled", "scaled", "anchor", "random_tag", "shuffle", "permute", "constant", "zero"]
MODES: tuple[Mode, ...] = get_args(Mode)
CONTROL_DRAWS = 3  # of random controls, at most: they have one level, and on a whole test set draws hardly differ
NO_TAG = -1  # also of a tag that train never had


@dataclass(frozen=True)
class TaggedText:
    """The tags of a text and of its tagger, all by id; -1 is a tag that train never had.

    Attributes:
        clean: ``[tokens]``, the corpus's tags, sentences end to end.
        predicted: ``[tokens]``, the tagger's.
        lengths: ``[sentences]``, number of tokens.
        confusion: ``[tags, tags]``, counts of true (row) and predicted (column) tags, out of fold on train.
    """

    clean: Ids
    predicted: Ids
    lengths: Ids
    confusion: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Draw:
    """The chances of every token in one corruption, uniform in 0..1, ``[tokens]`` each.

    Attributes:
        threshold: the token is replaced where its probability of error exceeds this.
        choice: which of the possible tags it gets then.
        donor: which of the possible donors gives it logits.
    """

    threshold: npt.NDArray[np.float64]
    choice: npt.NDArray[np.float64]
    donor: npt.NDArray[np.float64]

    @classmethod
    def of(cls, tokens: int, seed: int, number: int) -> Draw:
        """The same seed and number give the same draw, whatever model is tested."""
        return cls(*np.random.default_rng([seed, number]).random((3, tokens)))


@dataclass(frozen=True)
class Tagging:
    """The text with tags ``[tokens]`` of one mode, level and draw; the donors of logits follow from the draw."""

    mode: Mode
    level: float
    number: int
    tags: Ids
    draw: Draw


def taggings(text: TaggedText, settings: Corruption) -> list[Tagging]:
    """All that a sweep reads, in the order of :data:`MODES`, then of draws and levels."""
    draws = [Draw.of(len(text.clean), settings.seed, number) for number in range(settings.draws)]
    made = [
        Tagging(mode, level, number, tags, draw)
        for number, draw in enumerate(draws)
        for mode, level, tags in corruptions(text, draw, number, settings)
    ]
    return sorted(made, key=lambda tagging: MODES.index(tagging.mode))


def corruptions(text: TaggedText, draw: Draw, number: int, settings: Corruption) -> Iterator[tuple[Mode, float, Ids]]:
    """Mode, level and tags of everything that is read in one draw."""
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
    """The counts off the diagonal."""
    return confusion * (1 - np.eye(len(confusion), dtype=np.int64))


def error_rates(confusion: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How often the tagger errs on each tag ``[tags]``, in 0..1; 0 for a tag without tokens."""
    return errors_of(confusion).sum(axis=1) / np.maximum(confusion.sum(axis=1), 1)


def with_back_off(errors: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Errors in which a tag that has none takes those of all tags together, except into itself."""
    return np.where(errors.any(axis=1, keepdims=True), errors, errors_of(np.tile(errors.sum(axis=0), (len(errors), 1))))


def replacements(clean: Ids, errors: npt.NDArray[np.int64], choice: npt.NDArray[np.float64]) -> Ids:
    """The tag that each token gets if it is replaced ``[tokens]``: drawn from its tag's row of `errors`.

    A token whose tag has no errors, or is none, keeps it.
    """
    totals = errors.sum(axis=1)
    can_change = (clean >= 0) & (totals[clean] > 0)
    # Inverse distribution function, in whole counts: the first tag whose cumulated count exceeds the drawn one.
    drawn = np.floor(choice * totals[clean]).astype(np.int64)
    replacement = (errors.cumsum(axis=1)[clean] <= drawn[:, None]).sum(axis=1)
    return np.where(can_change, replacement, clean)
