"""Sweeps: the predictions equal those of full forward passes over the corrupted text."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from posner.arrays import COUNT_COLUMNS, Floats, WordLogits
from posner.config.corruption import Corruption
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.model.batching import Example
from posner.model.device import Device
from posner.model.fusion.base import NoFusion
from posner.model.hooks import encoder_layers
from posner.model.modeling import PosNerModel
from posner.pos.corruption import MODES, TaggedText, taggings
from posner.pos.donors import DonatedLogits, Donors, OneHot, TagFeatures
from posner.pos.features import by_sentence, one_hot_table, tag_ids
from posner.prediction import sweep as sweep_module
from posner.prediction.sweep import (
    Case,
    EncoderSweeper,
    LateSweeper,
    SweepText,
    batches_by_pieces,
    distinct_cases,
    make_sweeper,
)
from posner.prediction.sweep_results import SweepTables, run_sweep
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from tiny_models import (
    CPU,
    ENCODERS,
    LABELS,
    LAYERS,
    NO_PIECE,
    TAGS,
    checkpoint_of,
    make_model,
    make_sentences,
    stir,
    to_examples,
)
from torch import Tensor, nn

Ids = np.ndarray
OUTSIDE = LABELS.index("O")

# One-word sentences, a tag that train never had, words that truncation takes, a word and a sentence without any piece.
SENTENCES = [
    *make_sentences(7, seed=5, longest=4),
    Sentence(("a",), ("NNP",), ("B-PER",)),
    Sentence(("b",), ("never seen",), ("O",)),
    Sentence(("abcdefg", "abc", "ab", "a"), ("NNP", "NN", "DT", "VB"), ("B-PER", "I-PER", "B-LOC", "O")),
    Sentence(("a", NO_PIECE, "b"), ("NN", "NNP", "VB"), ("O", "B-LOC", "O")),
    Sentence((NO_PIECE,), ("NNP",), ("B-PER",)),
]
MAX_LENGTH = 10
EXAMPLES = to_examples(SENTENCES, with_pos=False, max_length=MAX_LENGTH)
TEXT = SweepText(EXAMPLES)
BATCH_SIZE = 4
CLEAN = tag_ids(SENTENCES, TAGS)
CONFUSION = np.array([[9, 0, 0, 0], [1, 9, 2, 3], [0, 2, 9, 2], [1, 1, 1, 9]])  # DT is never mistaken
PREDICTED = np.random.default_rng(8).integers(0, len(TAGS), len(CLEAN))
TAGGED = TaggedText(CLEAN, PREDICTED, np.array(TEXT.lengths), CONFUSION)
TEXT_OF = np.arange(len(SENTENCES)) // 3
SETTINGS = Corruption(rates=(0, 0.3, 1), scales=(1, 3), draws=2, seed=5)
PLAN = taggings(TAGGED, SETTINGS)
TRUE = [list(s.ner) for s in SENTENCES]

PLACES: dict[str, dict[str, Any]] = {
    "late": {"fusion": "late"},
    "last": {"fusion": "encoder", "inject_layer_offset_from_end": 1},
    "middle": {"fusion": "encoder", "inject_layer_offset_from_end": 2},
    "earliest": {"fusion": "encoder", "inject_layer_offset_from_end": "earliest"},
}


def variant(place: str, feature: str = "trainable_embed") -> Variant:
    return Variant(**PLACES[place], pos="predicted", feature=feature)


def one_hot() -> TagFeatures:
    return OneHot(one_hot_table(len(TAGS)))


def with_donors() -> TagFeatures:
    """Logits of some train tokens, without some pairs of tags, and of the test tokens."""
    generator = np.random.default_rng(3)
    gold, predicted = generator.integers(0, len(TAGS), (2, 40))
    predicted[gold == 3] = 3
    table = generator.normal(size=(40 + len(CLEAN) + 1, len(TAGS))).astype(np.float32)
    table[-1] = 0
    return DonatedLogits(table, Donors(gold, predicted, len(TAGS)))


def feature(source: TagFeatures) -> str:
    return "logits" if isinstance(source, DonatedLogits) else "trainable_embed"


def naive(model: PosNerModel, table: Floats, rows: Ids, device: Device = CPU) -> list[WordLogits]:
    """A full pass over the text with the rows `rows` of `table` as POS features."""
    pos = by_sentence(table[rows], SENTENCES)
    examples = [Example(e.pieces, e.labels, p) for e, p in zip(EXAMPLES, pos, strict=True)]
    return checkpoint_of(model, BATCH_SIZE, device).predict(examples)


def to_labels(words: Sequence[WordLogits]) -> Ids:
    return np.concatenate([w.labels(OUTSIDE) for w in words])


def corrupted(source: TagFeatures) -> list[Ids]:
    """The taggings of a sweep, as rows of the source's table."""
    return [source.rows(CLEAN, tagging)[0] for tagging in PLAN]


