"""POS features of variants: the dataset's tags, predicted tags, and controls."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from posner.arrays import Floats
from posner.config.variants import Variant
from posner.corpora.corpus import CorpusCard, Provenance, Sentence
from posner.errors import InputError
from posner.model.examples import pos_of_split
from posner.model.modeling import PosNerConfig
from posner.pos.predicted import PredictedPos
from posner.pos.provider import PosProvider
from tiny_models import TAGS, make_sentences

LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
CARD = CorpusCard(TAGS, LABELS, {}, {}, {}, {}, {}, Provenance("generated", "made up"))


@pytest.fixture
def sentences() -> list[Sentence]:
    return [*make_sentences(3), Sentence(("a", "b", "c"), ("never seen", "NN", "NN"), ("O", "B-LOC", "I-LOC"))]


def provider(pos: str, feature: str = "one_hot", predicted: PredictedPos | None = None, seed: int = 0) -> PosProvider:
    variant: dict[str, Any] = {"fusion": "late", "pos": pos, "feature": feature}
    return PosProvider(Variant(**variant), CARD, predicted, seed)


def rows_of(provider: PosProvider, sentences: list[Sentence], split: str = "test") -> Floats:
    """The features ``[tokens, tags]`` of all sentences in order."""
    config = PosNerConfig(
        pos_tags=provider.tags, pos_mean=(1.0,) * len(provider.tags), pos_scale=(0.5,) * len(provider.tags)
    )
    config.feature = provider.variant.feature
    features = pos_of_split(provider, config, split, sentences)
    assert features is not None
    assert len(features.rows) == sum(len(sentence) for sentence in sentences)
    return features.table[features.rows]


def test_gold_pos_is_one_hot_and_an_unknown_tag_is_nothing(sentences: list[Sentence]) -> None:
    rows = rows_of(provider("gold"), sentences)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[float(name == tag) for name in TAGS] for s in sentences for tag in s.pos]
    assert not rows[-3].any()


def test_predicted_pos_of_the_split_is_given(sentences: list[Sentence]) -> None:
    total = sum(map(len, sentences))
    generator = np.random.default_rng(0)
    logits = {split: generator.normal(size=(total, 4)).astype(np.float32) for split in ("train", "test")}
    predicted = PredictedPos(TAGS, {split: each.argmax(axis=1) for split, each in logits.items()}, logits)
    for split in ("train", "test"):
        one_hot = rows_of(provider("predicted", predicted=predicted), sentences, split)
        assert one_hot.argmax(axis=1).tolist() == predicted.ids[split].tolist()
        rows = rows_of(provider("predicted", "logits", predicted), sentences, split)
        assert rows == pytest.approx((logits[split] - 1) * 0.5)


def test_the_baseline_gets_no_pos(sentences: list[Sentence]) -> None:
    assert pos_of_split(PosProvider(Variant(), CARD, None, 0), PosNerConfig(), "test", sentences) is None


def test_a_variant_with_predicted_pos_asks_for_it(sentences: list[Sentence]) -> None:
    for feature in ("one_hot", "logits"):
        with pytest.raises(InputError, match="--predicted"):
            rows_of(provider("predicted", feature), sentences)


def test_an_oracle_gives_the_ner_labels(sentences: list[Sentence]) -> None:
    rows = rows_of(provider("oracle"), sentences)
    assert [LABELS[i] for i in rows.argmax(axis=1)] == [label for s in sentences for label in s.ner]
    assert rows.sum(axis=1).tolist() == [1.0] * len(rows)


def test_random_pos_is_the_corpus_pos_in_another_order(sentences: list[Sentence]) -> None:
    gold = rows_of(provider("gold"), sentences * 5)
    mixed = rows_of(provider("random"), sentences * 5)
    assert Counter(map(tuple, mixed.tolist())) == Counter(map(tuple, gold.tolist()))
    assert not np.array_equal(mixed, gold)
    assert np.array_equal(mixed, rows_of(provider("random"), sentences * 5))
    assert not np.array_equal(mixed, rows_of(provider("random", seed=1), sentences * 5))
    assert not np.array_equal(mixed, rows_of(provider("random"), sentences * 5, "train"))


def test_logits_of_a_control_are_its_one_hot_rows(sentences: list[Sentence]) -> None:
    one_hot = rows_of(provider("random"), sentences)
    assert rows_of(provider("random", "logits"), sentences) == pytest.approx((one_hot - 1) * 0.5)
