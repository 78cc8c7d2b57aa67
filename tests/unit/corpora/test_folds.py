"""Folds: each sentence is in one, documents stay whole, sizes are similar."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from posner.commands.corpus.assign_folds import AssignFolds
from posner.corpora.corpus import Sentence, write_split
from posner.corpora.folds import assign_folds, refuse_unequal
from posner.errors import InputError

# Documents as a corpus has them: some sentences of one document after another, or no documents at all, or both.
documents = st.lists(st.tuples(st.sampled_from([None, *"abcdefgh"]), st.integers(1, 9)), min_size=1, max_size=20).map(
    lambda runs: [document for document, length in runs for _ in range(length)]
)


def units(names: list[str | None]) -> Counter[object]:
    """Sizes of the documents."""
    return Counter(i if document is None else document for i, document in enumerate(names))


@given(documents, st.integers(2, 6), st.integers(0, 5))
def test_folds_are_a_partition_of_whole_documents(names: list[str | None], folds: int, seed: int) -> None:
    assume(len(units(names)) >= folds)
    assignment = assign_folds(names, folds, seed)
    assert len(assignment) == len(names)
    assert set(assignment) == set(range(folds)), "every fold, and no fold is empty"
    homes = defaultdict(set)
    for document, fold in zip(names, assignment, strict=True):
        if document is not None:
            homes[document].add(fold)
    assert all(len(home) == 1 for home in homes.values())


@given(documents, st.integers(2, 6), st.integers(0, 5))
def test_folds_differ_by_at_most_a_document(names: list[str | None], folds: int, seed: int) -> None:
    sizes = units(names)
    assume(len(sizes) >= folds)
    counts = Counter(assign_folds(names, folds, seed)).values()
    assert max(counts) - min(counts) <= max(sizes.values())


@pytest.mark.parametrize(("sentences", "folds"), [(10, 5), (11, 5), (14, 5), (2, 2), (1000, 7)])
def test_sentences_without_documents_are_spread_evenly(sentences: int, folds: int) -> None:
    counts = Counter(assign_folds([None] * sentences, folds, 42)).values()
    assert max(counts) - min(counts) <= 1


def test_folds_of_many_documents_are_nearly_even() -> None:
    many = [f"d{i % 300}" for i in range(6000)]
    counts = Counter(assign_folds(many, 5, 42)).values()
    assert max(counts) - min(counts) <= 20


@given(documents, st.integers(2, 6), st.integers(0, 5))
def test_the_seed_decides(names: list[str | None], folds: int, seed: int) -> None:
    assume(len(units(names)) >= folds)
    assert assign_folds(names, folds, seed) == assign_folds(list(names), folds, seed)


def test_another_seed_makes_other_folds() -> None:
    many = [f"d{i // 4}" for i in range(200)]
    assert len({tuple(assign_folds(many, 5, seed)) for seed in range(5)}) == 5


def test_folds_do_not_follow_the_order_of_the_corpus() -> None:
    assignment = assign_folds([None] * 500, 5, 42)
    assert sum(a == b for a, b in pairwise(assignment)) < 200


@pytest.mark.parametrize(
    ("names", "folds", "number"),
    [(["a", "a", "b"], 3, 2), ([None, None], 3, 2), ([None, "a", "a"], 3, 2), ([], 2, 0)],
)
def test_more_folds_than_documents_are_refused(names: list[str | None], folds: int, number: int) -> None:
    with pytest.raises(InputError, match=rf"pos.folds: {folds} folds are more than the {number} documents"):
        assign_folds(names, folds, 0)


def test_a_document_named_like_a_sentence_is_a_document() -> None:
    assert len(set(assign_folds([None, "0", "0", "sentence"], 3, 0))) == 3


def test_a_fold_with_most_sentences_is_refused() -> None:
    sizes = {"a": 990, "b": 2, "c": 1, "d": 1, "e": 1}
    assignment = assign_folds([name for name, size in sizes.items() for _ in range(size)], 5, 42)
    with pytest.raises(InputError, match=r"990 of the 995 sentences of train, .* would be trained on 5; divide"):
        refuse_unequal(assignment, 5)
    refuse_unequal([0] * 50 + list(range(5)) * 10, 5)  # 60 % in one fold leave 40 of 80
    refuse_unequal([0] * 75 + [1] * 25, 2)


def test_the_command_refuses_unequal_folds(tmp_path: Path) -> None:
    sentences = [Sentence(("a",), ("NN",), ("O",), "long" if i else "short") for i in range(9)]
    write_split(tmp_path / "train.parquet", sentences)
    with pytest.raises(InputError, match="8 of the 9 sentences"):
        AssignFolds(train=tmp_path / "train.parquet", folds=2, fold_seed=1, output=tmp_path / "folds.json").execute()
    assert not (tmp_path / "folds.json").exists()
