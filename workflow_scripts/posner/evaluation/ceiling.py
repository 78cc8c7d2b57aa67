"""The ceiling: how many of the baseline's errors a rule on POS alone could mend.

A rule gives each word a label from what the baseline calls it and the POS tags of the word and of `window` words on
each side. The rule that calls each context what it is most often on test itself is the best there is: no rule of this
form mends more words. Where the window is wide, many contexts occur once, and that bound is far too kind. What can be
had is shown by a rule that is made on validation and used on test; it changes a label only where that would be right
without any single one of the words that speak for it (leave-one-out), or else it would learn chance.

It bounds rules, not models: a model that reads words and tags together can do better. Nor does it bound F1, since words
that are right need not make whole entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from posner.arrays import Ids
from posner.evaluation.entities import EntityFinder
from posner.stats.spread import Spread

WINDOWS = (0, 1)  # words on each side whose tags a rule sees
MOST_TAGS = 1 << 12  # of a tag set, with room for window 1 in 64 bits
LEADS = {"validation": 2, "test": 1}  # words for which a change has to be right more often, by what the rule is made on
SOURCES = ("none", "gold", "predicted")


@dataclass(frozen=True)
class Split:
    """One split as the baseline sees it; words of all sentences end to end.

    Attributes:
        lengths: ``[sentences]``, number of words.
        gold, predicted: ``[words]``, label ids.
        pos: tag ids ``[words]`` by source of POS, -1 for a tag that train never had.
    """

    lengths: Sequence[int]
    gold: Ids
    predicted: Ids
    pos: Mapping[str, Ids]

    def contexts(self, source: str, window: int) -> Ids:
        """One integer for each word and what a rule sees of it, ``[words]``."""
        tags = self.pos[source] + 2  # 0 is beyond the sentence, 1 an unknown tag
        sentence = np.repeat(np.arange(len(self.lengths)), self.lengths)
        places = np.arange(len(tags))
        made = self.predicted
        for offset in range(-window, window + 1):
            beside = np.clip(places + offset, 0, len(tags) - 1)
            is_same = (sentence[beside] == sentence) & (beside == places + offset)
            made = made * MOST_TAGS + np.where(is_same, tags[beside], 0)
        return made


@dataclass(frozen=True)
class Rule:
    """A label for each of some contexts; words in other contexts keep theirs. `contexts` are sorted."""

    contexts: Ids
    labels: Ids

    @classmethod
    def of(cls, contexts: Ids, predicted: Ids, gold: Ids, lead: int) -> Rule:
        """The label that is most often right in each context, if for `lead` words more than what was predicted."""
        known, first, number = np.unique(contexts, return_index=True, return_inverse=True)
        labels = int(max(gold.max(), predicted.max())) + 1
        counts = np.bincount(number * labels + gold, minlength=len(known) * labels).reshape(len(known), labels)
        places = np.arange(len(known)), predicted[first]
        best = counts.argmax(axis=1)
        is_better = counts.max(axis=1) >= counts[places] + lead
        return cls(known, np.where(is_better, best, predicted[first]))

    def apply(self, contexts: Ids, predicted: Ids) -> Ids:
        """Labels ``[words]`` by the rule."""
        place = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        return np.where(self.contexts[place] == contexts, self.labels[place], predicted)


@dataclass(frozen=True)
class Mended:
    """What a rule does to the test split.

    Attributes:
        errors: words that the baseline labels wrongly.
        mended, broken: wrong words that it puts right, and right ones that it makes wrong.
        share: of the errors, those mended less those broken.
        baseline_f1, f1: entity F1 in 0..1 before and after.
    """

    errors: int
    mended: int
    broken: int
    share: float
    baseline_f1: float
    f1: float


def mend(splits: Mapping[str, Split], labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row for each source of POS, window, and split that the rule is made on: validation or test."""
    test = splits["test"]
    finder = EntityFinder(labels, test.lengths)
    for source in SOURCES:
        for window in WINDOWS:
            contexts = test.contexts(source, window)
            for made_on, lead in LEADS.items():
                split = splits[made_on]
                rule = Rule.of(split.contexts(source, window), split.predicted, split.gold, lead)
                found = mended(finder, test, rule.apply(contexts, test.predicted))
                yield {"pos": source, "window": window, "made_on": made_on} | asdict(found)


def mended(finder: EntityFinder, test: Split, labels: Ids) -> Mended:
    """What it does to give the words of test these labels."""
    was_right, is_right = test.predicted == test.gold, labels == test.gold
    repaired, broken = int((is_right & ~was_right).sum()), int((was_right & ~is_right).sum())
    errors = int((~was_right).sum())
    true = finder.keys(test.gold)
    before, after = (finder.counts(true, finder.keys(ids)).scores()[2] for ids in (test.predicted, labels))
    return Mended(errors, repaired, broken, (repaired - broken) / errors if errors else 0.0, before, after)


def ceiling(rows: pd.DataFrame) -> dict[str, Any]:
    """What ``ner_ceiling.json`` holds: means and standard deviations over seeds, and a sentence."""
    scores = ("errors", "mended", "broken", "share", "baseline_f1", "f1")
    rules = [
        dict(zip(("pos", "window", "made_on"), key, strict=True))
        | {name: asdict(Spread.of(group[name].tolist())) for name in scores}
        for key, group in rows.groupby(["pos", "window", "made_on"], sort=False)
    ]
    return {"seeds": sorted(set(rows["seed"].tolist())), "rules": rules, "answer": answer(rules)}


def answer(rules: Sequence[Mapping[str, Any]]) -> str:
    """What rules on the corpus's POS could do, in a sentence."""
    share = {(r["window"], r["made_on"]): f"{100 * r['share']['mean']:.1f} %" for r in rules if r["pos"] == "gold"}
    return (
        "Of the words that the baseline labels wrongly, a rule that sees its label and the gold POS of the word mends "
        f"{share[0, 'validation']} when it is made on validation, and no such rule mends more than {share[0, 'test']}; "
        f"one that sees the POS of both neighbours, too, {share[1, 'validation']} and {share[1, 'test']}."
    )
