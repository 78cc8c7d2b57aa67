"""Classes of changes, recomputed from their definitions for one entity and one token at a time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.evaluation.changes import OUTCOMES, ChangeFinder, ChangeTable
from posner.evaluation.entities import EntityFinder
from seqeval.metrics.sequence_labeling import get_entities

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
TAGS = ["NN", "NNP"]
Rows = list[list[str]]
Entity = tuple[int, str, int, int]  # sentence, type, first and last word

word = st.tuples(*[st.sampled_from(LABELS)] * 3, *[st.integers(-1, 1)] * 2)  # true, clean, now; source and target tag
texts = st.lists(st.lists(word, min_size=1, max_size=7), min_size=1, max_size=5)


def entities(rows: Rows) -> set[Entity]:
    return {(i, *entity) for i, row in enumerate(rows) for entity in get_entities(row)}


def outcome(entity: Entity, clean: set[Entity], now: set[Entity]) -> str | None:
    """The class of a true entity."""
    sentence, _, first, last = entity
    overlapping = [e for e in now if e[0] == sentence and e[2] <= last and first <= e[3]]
    if entity in now:
        return None if entity in clean else "fixed"
    if entity not in clean:
        return None
    if not overlapping:
        return "broken"
    return "retyped" if any(e[2:] == entity[2:] for e in overlapping) else "moved"


def cover(rows: set[Entity], sentence: int, place: int) -> Entity | None:
    return next((e for e in rows if e[0] == sentence and e[2] <= place <= e[3]), None)


@given(texts)
def test_every_change_agrees_with_the_definitions(text: list[list[tuple[str, str, str, int, int]]]) -> None:
    true, clean, now = (entities([[row[i] for row in sentence] for sentence in text]) for i in range(3))
    finder = EntityFinder(LABELS, [len(sentence) for sentence in text])
    flat = [row for sentence in text for row in sentence]
    keys = [finder.keys(np.array([LABELS.index(row[i]) for row in flat])) for i in range(3)]
    changes = ChangeFinder(finder, keys[0])
    outcomes, flipped = changes.outcomes(*keys[1:]), changes.flipped(*keys[1:])
    expected = Counter(outcome(entity, clean, now) for entity in true)
    assert {name: int(outcomes[name].sum()) for name in OUTCOMES} == {name: expected[name] for name in OUTCOMES}
    assert np.sum(list(outcomes.values()), axis=0).max(initial=0) <= 1, "they exclude each other"
    lost = sum(expected[name] for name in OUTCOMES[:3])
    assert len(now & true) == len(clean & true) + expected["fixed"] - lost

    source, target = (np.array([row[i] for row in flat]) for i in (3, 4))
    table = ChangeTable(changes, TAGS, source)
    table.add("tagger", 0.5, target, flipped, outcomes)
    table.add("tagger", 0.5, target, flipped, outcomes)  # the mean of two equal draws
    actual = {
        (row["type"], row["position"], row["source"], row["target"]): [row[name] for name in COUNTS]
        for row in table.frame().to_dict("records")
    }
    assert actual == {key: pytest.approx(values) for key, values in cells(text, true, clean, now).items()}


COUNTS = ("tokens", "tokens_flipped", *OUTCOMES)


def cells(
    text: list[list[tuple[str, str, str, int, int]]], true: set[Entity], clean: set[Entity], now: set[Entity]
) -> dict[tuple[str, str, str, str], list[float]]:
    """Counts by type, position, source and target, token by token."""
    result: dict[tuple[str, str, str, str], list[float]] = {}
    for sentence, rows in enumerate(text):
        for place, (*_, source, target) in enumerate(rows):
            entity = cover(true, sentence, place)
            position = "outside" if entity is None else "edge" if place in entity[2:] else "inside"
            key = ("" if entity is None else entity[1], position, [*TAGS, ""][source], [*TAGS, ""][target])
            counts = result.setdefault(key, [0.0] * len(COUNTS))
            counts[0] += 1
            counts[1] += cover(clean, sentence, place) != cover(now, sentence, place)
            if entity is not None and (name := outcome(entity, clean, now)):
                counts[COUNTS.index(name)] += 1 / (entity[3] - entity[2] + 1)
    return result


def test_points_are_kept_apart_and_draws_averaged() -> None:
    finder = EntityFinder(LABELS, [2])
    none, person = (finder.keys(np.array(ids)) for ids in ([0, 0], [3, 4]))
    table = ChangeTable(changes := ChangeFinder(finder, person), TAGS, np.array([1, 1]))
    for level, now in ((0.5, none), (0.5, person), (1.0, none)):
        flipped, outcomes = changes.flipped(person, now), changes.outcomes(person, now)
        table.add("tagger", level, np.array([0, 1]), flipped, outcomes)
    frame = table.frame().set_index(["level", "target"])
    assert frame.index.tolist() == [(0.5, "NN"), (0.5, "NNP"), (1.0, "NN"), (1.0, "NNP")]
    assert frame["tokens"].tolist() == [1, 1, 1, 1]
    assert frame["tokens_flipped"].tolist() == [0.5, 0.5, 1, 1]
    assert frame["broken"].tolist() == [0.25, 0.25, 0.5, 0.5], "an entity of two tokens counts at both, by half"
    assert set(frame["position"]) == {"edge"}
