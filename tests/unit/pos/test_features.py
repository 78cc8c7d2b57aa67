"""POS as numbers: ids and one-hot rows of tags, and standardised logits."""

from __future__ import annotations

import numpy as np
import pytest
from posner.corpora.corpus import Sentence
from posner.pos.features import Standardisation, one_hot_table, tag_ids
from tiny_models import TAGS, make_sentences


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
