"""Scores: the fast entity finder agrees with seqeval; other numbers are recounted by hand."""

from __future__ import annotations

import json
import math
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.evaluation.entities import EntityFinder, TypeCounts, prf
from posner.evaluation.scores import confusion_counts, invalid_tags, ner_scores
from posner.files import read_json, write_json
from posner.model.batching import BATCH_PIECES
from posner.prediction.ner_predictions import NerPredictions, Validation
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2
from sklearn.metrics import confusion_matrix
from tiny_models import BASELINE, LABELS, LATE, NO_PIECE, checkpoint_of, make_model, make_sentences, stir, to_examples

Labelled = list[list[str]]

# Labels of a corpus with a type that holds a dash, and any sequence of them: models predict invalid ones, too.
NAMES = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-x-y", "I-x-y")
labels = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Labelled, Labelled]:
    """True and predicted labels of some sentences."""
    true = draw(st.lists(labels, min_size=1, max_size=5))
    return true, [draw(st.lists(st.sampled_from(NAMES), min_size=len(row), max_size=len(row))) for row in true]


def to_ids(rows: Labelled) -> np.ndarray:
    return np.array([NAMES.index(label) for row in rows for label in row])


def count(true: Labelled, predicted: Labelled) -> tuple[EntityFinder, TypeCounts]:
    finder = EntityFinder(NAMES, [len(row) for row in true])
    return finder, finder.counts(finder.keys(to_ids(true)), finder.keys(to_ids(predicted)))


def entities(rows: Labelled) -> set[tuple[int, str, int, int]]:
    return {(i, *entity) for i, row in enumerate(rows) for entity in get_entities(row)}


@settings(max_examples=150)
@given(pairs())
def test_entities_are_those_of_seqeval(rows: tuple[Labelled, Labelled]) -> None:
    true, predicted = rows
    finder, counts = count(true, predicted)
    actual = {"true": entities(true), "predicted": entities(predicted)}
    actual["correct"] = actual["true"] & actual["predicted"]
    for name, item in actual.items():
        by_type = Counter(kind for _, kind, _, _ in item)
        assert getattr(counts, name).tolist() == [by_type[kind] for kind in finder.types], name