def swept(model: PosNerModel, source: TagFeatures, settings: Corruption = SETTINGS) -> SweepTables:
    return run_sweep(checkpoint_of(model), TEXT, TAGGED, TEXT_OF, source, settings)


class Recorded(EncoderSweeper):
    """Records the logits ``[words, labels]`` of each case."""

    def run(self, cases: Sequence[Case]) -> list[Ids]:
        self.logits: dict[tuple[int, bytes], Floats] = {}
        return super().run(cases)

    def run_batch(self, cases: Sequence[Case]) -> Iterator[Ids]:
        seen: list[Tensor] = []
        handle = self.checkpoint.model.register_forward_hook(lambda _, __, output: seen.append(output.logits))
        labels = list(super().run_batch(cases))
        handle.remove()
        for case, logits in zip(cases, seen[0].numpy(), strict=True):
            first = self.text.examples[case.sentence].pieces.first
            self.logits[case.sentence, case.rows.tobytes()] = logits[first]
        yield from labels


@pytest.fixture(params=list(ENCODERS))
def encoder(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> Path:
    return encoders[request.param]


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]


# --- what is predicted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make_source", [one_hot, with_donors])
def test_late_fusion_gives_the_logits_of_full_passes(encoder: Path, make_source: Any) -> None:
    source = make_source()
    model = stir(make_model(encoder, variant("late", feature(source))))
    swept = LateSweeper(checkpoint_of(model), TEXT, source.table)
    rows = corrupted(source)
    for row, labels in zip(rows, swept.predict(rows), strict=True):
        words = naive(model, source.table, row)
        seen = np.concatenate([w.seen for w in words])
        logits = (swept.logits + swept.added[torch.from_numpy(row)]).detach().numpy()
        expected = np.concatenate([w.logits for w in words])
        assert logits[seen] == pytest.approx(expected[seen], abs=1e-5)
        assert np.array_equal(labels, to_labels(words))


@pytest.mark.parametrize("pieces", [12, 4096], ids=["small batches", "one batch"])
@pytest.mark.parametrize("place", ["last", "middle", "earliest"])
def test_encoder_fusion_gives_the_logits_of_full_passes(
    encoder: Path, place: str, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "BATCH_PIECES", pieces)
    source, model = one_hot(), stir(make_model(encoder, variant(place)))
    swept, rows = Recorded(checkpoint_of(model), TEXT, source.table), corrupted(one_hot())
    for row, labels in zip(rows, swept.predict(rows), strict=True):
        words = naive(model, source.table, row)
        for number, (word, part) in enumerate(zip(words, by_sentence(row, SENTENCES), strict=True)):
            logits = swept.logits[number, part.tobytes()]
            assert logits[word.seen] == pytest.approx(word.logits[word.seen], abs=1e-5)
        assert np.array_equal(labels, to_labels(words))


def test_encoder_fusion_of_logits_gives_full_passes(bert: Path) -> None:
    source = with_donors()
    model = stir(make_model(bert, variant("middle", "logits")))
    rows = corrupted(source)
    for row, labels in zip(rows, make_sweeper(checkpoint_of(model), TEXT, source.table).predict(rows), strict=True):
        assert np.array_equal(labels, to_labels(naive(model, source.table, row)))


