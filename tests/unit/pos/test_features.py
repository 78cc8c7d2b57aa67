"""POS as numbers: ids and one-hot rows of tags, standardised logits, and values split by sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.corpora.corpus import Sentence
from posner.pos.features import Standardisation, by_sentence, one_hot_table, tag_ids
from tiny_models import TAGS, make_sentences


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_values_are_split_by_sentence(lengths: list[int]) -> None:
    sentences = [Sentence(("a",) * n, ("NN",) * n, ("O",) * n) for n in lengths]
    values = np.arange(sum(lengths) * 2).reshape(-1, 2)
    parts = by_sentence(values, sentences)
    assert [len(part) for part in parts] == lengths
    assert np.array_equal(np.concatenate(parts), values)


def test_ids_and_rows_of_tags() -> None:
    sentences = [*make_sentences(3), Sentence(("a", "b"), ("never seen", "NN"), ("O", "O"))]
    ids = tag_ids(sentences, TAGS)
    flat = [tag for sentence in sentences for tag in sentence.pos]
    assert [TAGS[i] if i >= 0 else "never seen" for i in ids] == flat
    table = one_hot_table(len(TAGS))
    assert table.shape == (5, 4)
    assert not table[-1].any()


def test_the_standardisation_is_that_of_the_training_tokens() -> None:
    logits = np.random.default_rng(0).normal(3, [1, 2, 5, 0.1], size=(500, 4)).astype(np.float32)
    applied = Standardisation.of(logits).apply(logits)
    assert applied.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-4)
    assert applied.std(axis=0) == pytest.approx(np.full(4, 0.5), rel=1e-4)


def test_a_logit_that_never_varies_is_no_feature() -> None:
    logits = np.array([[1, 2, 3], [1, 4, 9]], dtype=np.float32)
    applied = Standardisation.of(logits).apply(logits)
    assert np.isfinite(applied).all()
    assert applied[:, 0].tolist() == [0, 0]
    assert applied.dtype == np.float32