@settings(max_examples=100)
@given(pairs())
def test_scores_are_those_of_seqeval(rows: tuple[Labelled, Labelled]) -> None:
    true, predicted = rows
    finder, counts = count(true, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [score(true, predicted, zero_division=0) for score in (precision_score, recall_score, f1_score)]
        report = classification_report(true, predicted, output_dict=True, zero_division=0)
    assert counts.scores() == pytest.approx(expected)
    for kind, score in zip(finder.types, counts.f1_by_type(), strict=True):
        assert score == pytest.approx(report[kind]["f1-score"] if kind in report else 0)


@given(pairs())
def test_keys_distinguish_two_taggings_of_one_text(rows: tuple[Labelled, Labelled]) -> None:
    true, predicted = rows
    finder = EntityFinder(NAMES, [len(row) for row in true])
    one, other = finder.keys(to_ids(true)), finder.keys(to_ids(predicted))
    assert len(np.setxor1d(one, other)) == len(entities(true) ^ entities(predicted))
    assert np.array_equal(one, np.unique(one)), "sorted, each once"


def test_an_entity_ends_with_its_sentence() -> None:
    true = [["B-PER", "I-PER"], ["I-PER", "O"]]
    finder, counts = count(true, [["B-PER", "I-PER"], ["O", "O"]])
    assert counts.true[finder.types.index("PER")] == 2
    assert counts.correct[finder.types.index("PER")] == 1


def test_without_entities_scores_are_zero_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, counts = count([["O", "O"]], [["O", "O"]])
        assert counts.scores() == (0.0, 0.0, 0.0)
        assert counts.f1_by_type() == [0.0, 0.0, 0.0]
    assert prf(0, 0, 0) == (0.0, 0.0, 0.0)
    assert prf(1, 2, 4) == (0.5, 0.25, pytest.approx(1 / 3))


# --- what is published -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(pairs())
def test_scores_are_those_of_seqeval_in_both_modes(rows: tuple[Labelled, Labelled]) -> None:
    true, predicted = rows
    true = [["B-LOC", *true[0][1:]], *true[1:]]  # at least one entity in either mode
    scores = ner_scores(true, predicted, truncated=2, without_pieces=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert scores["f1"] == pytest.approx(f1_score(true, predicted, zero_division=0))
        strict = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
        assert scores["strict"]["f1"] == pytest.approx(f1_score(true, predicted, **strict))
        assert scores["strict"]["f1_macro"] == pytest.approx(f1_score(true, predicted, average="macro", **strict))
        report = classification_report(true, predicted, output_dict=True, zero_division=0)
    finder, counts = count(true, predicted)
    assert (scores["precision"], scores["recall"], scores["f1"]) == pytest.approx(counts.scores())
    for kind, row in scores["by_type"].items():
        assert row["f1"] == pytest.approx(report[kind]["f1-score"])
        assert row["support"] == counts.true[finder.types.index(kind)]
    assert scores["f1_macro"] == pytest.approx(np.mean([row["f1"] for row in scores["by_type"].values()]))
    flat = [(t, p) for ts, ps in zip(true, predicted, strict=True) for t, p in zip(ts, ps, strict=True)]
    assert scores["accuracy"] == pytest.approx(sum(t == p for t, p in flat) / len(flat))
    assert (scores["tokens"], scores["sentences"]) == (len(flat), len(true))
    assert (scores["truncated_tokens"], scores["tokens_without_pieces"]) == (2, 1)
    json.dumps(scores, allow_nan=False)


@pytest.mark.parametrize(
    ("true", "predicted"),
    [
        ([["O", "O"]], [["O", "O"]]),
        ([["O", "O"]], [["I-PER", "O"]]),
        ([["O", "O"]], [["B-PER", "O"]]),
        ([["B-PER", "O"]], [["O", "O"]]),
    ],
    ids=["no entities", "no valid entities", "no true entities", "no predicted entities"],
)
def test_a_split_without_entities_scores_zero_and_is_no_nan(true: Labelled, predicted: Labelled) -> None:
    scores = ner_scores(true, predicted, truncated=0, without_pieces=0)
    assert scores["f1"] == scores["f1_macro"] == scores["strict"]["f1"] == scores["strict"]["f1_macro"] == 0
    json.dumps(scores, allow_nan=False)


def test_strict_mode_does_not_count_an_entity_that_does_not_begin() -> None:
    scores = ner_scores([["B-PER", "I-PER", "O"]], [["I-PER", "I-PER", "O"]], truncated=0, without_pieces=0)
    assert scores["f1"] == 1
    assert scores["strict"]["f1"] == 0
    assert scores["invalid_tags"] == 1


@given(labels)
def test_invalid_tags_are_inside_tags_that_continue_no_entity(row: list[str]) -> None:
    wrong = 0
    for place, label in enumerate(row):
        if label[0] == "I":
            before = row[place - 1] if place else "O"
            wrong += before not in (f"B-{label[2:]}", f"I-{label[2:]}")
    assert invalid_tags(row) == wrong


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_confusions_are_counted(rows: list[tuple[int, int]]) -> None:
    gold, predicted = (np.array(column) for column in zip(*rows, strict=True))
    counts = confusion_counts(gold, predicted, 5)
    assert counts.shape == (5, 5)
    known = gold >= 0
    if known.any():
        assert np.array_equal(counts, confusion_matrix(gold[known], predicted[known], labels=range(5)))
    assert counts.sum() == known.sum()


# --- every token is counted ------------------------------------------------------------------------------------------


def test_truncated_words_are_scored_as_outside(encoders: dict[str, Path]) -> None:
    sentences = [
        Sentence(("abc", "abcdef", "abc"), ("NNP",) * 3, ("B-PER", "I-PER", "B-LOC")),
        Sentence(("a", NO_PIECE), ("NNP",) * 2, ("B-PER", "B-PER")),
        *make_sentences(6, longest=4),
    ]
    examples = to_examples(sentences, max_length=8)
    model = stir(make_model(encoders["bert"], LATE), scale=5)
    pieces = examples.pieces
    words = checkpoint_of(model).predict(examples).split(pieces.word_bounds)
    assert words[0].seen.tolist() == [True, True, False]
    assert words[1].seen.tolist() == [True, False]
    assert words[0].labels(3)[2] == words[1].labels(3)[1] == 3
    outside = LABELS.index("O")
    predicted = [[LABELS[i] for i in w.labels(outside)] for w in words]
    assert predicted[0][2] == predicted[1][1] == "O"
    assert [len(row) for row in predicted] == [len(s) for s in sentences]
    assert all(w.logits.shape == (len(s), len(LABELS)) for w, s in zip(words, sentences, strict=True))
    lost = pieces.lost
    assert lost == sum(int((~w.seen).sum()) for w in words) >= 2
    scores = ner_scores([list(s.ner) for s in sentences], predicted, lost, 0)
    assert scores["tokens"] == sum(map(len, sentences))
    assert scores["truncated_tokens"] == lost


def test_the_scores_of_truncated_sentences_can_be_written(encoders: dict[str, Path], tmp_path: Path) -> None:
    examples = to_examples(
        [Sentence(("abcdefgh", "abc", NO_PIECE), ("NNP",) * 3, ("B-PER", "I-PER", "O"))], max_length=8
    )
    scores = NerPredictions.of(checkpoint_of(make_model(encoders["bert"], LATE)), examples).scores()
    write_json(tmp_path / "scores.json", scores)
    assert read_json(tmp_path / "scores.json", ["f1"])["truncated_tokens"] == 1
    assert scores["tokens_without_pieces"] == 1


def test_predictions_keep_the_order_of_sentences(encoders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = make_sentences(11, seed=4)
    model = stir(make_model(encoders["bert"], LATE))
    alone = [checkpoint_of(model).predict(to_examples([sentence])) for sentence in sentences]
    examples = to_examples(sentences)
    for pieces in (1, 40, 4096):
        monkeypatch.setitem(BATCH_PIECES, "cpu", pieces)
        together = checkpoint_of(model).predict(examples).split(examples.pieces.word_bounds)
        for one, other in zip(alone, together, strict=True):
            assert one.logits == pytest.approx(other.logits, abs=1e-5)
            assert other.logits.dtype == np.float32
    assert not any(math.isnan(value) for w in alone for value in w.logits.ravel())


@pytest.mark.parametrize("variant", [BASELINE, LATE], ids=["baseline", "late"])
def test_the_score_during_a_training_is_that_of_the_predictions(encoders: dict[str, Path], variant: Variant) -> None:
    sentences = [*make_sentences(30), Sentence(("abcdefgh", "abc", NO_PIECE), ("NNP",) * 3, ("B-PER", "I-PER", "O"))]
    examples = to_examples(sentences, with_pos=variant is not BASELINE, max_length=8)
    checkpoint = checkpoint_of(stir(make_model(encoders["bert"], variant)))
    validation = Validation.of(checkpoint, examples)
    for _ in range(2):
        expected = NerPredictions.of(checkpoint, examples).scores()["f1"]
        assert 0 < expected < 1
        assert validation.f1(checkpoint) == pytest.approx(expected)
        stir(checkpoint.model, scale=3.0)