def test_the_text_is_one_on_which_corruption_matters(bert: Path) -> None:
    for place in PLACES:
        model, source = stir(make_model(bert, variant(place))), one_hot()
        clean, worst = (to_labels(naive(model, source.table, tags)) for tags in (CLEAN, PLAN[-2].tags))
        assert (clean != worst).sum() > 3, place


def test_words_without_a_piece_are_outside(bert: Path) -> None:
    unseen = np.concatenate(TEXT.first) < 0
    assert unseen.sum() >= 3
    for place in ("late", "middle"):
        model, source = stir(make_model(bert, variant(place)), scale=3), one_hot()
        for labels in make_sweeper(checkpoint_of(model), TEXT, source.table).predict(corrupted(source)):
            assert (labels[unseen] == OUTSIDE).all()
            assert len(labels) == len(CLEAN)


@pytest.mark.parametrize("place", PLACES)
def test_clean_tags_give_the_predictions_of_the_checkpoint(bert: Path, place: str) -> None:
    model, table = stir(make_model(bert, variant(place))), one_hot_table(len(TAGS))
    sentences = [s for s in SENTENCES if "never seen" not in s.pos]
    plain = to_labels(checkpoint_of(model).predict(to_examples(sentences, max_length=MAX_LENGTH)))
    text = SweepText(to_examples(sentences, with_pos=False, max_length=MAX_LENGTH))
    (labels,) = make_sweeper(checkpoint_of(model), text, table).predict([tag_ids(sentences, TAGS)])
    assert np.array_equal(labels, plain)


def test_late_fusion_in_bf16_gives_what_the_checkpoint_predicts(bert: Path) -> None:
    bf16 = Device(torch.device("cpu"), "bf16")
    model, source = stir(make_model(bert, variant("late"))), one_hot()
    for row, labels in zip(
        corrupted(source),
        make_sweeper(checkpoint_of(model, device=bf16), TEXT, source.table).predict(corrupted(source)),
        strict=True,
    ):
        assert np.array_equal(labels, to_labels(naive(model, source.table, row, bf16)))


# --- what is saved ---------------------------------------------------------------------------------------------------


class Counter:
    """Counts the forward passes of each layer of an encoder."""

    def __init__(self, model: PosNerModel) -> None:
        self.calls = [0] * LAYERS
        for i, layer in enumerate(encoder_layers(model.encoder)):
            layer.register_forward_hook(lambda *_, i=i: self.count(i))

    def count(self, layer: int) -> None:
        self.calls[layer] += 1


