"""Sweeps: the predictions equal those of full passes over the corrupted text, and nothing is computed twice."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from posner.arrays import Floats, bounds
from posner.model.batching import BATCH_PIECES
from posner.model.device import Device
from posner.model.fusion.base import NoFusion
from posner.model.hooks import encoder_layers
from posner.model.modeling import PosNerModel
from posner.pos.features import one_hot_table, tag_ids
from posner.prediction import sweep as sweep_module
from posner.prediction.sweep import (
    Cases,
    EncoderSweeper,
    LateSweeper,
    distinct_cases,
    make_sweeper,
)
from swept_text import (
    CLEAN,
    MAX_LENGTH,
    OUTSIDE,
    PLACES,
    PLAN,
    SENTENCES,
    TEXT,
    Ids,
    corrupted,
    feature,
    full_pass,
    one_hot,
    to_labels,
    variant,
    with_donors,
)
from tiny_models import LAYERS, TAGS, by_sentence, checkpoint_of, make_model, stir, to_examples
from torch import Tensor


class Recorded(EncoderSweeper):
    """Records the logits ``[words, labels]`` of each case."""

    def run(self, cases: Cases, rows: Ids, starts: Ids) -> Ids:
        self.logits: dict[tuple[int, bytes], Floats] = {}
        return super().run(cases, rows, starts)

    def run_batch(self, sentences: Ids, rows: Tensor, tagging: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        seen: list[Tensor] = []
        handle = self.checkpoint.model.register_forward_hook(lambda _, __, output: seen.append(output.logits))
        result = super().run_batch(sentences, rows, tagging)
        handle.remove()
        for sentence, number, logits in zip(sentences, tagging.tolist(), seen[0].numpy(), strict=True):
            start, end = self.pieces.word_bounds[sentence : sentence + 2]
            first = self.pieces.first[start:end]
            within = np.where(first < 0, -1, first - self.pieces.bounds[sentence])
            key = sentence, rows[number, start:end].numpy().astype(np.int64).tobytes()
            assert key not in self.logits, "a tagging of a sentence is read once"
            self.logits[key] = logits[within]
        return result


# --- what is predicted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make_source", [one_hot, with_donors])
def test_late_fusion_gives_the_logits_of_full_passes(encoder: Path, make_source: Any) -> None:
    source = make_source()
    model = stir(make_model(encoder, variant("late", feature(source))))
    sweeper = LateSweeper(checkpoint_of(model), TEXT, source.table)
    rows = corrupted(source)
    for row, labels in zip(rows, sweeper.predict(rows), strict=True):
        words = full_pass(model, source.table, row)
        logits = (sweeper.logits + sweeper.added[torch.from_numpy(row)]).detach().numpy()
        assert logits[words.seen] == pytest.approx(words.logits[words.seen], abs=1e-5)
        assert np.array_equal(labels, to_labels(words))


@pytest.mark.parametrize("pieces", [12, 4096], ids=["small batches", "one batch"])
@pytest.mark.parametrize("place", ["last", "middle", "earliest"])
def test_encoder_fusion_gives_the_logits_of_full_passes(
    encoder: Path, place: str, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BATCH_PIECES, "cpu", pieces)
    source, model = one_hot(), stir(make_model(encoder, variant(place)))
    sweeper, rows = Recorded(checkpoint_of(model), TEXT, source.table), corrupted(one_hot())
    for row, labels in zip(rows, sweeper.predict(rows), strict=True):
        words = full_pass(model, source.table, row)
        sentences = words.split(TEXT.pieces.word_bounds)
        for number, (word, part) in enumerate(zip(sentences, by_sentence(row, SENTENCES), strict=True)):
            logits = sweeper.logits[number, part.tobytes()]
            assert logits[word.seen] == pytest.approx(word.logits[word.seen], abs=1e-5)
        assert np.array_equal(labels, to_labels(words))


def test_encoder_fusion_of_logits_gives_full_passes(bert: Path) -> None:
    source = with_donors()
    model = stir(make_model(bert, variant("middle", "logits")))
    rows = corrupted(source)
    for row, labels in zip(rows, make_sweeper(checkpoint_of(model), TEXT, source.table).predict(rows), strict=True):
        assert np.array_equal(labels, to_labels(full_pass(model, source.table, row)))


def test_the_text_is_one_on_which_corruption_matters(bert: Path) -> None:
    for place in PLACES:
        model, source = stir(make_model(bert, variant(place))), one_hot()
        clean, worst = (to_labels(full_pass(model, source.table, tags)) for tags in (CLEAN, PLAN[-2].tags))
        assert (clean != worst).sum() > 3, place


def test_words_without_a_piece_are_outside(bert: Path) -> None:
    unseen = ~TEXT.pieces.has_piece
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
    text = to_examples(sentences, with_pos=False, max_length=MAX_LENGTH)
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
        assert np.array_equal(labels, to_labels(full_pass(model, source.table, row, bf16)))


@pytest.mark.parametrize("kind", ["one_hot", "logits", "trainable_embed"])
@pytest.mark.parametrize("place", PLACES)
def test_pos_switched_off_is_the_model_without_a_pos_path(bert: Path, place: str, kind: str) -> None:
    """To the bit: neither embeddings nor a bias contribute."""
    model = stir(make_model(bert, variant(place, kind)))
    without = copy.deepcopy(model)
    without.fusion = NoFusion()
    table = (with_donors() if kind == "logits" else one_hot()).table
    off = full_pass(model, table, np.full(len(CLEAN), -1))
    plain = checkpoint_of(without).predict(TEXT)
    assert np.array_equal(off.logits, plain.logits)
    (labels,) = make_sweeper(checkpoint_of(model), TEXT, table).predict([np.full(len(CLEAN), -1)])
    assert np.array_equal(labels, to_labels(plain))


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
    passes = 1  # the text is one batch
    sweeper = make_sweeper(checkpoint_of(model), TEXT, source.table)
    assert counter.calls == [passes] * LAYERS
    list(sweeper.predict(corrupted(source)))
    assert counter.calls[:below] == [passes] * below
    assert all(calls > passes for calls in counter.calls[below:])


def test_a_tagging_of_a_sentence_is_read_once(bert: Path) -> None:
    model, source = stir(make_model(bert, variant("last"))), one_hot()
    sweeper = Recorded(checkpoint_of(model), TEXT, source.table)
    rows = corrupted(source)
    list(sweeper.predict([*rows, *rows]))
    parts = {(i, part.tobytes()) for row in rows for i, part in enumerate(by_sentence(row, SENTENCES))}
    assert sweeper.logits.keys() == parts
    assert len(parts) < len(rows) * len(SENTENCES)


def test_a_sweep_leaves_the_model_as_it_was(bert: Path) -> None:
    model, source = stir(make_model(bert, variant("middle"))), one_hot()
    layers, (row, *_) = list(encoder_layers(model.encoder)), corrupted(source)
    before = to_labels(full_pass(model, source.table, row))
    list(make_sweeper(checkpoint_of(model), TEXT, source.table).predict(corrupted(source)))
    assert list(encoder_layers(model.encoder)) == layers
    assert np.array_equal(to_labels(full_pass(model, source.table, row)), before)


sentence_lengths = st.lists(st.integers(1, 4), min_size=1, max_size=5)


@given(sentence_lengths, st.integers(1, 6), st.integers(0, 99))
def test_every_text_is_made_of_its_distinct_sentences(lengths: list[int], number: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(-1, 2, (number, sum(lengths)))
    starts = bounds(lengths)
    cases = distinct_cases(rows, starts)

    def part(tagging: int, sentence: int) -> tuple[int, bytes]:
        return sentence, rows[tagging, starts[sentence] : starts[sentence + 1]].tobytes()

    parts = [part(tagging, sentence) for tagging, sentence in zip(cases.tagging, cases.sentence, strict=True)]
    every = [part(tagging, sentence) for tagging in range(number) for sentence in range(len(lengths))]
    assert parts == list(dict.fromkeys(every)), "in the order of their first occurrence"
    assert [parts[case] for case in cases.case_of.ravel()] == every


def test_colliding_hashes_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds, plain = [], sweep_module.hashes

    def colliding(rows: Ids, word_bounds: Ids, seed: int) -> Any:
        seeds.append(seed)
        keys = plain(rows, word_bounds, seed)
        return keys if seed else np.zeros_like(keys)

    monkeypatch.setattr(sweep_module, "hashes", colliding)
    rows = np.array([[0, 1, 2], [0, 1, 1]])
    assert distinct_cases(rows, np.array([0, 2, 3])).case_of.tolist() == [[0, 1], [0, 2]]
    assert seeds == [0, 1]
