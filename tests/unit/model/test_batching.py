"""Batches: each sentence once per epoch, little padding, labels on first pieces and POS on all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from posner.corpora.corpus import Sentence
from posner.model.batching import (
    BATCH_PIECES,
    IGNORED,
    Batch,
    Collator,
    Examples,
    run_in_batches,
    training_batches,
)
from posner.model.tokenization import Pieces
from posner.pos.features import PosFeatures
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


def prediction_batches(lengths: list[int], limit: int, memory: float = math.inf) -> list[list[int]]:
    """The batches of a prediction on a device whose memory is enough for a number of pieces."""
    batches: list[list[int]] = []

    def run(sentences: npt.NDArray[np.int64]) -> None:
        if len(sentences) * max(lengths[i] for i in sentences) > memory:
            raise torch.OutOfMemoryError
        batches.append(sentences.tolist())

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BATCH_PIECES, "cpu", limit)
        run_in_batches(np.array(lengths, dtype=np.int64), CPU.device, run, "predicting")
    return batches


@given(sizes, st.integers(1, 200), st.sampled_from([math.inf, 60, 100]))
def test_prediction_batches_are_full_and_go_from_long_to_short(lengths: list[int], limit: int, memory: float) -> None:
    batches = prediction_batches(lengths, limit, memory)
    flat = [i for batch in batches for i in batch]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[i] for i in flat] == sorted(lengths, reverse=True)
    for batch, following in zip(batches, [*batches[1:], None], strict=True):
        longest = lengths[batch[0]]
        assert len(batch) == 1 or len(batch) * longest <= min(limit, memory)
        assert following is None or memory < math.inf or (len(batch) + 1) * longest > limit, "another would fit"


def test_batches_are_halved_where_memory_is_too_small(caplog: pytest.LogCaptureFixture) -> None:
    assert [len(batch) for batch in prediction_batches([10] * 20, 100, memory=60)] == [5] * 4
    assert caplog.messages == ["too little memory for 10 sentences; batches have at most 50 pieces now"]
    with pytest.raises(torch.OutOfMemoryError):
        prediction_batches([10] * 20, 100, memory=9)


def test_nothing_makes_no_batches() -> None:
    assert training_batches([], 4, 0, 0) == []
    assert prediction_batches([], 4) == []


# --- tensors ---------------------------------------------------------------------------------------------------------


def collate(examples: Examples, sentences: Sequence[int] | None = None) -> Batch:
    return Collator(examples, PAD, CPU.device)(range(len(examples)) if sentences is None else sentences)


def test_a_batch_by_hand() -> None:
    table = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)
    pieces = Pieces(
        input_ids=np.array([2, 8, 3, 2, 5, 6, 7, 3]),
        words=np.array([-1, 0, -1, -1, 1, 1, 2, -1]),
        first=np.array([1, 4, 6, -1]),
        bounds=np.array([0, 3, 8]),
        word_bounds=np.array([0, 1, 4]),
        cut_off=np.array([0, 0]),
    )
    examples = Examples(pieces, np.array([1, 4, 0, 2]), PosFeatures(table, np.array([1, 0, -1, 0])))
    batch = collate(examples)
    assert batch.input_ids.tolist() == [[2, 8, 3, PAD, PAD], [2, 5, 6, 7, 3]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert batch.place.tolist() == [[0, 1, 2, 0, 0], [3, 4, 5, 6, 7]]
    x = IGNORED
    assert batch.labels.tolist() == [[x, 1, x, x, x], [x, 4, x, 0, x]]
    assert batch.pos is not None
    assert batch.pos.tolist() == [
        [[0, 0], [0, 1], [0, 0], [0, 0], [0, 0]],
        [[0, 0], [1, 0], [1, 0], [0, 0], [0, 0]],
    ]
    turned = collate(examples, [1, 0])
    assert turned.input_ids.tolist() == batch.input_ids.tolist()[::-1]
    assert collate(examples, [0]).input_ids.tolist() == [[2, 8, 3]]


@pytest.mark.parametrize("max_length", [4, 7, 40])
def test_labels_stand_on_first_pieces_and_pos_on_all(max_length: int) -> None:
    sentences = make_sentences(30, seed=3)
    examples = to_examples(sentences, max_length=max_length)
    pieces, batch = examples.pieces, collate(examples)
    assert batch.pos is not None
    assert batch.pos.dtype == torch.float32
    for row, sentence in enumerate(sentences):
        start, end = pieces.bounds[row : row + 2]
        for place in range(batch.input_ids.shape[1]):
            label, tag = int(batch.labels[row, place]), batch.pos[row, place]
            word = int(pieces.words[start + place]) if start + place < end else -1
            if word < 0:
                assert label == IGNORED
                assert not tag.any()
                continue
            within = word - pieces.word_bounds[row]
            assert tag.tolist() == [float(name == sentence.pos[within]) for name in TAGS]
            is_first = pieces.first[word] == start + place
            assert label == (LABELS.index(sentence.ner[within]) if is_first else IGNORED)
    assert int((batch.labels != IGNORED).sum()) == sum(len(s) for s in sentences) - pieces.lost


def test_a_word_without_pieces_leaves_no_trace_in_a_batch() -> None:
    plain, hidden = (
        Sentence(tokens, ("NN",) * len(tokens), ("O",) * len(tokens)) for tokens in (("a", "b"), ("a", NO_PIECE, "b"))
    )
    first, second = (collate(to_examples([sentence])) for sentence in (plain, hidden))
    assert torch.equal(first.input_ids, second.input_ids)
    assert torch.equal(first.labels, second.labels)
    assert torch.equal(first.pos, second.pos)  # type: ignore[arg-type]


def test_the_baseline_reads_the_same_batch_without_pos() -> None:
    sentences = make_sentences(20)
    reading, without = (collate(to_examples(sentences, with_pos=has_pos)) for has_pos in (True, False))
    assert without.pos is None
    for name in ("input_ids", "attention_mask", "labels"):
        assert torch.equal(getattr(reading, name), getattr(without, name))


def test_the_tokenizer_of_the_tests_pads_with_zero() -> None:
    assert make_tokenizer().pad_token_id == 0