@pytest.mark.parametrize(("place", "below"), [("late", 3), ("last", 2), ("middle", 1), ("earliest", 0)])
def test_layers_that_pos_cannot_reach_run_once(encoder: Path, place: str, below: int) -> None:
    model = stir(make_model(encoder, variant(place)))
    counter, source = Counter(model), one_hot()
    passes = -(-len(SENTENCES) // BATCH_SIZE)
    swept = make_sweeper(checkpoint_of(model), TEXT, source.table)
    assert counter.calls == [passes] * LAYERS
    list(swept.predict(corrupted(source)))
    assert counter.calls[:below] == [passes] * below
    assert all(calls > passes for calls in counter.calls[below:])


def test_a_tagging_of_a_sentence_is_read_once(bert: Path) -> None:
    model, source = stir(make_model(bert, variant("last"))), one_hot()
    swept = Recorded(checkpoint_of(model), TEXT, source.table)
    rows = corrupted(source)
    list(swept.predict([*rows, *rows]))
    parts = {(i, part.tobytes()) for row in rows for i, part in enumerate(by_sentence(row, SENTENCES))}
    assert swept.logits.keys() == parts
    assert len(parts) < len(rows) * len(SENTENCES)


def test_a_sweep_leaves_the_model_as_it_was(bert: Path) -> None:
    model, source = stir(make_model(bert, variant("middle"))), one_hot()
    layers, (row, *_) = list(encoder_layers(model.encoder)), corrupted(source)
    before = to_labels(naive(model, source.table, row))
    list(make_sweeper(checkpoint_of(model), TEXT, source.table).predict(corrupted(source)))
    assert list(encoder_layers(model.encoder)) == layers
    assert np.array_equal(to_labels(naive(model, source.table, row)), before)


lengths = st.lists(st.integers(1, 4), min_size=1, max_size=5)


@given(lengths, st.integers(1, 6), st.integers(0, 99))
def test_every_text_is_made_of_its_distinct_sentences(sizes: list[int], texts: int, seed: int) -> None:
    rows = list(np.random.default_rng(seed).integers(-1, 2, (texts, sum(sizes))))
    cases, case_of = distinct_cases(rows, sizes)
    assert len({(case.sentence, case.rows.tobytes()) for case in cases}) == len(cases)
    for row, numbers in zip(rows, case_of, strict=True):
        assert [cases[n].sentence for n in numbers] == list(range(len(sizes)))
        assert np.array_equal(np.concatenate([cases[n].rows for n in numbers]), row)


@given(st.lists(st.integers(1, 6000), max_size=40))
def test_batches_of_the_sweep_have_every_case_once_and_fit(sizes: list[int]) -> None:
    batches = list(batches_by_pieces(sizes))
    assert sorted(i for batch in batches for i in batch) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(sizes[i] for i in batch) <= sweep_module.BATCH_PIECES


# --- the table -------------------------------------------------------------------------------------------------------


def split(labels: Ids) -> list[list[str]]:
    return [[LABELS[i] for i in part] for part in by_sentence(labels, SENTENCES)]


def entities(rows: list[list[str]]) -> set[tuple[int, str, int, int]]:
    return {(i, *entity) for i, row in enumerate(rows) for entity in get_entities(row)}


@pytest.mark.parametrize(
    ("place", "make_source"), [("late", one_hot), ("late", with_donors), ("middle", one_hot), ("earliest", one_hot)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning", "ignore::UserWarning")
def test_every_row_has_the_scores_of_a_full_pass_by_seqeval(bert: Path, place: str, make_source: Any) -> None:
    source = make_source()
    model = stir(make_model(bert, variant(place, feature(source))))
    table = swept(model, source).rows
    keys = [(tagging.mode, tagging.level, tagging.number) for tagging in PLAN]
    assert list(zip(table["mode"], table["level"], table["draw"], strict=True)) == keys
    clean = {t.number: split(to_labels(naive(model, source.table, source.rows(CLEAN, t)[0]))) for t in PLAN[:2]}
    for tagging, row in zip(PLAN, table.to_dict("records"), strict=True):
        rows, fallbacks = source.rows(CLEAN, tagging)
        predicted = split(to_labels(naive(model, source.table, rows)))
        assert row["f1"] == pytest.approx(f1_score(TRUE, predicted, zero_division=0))
        assert row["precision"] == pytest.approx(precision_score(TRUE, predicted, zero_division=0))
        assert row["recall"] == pytest.approx(recall_score(TRUE, predicted, zero_division=0))
        report = classification_report(TRUE, predicted, output_dict=True, zero_division=0)
        for kind in ("LOC", "PER"):
            assert row[f"f1_{kind}"] == pytest.approx(report[kind]["f1-score"])
        assert row["tokens_changed"] == (tagging.tags != CLEAN).sum()
        assert row["effective_rate"] == pytest.approx((tagging.tags != CLEAN).mean())
        assert row["donor_fallbacks"] == fallbacks
        before, now, true = (entities(labels) for labels in (clean[tagging.number], predicted, TRUE))
        assert row["entities_flipped"] == len(before ^ now)
        assert row["fixed"] == len((now - before) & true)
        assert row["broken"] + row["moved"] + row["retyped"] == len((before - now) & true)
        for text in range(TEXT_OF.max() + 1):
            here = [{e for e in part if TEXT_OF[e[0]] == text} for part in (now & true, now, true)]
            assert [row[name][text] for name in COUNT_COLUMNS] == list(map(len, here))


def test_where_tags_changed_adds_up_to_the_rows(bert: Path) -> None:
    tables = swept(stir(make_model(bert, variant("middle"))), one_hot())
    counted = tables.changes.groupby(["mode", "level"], sort=False)
    assert len(counted) == len(tables.rows.groupby(["mode", "level"]))
    for point, cells in counted:
        rows = tables.rows[(tables.rows["mode"] == point[0]) & (tables.rows["level"] == point[1])]
        assert cells["tokens"].sum() == pytest.approx(len(CLEAN))
        assert cells[cells["source"] != cells["target"]]["tokens"].sum() == pytest.approx(rows["tokens_changed"].mean())
        for name in ("broken", "moved", "retyped", "fixed"):
            assert cells[name].sum() == pytest.approx(rows[name].mean())


def test_nothing_flips_where_nothing_changes_and_the_set_grows(bert: Path) -> None:
    settings = Corruption(rates=(1, 0, 0.2, 0.6), scales=(0, 2, 1), draws=3)
    table = swept(stir(make_model(bert, variant("late"))), one_hot(), settings).rows
    same = table[table["level"] == 0]
    assert set(same["mode"]) == {"clean", "tagger", "pooled", "scaled"}
    nothing = ["tokens_changed", "effective_rate", "entities_flipped", "broken", "moved", "retyped", "fixed"]
    assert (same[nothing] == 0).all(axis=None)
    assert same["f1"].nunique() == 1
    for _, rows in table[table["mode"].isin(["tagger", "pooled", "scaled"])].groupby(["mode", "draw"]):
        assert rows["level"].is_monotonic_increasing
        assert rows["tokens_changed"].is_monotonic_increasing
    full = table[table["level"] == 1].groupby("mode")["tokens_changed"].first()
    assert full["tagger"] == np.isin(CLEAN, [1, 2, 3]).sum()
    assert full["pooled"] == full["random_tag"] == (CLEAN >= 0).sum()


def test_the_corruption_is_the_same_for_every_checkpoint(encoders: dict[str, Path]) -> None:
    tables = [
        swept(stir(make_model(encoders[kind], variant(place))), one_hot()).rows
        for kind, place in (("bert", "late"), ("roberta", "middle"), ("electra", "earliest"))
    ]
    columns = ["mode", "level", "draw", "effective_rate", "tokens_changed"]
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0][columns], other[columns])


def test_a_sweep_gives_the_same_tables_twice(bert: Path) -> None:
    model = stir(make_model(bert, variant("middle")))
    one, other = (swept(model, one_hot()) for _ in range(2))
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)
    pd.testing.assert_frame_equal(one.changes, other.changes, check_exact=True)


