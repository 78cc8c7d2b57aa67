"""Upper bound: the share of the baseline's errors that rules on POS alone could correct.

A rule is a lookup table: it maps the baseline's label of a word and the POS tags of the word and of `window` words on
each side to a label. Learned on test itself, with the most frequent gold label in each context, it is the best rule of
this form; where the window is wide, many contexts occur once, and that bound is far too optimistic. A rule learned on
validation shows what is attainable. To avoid fitting noise, it changes a label only if the change would still be right
without any single one of the words that support it (leave-one-out).

The bound holds for rules, not for models, which read words and tags together. Nor does it bound F1, since correct words
need not form complete entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from posner.arrays import Ids
from posner.evaluation.entities import EntityFinder

WINDOWS = (0, 1)  # words on each side whose tags a rule reads
MAX_TAGS = 1 << 12  # size of a tag set; contexts of window 1 then fit into 64 bits
MIN_LEADS = {"validation": 2, "test": 1}  # lead in words over the predicted label, by the split a rule is learned on
SOURCES = ("none", "gold", "predicted")


@dataclass(frozen=True)
class LabelledSplit:
    """One split with the baseline's predictions; the words of all sentences laid end to end.

    Attributes:
        lengths: ``[sentences]``, number of words.
        gold: ``[words]``, label ids.
        predicted: ``[words]``, label ids.
        pos: tag ids ``[words]`` by source of POS, -1 for a tag that does not occur in train.
    """

    lengths: Sequence[int]
    gold: Ids
    predicted: Ids
    pos: Mapping[str, Ids]

    def contexts(self, source: str, window: int) -> Ids:
        """One integer ``[words]`` for what a rule reads of each word."""
        tags = self.pos[source] + 2  # 0 is beyond the sentence, 1 an unknown tag
        sentence = np.repeat(np.arange(len(self.lengths)), self.lengths)
        places = np.arange(len(tags))
        contexts = self.predicted
        for offset in range(-window, window + 1):
            beside = np.clip(places + offset, 0, len(tags) - 1)
            is_same = (sentence[beside] == sentence) & (beside == places + offset)
            contexts = contexts * MAX_TAGS + np.where(is_same, tags[beside], 0)
        return contexts


@dataclass(frozen=True)
class Rule:
    """A label for each of some contexts; words in other contexts keep their label.

    Attributes:
        contexts: sorted, see :meth:`LabelledSplit.contexts`.
        labels: label ids, one for each context.
    """

    contexts: Ids
    labels: Ids

    @classmethod
    def of(cls, contexts: Ids, predicted: Ids, gold: Ids, min_lead: int) -> Rule:
        """The most frequent gold label in each context, if right for `min_lead` more words than the prediction."""
        known, first, number = np.unique(contexts, return_index=True, return_inverse=True)
        labels = int(max(gold.max(), predicted.max())) + 1
        counts = np.bincount(number * labels + gold, minlength=len(known) * labels).reshape(len(known), labels)
        places = np.arange(len(known)), predicted[first]
        best = counts.argmax(axis=1)
        is_better = counts.max(axis=1) >= counts[places] + min_lead
        return cls(known, np.where(is_better, best, predicted[first]))

    def apply(self, contexts: Ids, predicted: Ids) -> Ids:
        """Label ids ``[words]`` after the rule."""
        place = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        return np.where(self.contexts[place] == contexts, self.labels[place], predicted)


@dataclass(frozen=True)
class RuleEffect:
    """The effect of a rule on the test split.

    Attributes:
        errors: words that the baseline labels wrongly.
        corrected: wrong words that become correct.
        broken: correct words that become wrong.
        share: `corrected` minus `broken`, divided by `errors`.
        baseline_f1: entity F1 in 0..1 before.
        f1: entity F1 in 0..1 after.
    """

    errors: int
    corrected: int
    broken: int
    share: float
    baseline_f1: float
    f1: float


def rule_effects(splits: Mapping[str, LabelledSplit], labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row for each source of POS, window, and split that the rule is learned on (validation or test)."""
    test = splits["test"]
    finder = EntityFinder(labels, test.lengths)
    for source in SOURCES:
        for window in WINDOWS:
            contexts = test.contexts(source, window)
            for learned_on, min_lead in MIN_LEADS.items():
                split = splits[learned_on]
                rule = Rule.of(split.contexts(source, window), split.predicted, split.gold, min_lead)
                effect = rule_effect(finder, test, rule.apply(contexts, test.predicted))
                yield {"pos": source, "window": window, "learned_on": learned_on} | asdict(effect)


def rule_effect(finder: EntityFinder, test: LabelledSplit, labels: Ids) -> RuleEffect:
    """The effect of replacing the predicted labels of test by `labels`."""
    was_right, is_right = test.predicted == test.gold, labels == test.gold
    corrected, broken = int((is_right & ~was_right).sum()), int((was_right & ~is_right).sum())
    errors = int((~was_right).sum())
    true = finder.keys(test.gold)
    before, after = (finder.counts(true, finder.keys(ids)).scores()[2] for ids in (test.predicted, labels))
    return RuleEffect(errors, corrected, broken, (corrected - broken) / errors if errors else 0.0, before, after)
