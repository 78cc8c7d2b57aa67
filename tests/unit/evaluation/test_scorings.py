"""Counts by boundaries, by types and of valid sequences, compared with nervaluate, seqscore and scipy's matching."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain

import numpy as np
import pandas as pd
import pytest
from nervaluate.entities import Entity
from nervaluate.strategies import EntityTypeEvaluation, ExactEvaluation, StrictEvaluation
from posner.corpora.documents import ResamplingUnits
from posner.evaluation.entities import EntityFinder
from posner.evaluation.scorings import SCORINGS, counts_by_scoring, same_type
from posner.evaluation.stored import counts_by_unit
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
from seqscore.encoding import get_encoding

TYPES = ("LOC", "ORG", "PER")
LABELS = ["O", *(f"{position}-{kind}" for kind in TYPES for position in "BI")]


def true_labels(generator: random.Random, words: int) -> list[str]:
    """A valid label sequence."""
    labels: list[str] = []
    while len(labels) < words:
        kind = generator.choice(TYPES)
        size = generator.choice((1, 1, 2, 3))
        labels += ["O"] * generator.choice((0, 1, 2)) + [f"B-{kind}"] + [f"I-{kind}"] * (size - 1)
    return labels[:words]


def noisy_labels(generator: random.Random, labels: Sequence[str], rate: float) -> list[str]:
    """Labels of which some are replaced by any other, so that sequences can be invalid."""
    return [generator.choice(LABELS) if generator.random() < rate else label for label in labels]


def frame(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Stored predictions of one split."""
    kind = pd.CategoricalDtype(LABELS)
    sentence = np.repeat(np.arange(len(true)), [len(labels) for labels in true])
    columns = {"gold": list(chain(*true)), "predicted": list(chain(*predicted))}
    return pd.DataFrame({"sentence": sentence, **{name: pd.Series(c, dtype=kind) for name, c in columns.items()}})


def totals(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Correct, predicted and true entities under each scoring."""
    counts = counts_by_scoring(frame(true, predicted), ResamplingUnits(np.arange(len(true)), "sentences", len(true)))
    return {name: counts[i].sum(axis=0).astype(int).tolist() for i, name in enumerate(SCORINGS)}


def entities(labels: Sequence[str]) -> list[Entity]:
    """The entities of one sequence, for nervaluate, whose ends are inclusive."""
    finder = EntityFinder(LABELS, [len(labels)])
    spans = finder.spans(finder.keys(np.array([LABELS.index(label) for label in labels])))
    return [Entity(finder.types[kind], int(start), int(end) - 1) for start, end, kind in zip(*spans, strict=True)]


def shares_no_entity(true: Sequence[Entity], predicted: Sequence[Entity]) -> bool:
    """Whether no entity overlaps two of the other sequence, so that all rules of matching agree."""
    overlaps = np.array([[t.start <= p.end and p.start <= t.end for p in predicted] for t in true], dtype=int)
    return not overlaps.size or (overlaps.sum(axis=0).max() <= 1 and overlaps.sum(axis=1).max() <= 1)


def test_counts_are_those_of_nervaluate() -> None:
    generator = random.Random(3)
    compared = 0
    for _ in range(600):
        true = true_labels(generator, 14)
        predicted = noisy_labels(generator, true, 0.15)
        pair = entities(true), entities(predicted)
        counts = totals([true], [predicted])
        assert counts["exact"][0] == StrictEvaluation().evaluate(*pair, list(TYPES))[0].correct
        assert counts["boundaries"][0] == ExactEvaluation().evaluate(*pair, list(TYPES))[0].correct
        if shares_no_entity(*pair):
            compared += 1
            assert counts["types"][0] == EntityTypeEvaluation().evaluate(*pair, list(TYPES))[0].correct
        assert [counts[name][1:] for name in ("boundaries", "types")] == [counts["exact"][1:]] * 2
    assert compared > 200


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_types_are_matched_one_to_one_and_as_many_as_possible(rate: float) -> None:
    generator = random.Random(4)
    for _ in range(300):
        true = true_labels(generator, 20)
        predicted = noisy_labels(generator, true, rate)
        of_true, of_predicted = entities(true), entities(predicted)
        may_match = np.array(
            [
                [t.label == p.label and t.start <= p.end and p.start <= t.end for p in of_predicted] or [False]
                for t in of_true
            ],
            dtype=int,
        )
        matching = maximum_bipartite_matching(csr_matrix(may_match), perm_type="column")
        assert totals([true], [predicted])["types"][0] == (matching >= 0).sum()


def test_sequences_are_discarded_as_by_seqscore() -> None:
    generator = random.Random(5)
    encoding = get_encoding("BIO")
    for _ in range(300):
        true = true_labels(generator, 16)
        predicted = noisy_labels(generator, true, 0.3)
        kept = list(encoding.repair_labels(predicted, "discard"))
        assert totals([true], [predicted])["strict"] == totals([true], [kept])["exact"]
        as_conlleval = list(encoding.repair_labels(predicted, "conlleval"))
        assert totals([true], [predicted])["exact"] == totals([true], [as_conlleval])["strict"]


def test_strict_f1_is_that_of_seqeval() -> None:
    generator = random.Random(7)
    true = [true_labels(generator, 16) for _ in range(40)]
    predicted = [noisy_labels(generator, labels, 0.3) for labels in true]
    correct, found, actual = totals(true, predicted)["strict"]
    expected = f1_score(true, predicted, mode="strict", scheme=IOB2)
    assert 2 * correct / (found + actual) == pytest.approx(expected)
    assert f1_score(true, predicted) != pytest.approx(expected), "there are invalid sequences"


def test_a_long_entity_is_matched_once() -> None:
    true = ["B-PER", "I-PER", "I-PER", "O"]
    predicted = ["B-PER", "B-PER", "O", "B-PER"]
    counts = totals([true], [predicted])
    assert counts == {"exact": [0, 3, 1], "boundaries": [0, 3, 1], "types": [1, 3, 1], "strict": [0, 3, 1]}


def test_counts_are_by_unit_and_the_first_are_the_exact_ones() -> None:
    generator = random.Random(6)
    true = [true_labels(generator, 9) for _ in range(8)]
    predicted = [noisy_labels(generator, labels, 0.2) for labels in true]
    units = ResamplingUnits(np.array([0, 0, 1, 1, 1, 2, 2, 2]), "documents", 3)
    counts = counts_by_scoring(frame(true, predicted), units)
    assert counts.shape == (len(SCORINGS), 3, 3)
    assert (counts[0] == counts_by_unit(frame(true, predicted), units)).all()
    by_hand = [totals(true[2:5], predicted[2:5])[name] for name in SCORINGS]
    assert counts[:, 1].astype(int).tolist() == by_hand


def test_nothing_predicted_and_nothing_true() -> None:
    empty = [["O", "O"]]
    assert set(map(tuple, totals(empty, empty).values())) == {(0, 0, 0)}
    finder = EntityFinder(LABELS, [2])
    none = finder.keys(np.array([0, 0]))
    assert same_type(finder, none, none).size == 0