def test_a_model_that_ignores_pos_flips_nothing(bert: Path) -> None:
    model = make_model(bert, variant("middle"))
    nn.init.normal_(model.classifier.weight, generator=torch.Generator().manual_seed(0))
    table = swept(model, one_hot()).rows
    assert set(table["mode"]) == set(MODES)
    assert (table["entities_flipped"] == 0).all()
    assert table["f1"].nunique() == 1


@pytest.mark.parametrize("kind", ["one_hot", "logits", "trainable_embed"])
@pytest.mark.parametrize("place", PLACES)
def test_pos_switched_off_is_the_model_without_a_pos_path(bert: Path, place: str, kind: str) -> None:
    """To the bit: neither embeddings nor a bias contribute."""
    model = stir(make_model(bert, variant(place, kind)))
    without = copy.deepcopy(model)
    without.fusion = NoFusion()
    table = (with_donors() if kind == "logits" else one_hot()).table
    off = naive(model, table, np.full(len(CLEAN), -1))
    plain = checkpoint_of(without).predict(EXAMPLES)
    for ours, theirs in zip(off, plain, strict=True):
        assert np.array_equal(ours.logits, theirs.logits)
    (labels,) = make_sweeper(checkpoint_of(model), TEXT, table).predict([np.full(len(CLEAN), -1)])
    assert np.array_equal(labels, to_labels(plain))
