"""Batches: each sentence once per epoch, little padding, labels on first pieces and POS on all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from posner.corpora.corpus import Sentence
from posner.model.batching import IGNORED, Example, collate, sorted_batches, training_batches, words_to_pieces
from posner.model.tokenization import Pieces
from tiny_models import CPU, LABELS, NO_PIECE, TAGS, make_sentences, make_tokenizer, to_examples

PAD = 9

sizes = st.lists(st.integers(3, 60), min_size=1, max_size=200)


def conll_like_lengths(number: int) -> npt.NDArray[np.int64]:
    """Lengths with the skew of CoNLL-2003: many headlines and tables, some long sentences."""
    generator = np.random.default_rng(0)
    return np.clip(generator.lognormal(2.6, 0.8, number), 3, 160).astype(np.int64)


def padding_share(lengths: npt.NDArray[np.int64], batches: list[list[int]]) -> float:
    padded = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    return 1 - int(lengths.sum()) / padded


@given(sizes, st.integers(1, 20), st.integers(0, 3), st.integers(0, 3))
def test_every_sentence_is_in_one_batch_of_an_epoch(lengths: list[int], size: int, seed: int, epoch: int) -> None:
    batches = training_batches(lengths, size, seed, epoch)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert sorted(map(len, batches))[1:] == [size] * (len(batches) - 1), "only one batch may be short"


@given(sizes, st.integers(1, 20), st.integers(0, 3), st.integers(0, 3))
def test_the_order_is_the_same_for_the_same_seed_and_epoch(
    lengths: list[int], size: int, seed: int, epoch: int
) -> None:
    assert training_batches(lengths, size, seed, epoch) == training_batches(list(lengths), size, seed, epoch)


def test_the_order_is_another_for_another_seed_or_epoch() -> None:
    lengths = conll_like_lengths(200).tolist()
    orders = {str(training_batches(lengths, 16, seed, epoch)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


def test_the_order_does_not_move_torch_or_the_old_numpy_stream() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    training_batches([3, 4, 5], 2, 0, 0)
    assert torch.equal(before, torch.get_rng_state())


def test_the_order_of_batches_does_not_follow_length() -> None:
    lengths = conll_like_lengths(1600)
    longest = [int(lengths[batch].max()) for batch in training_batches(lengths.tolist(), 16, 0, 0)]
    assert abs(np.corrcoef(range(len(longest)), longest)[0, 1]) < 0.3


def test_training_batches_are_hardly_padded() -> None:
    lengths = conll_like_lengths(6000)
    chunks = np.array_split(np.random.default_rng(1).permutation(len(lengths)), len(lengths) // 16)
    random = [chunk.tolist() for chunk in chunks]
    assert padding_share(lengths, random) > 0.4, "the lengths are not what padding is about"
    assert padding_share(lengths, training_batches(lengths.tolist(), 16, 0, 0)) < 0.1


def test_most_neighbours_change_from_epoch_to_epoch() -> None:
    lengths = conll_like_lengths(4000).tolist()
    pairs = [
        {(a, b) for batch in training_batches(lengths, 16, 0, epoch) for a in batch for b in batch if a < b}
        for epoch in range(2)
    ]
    assert len(pairs[0] & pairs[1]) < 0.1 * len(pairs[0])


@given(sizes, st.integers(1, 20))
def test_prediction_batches_go_from_long_to_short(lengths: list[int], size: int) -> None:
    batches = sorted_batches(lengths, size)
    flat = [i for batch in batches for i in batch]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[i] for i in flat] == sorted(lengths, reverse=True)
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)


def test_nothing_makes_no_batches() -> None:
    assert training_batches([], 4, 0, 0) == []
    assert sorted_batches([], 4) == []


# --- tensors ---------------------------------------------------------------------------------------------------------


def test_a_batch_by_hand() -> None:
    pos = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    long = Example(pieces([2, 5, 6, 7, 3], [-1, 0, 0, 1, -1], [1, 3, -1]), np.array([4, 0, 2]), pos)
    short = Example(pieces([2, 8, 3], [-1, 0, -1], [1]), np.array([1]), pos[1:2])
    batch = collate([short, long], PAD)
    assert batch.input_ids.tolist() == [[2, 8, 3, PAD, PAD], [2, 5, 6, 7, 3]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    x = IGNORED
    assert batch.labels.tolist() == [[x, 1, x, x, x], [x, 4, x, 0, x]]
    assert batch.pos is not None
    assert batch.pos.tolist() == [
        [[0, 0], [0, 1], [0, 0], [0, 0], [0, 0]],
        [[0, 0], [1, 0], [1, 0], [0, 1], [0, 0]],
    ]


def pieces(ids: list[int], words: list[int], first: list[int]) -> Pieces:
    return Pieces(np.array(ids), np.array(words), np.array(first))


@pytest.mark.parametrize("max_length", [4, 7, 40])
def test_labels_stand_on_first_pieces_and_pos_on_all(max_length: int) -> None:
    sentences = make_sentences(30, seed=3)
    examples = to_examples(sentences, max_length=max_length)
    batch = collate(examples, PAD)
    assert batch.pos is not None
    assert batch.pos.dtype == torch.float32
    for row, (sentence, example) in enumerate(zip(sentences, examples, strict=True)):
        for place in range(batch.input_ids.shape[1]):
            word = int(example.pieces.words[place]) if place < len(example.pieces) else -1
            label, tag = int(batch.labels[row, place]), batch.pos[row, place]
            if word < 0:
                assert label == IGNORED
                assert not tag.any()
                continue
            assert tag.tolist() == [float(name == sentence.pos[word]) for name in TAGS]
            is_first = example.pieces.first[word] == place
            assert label == (LABELS.index(sentence.ner[word]) if is_first else IGNORED)
    labelled = int((batch.labels != IGNORED).sum())
    assert labelled == sum(len(s) for s in sentences) - sum(e.pieces.lost for e in examples)


def test_a_word_without_pieces_leaves_no_trace_in_a_batch() -> None:
    plain, hidden = (
        Sentence(tokens, ("NN",) * len(tokens), ("O",) * len(tokens)) for tokens in (("a", "b"), ("a", NO_PIECE, "b"))
    )
    first, second = (collate(to_examples([sentence]), PAD) for sentence in (plain, hidden))
    assert torch.equal(first.input_ids, second.input_ids)
    assert torch.equal(first.labels, second.labels)
    assert torch.equal(first.pos, second.pos)  # type: ignore[arg-type]


def test_the_baseline_reads_the_same_batch_without_pos() -> None:
    sentences = make_sentences(20)
    reading, without = (collate(to_examples(sentences, with_pos=has_pos), PAD) for has_pos in (True, False))
    assert without.pos is None
    for name in ("input_ids", "attention_mask", "labels"):
        assert torch.equal(getattr(reading, name), getattr(without, name))
    moved = without.to(CPU.device)
    assert moved.pos is None
    assert torch.equal(moved.input_ids, without.input_ids)


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=12))
def test_pieces_have_the_features_of_their_words(words: list[int]) -> None:
    features = np.arange(1, 9, dtype=np.float32).reshape(4, 2)
    before = features.copy()
    given_to = words_to_pieces(features, np.array(words))
    assert given_to.tolist() == [[0, 0] if word < 0 else before[word].tolist() for word in words]
    assert np.array_equal(features, before), "the words' own features must stay"


def test_the_tokenizer_of_the_tests_pads_with_zero() -> None:
    assert make_tokenizer().pad_token_id == 0
