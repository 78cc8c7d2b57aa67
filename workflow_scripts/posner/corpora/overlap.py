"""Sentences that two splits share, but for their case and final punctuation: a score on these measures memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from posner.corpora.corpus import Sentence
from posner.errors import InputError

log = logging.getLogger(__name__)

# Of CoNLL-2003's test 4 % and of its validation 6 % are in an earlier split (datelines, lines of scores); of generated
# corpora, whose sentences are short, at most 7 %, of other corpora at most 2.5 %.
MOST_SHARED, MANY_SHARED = 0.5, 0.1
# Fewer distinct sentences may be shared by chance.
FEW_SENTENCES = 10

Key = tuple[str, ...]


def check_overlap(splits: Mapping[str, Sequence[Sentence]], origin: str) -> None:
    """Check that no split is a copy of another, in any order, or largely a part of it; warn if many are.

    Raises:
        InputError: one is.
    """
    counts = {split: Counter(map(plain, sentences)) for split, sentences in splits.items()}
    for one, other in combinations(counts, 2):
        if len(counts[one]) > 1 and counts[one] == counts[other]:  # one sentence may be the same by chance
            raise InputError(f"{origin}: {one} and {other} have the same sentences; give other data as {other}")
        smaller, larger = sorted((one, other), key=lambda split: len(counts[split]))
        check_part(smaller, counts[smaller], larger, counts[larger], origin)


def check_part(name: str, part: Counter[Key], other_name: str, other: Iterable[Key], origin: str) -> None:
    """Check that the split or test `name` is not largely a part of another one.

    Raises:
        InputError: more than :data:`MOST_SHARED` of its sentences are.
    """
    shared = part.keys() & set(other)
    if len(part) < FEW_SENTENCES or not shared:
        return
    share = sum(part[key] for key in shared) / part.total()
    if share >= MOST_SHARED:
        raise InputError(
            f"{origin}: {share:.0%} of the sentences of {name} are also in {other_name}, but for case and final "
            f"punctuation (less than {MOST_SHARED:.0%} is accepted); remove them from {other_name}, or give other data "
            f"as {name}"
        )
    if share > MANY_SHARED:
        log.warning(
            "%s: %.0f %% of its sentences are also in %s, but for case and final punctuation",
            name, 100 * share, other_name,
        )  # fmt: skip


def plain(sentence: Sentence) -> Key:
    """The tokens of a sentence without case and final punctuation; all tokens if nothing else is left."""
    tokens = [token.casefold() for token in sentence.tokens]
    end = len(tokens)
    while end and not any(map(str.isalnum, tokens[end - 1])):
        end -= 1
    return tuple(tokens[:end] or tokens)
