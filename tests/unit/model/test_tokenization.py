"""Word pieces: every word has its own pieces, the first one is known, and words without any are counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posner.corpora.corpus import Sentence
from posner.errors import InputError
from posner.model.batching import IGNORED, Examples
from posner.model.examples import check_pieces, make_examples
from posner.model.tokenization import Pieces, first_pieces, split_words, word_numbers
from tiny_models import LABELS, NO_PIECE, TAGS, VOCABULARY, make_tokenizer

TOKENIZER = make_tokenizer()
CLS, SEP = VOCABULARY.index("[CLS]"), VOCABULARY.index("[SEP]")

# What a word becomes is known beforehand: a piece a letter, one piece for a word of the vocabulary, none for a blank.
words = st.one_of(
    st.text("abcxyz", min_size=1, max_size=6), st.sampled_from(["the", "Ann", "Rome", NO_PIECE, "?", "αβγ"])
)
sentences = st.lists(words, min_size=1, max_size=12)


def expected_pieces(word: str) -> list[str]:
    if word == NO_PIECE:
        return []
    if word in VOCABULARY:
        return [word]
    if not word.isascii() or not word.isalpha():
        return ["[UNK]"]
    return [word[0], *(f"##{letter}" for letter in word[1:])]


def of_sentences(pieces: Pieces) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """The input ids, words and first pieces of each sentence, numbered within it."""
    for i in range(len(pieces.lengths)):
        start, end = pieces.bounds[i : i + 2]
        word, last = pieces.word_bounds[i : i + 2]
        words, first = pieces.words[start:end], pieces.first[word:last]
        yield (
            pieces.input_ids[start:end].tolist(),
            np.where(words < 0, -1, words - word).tolist(),
            np.where(first < 0, -1, first - start).tolist(),
        )


def of_sentence(text: list[str], max_length: int) -> tuple[list[int], list[int], list[int]]:
    (parts,) = of_sentences(split_words(TOKENIZER, [text], max_length))
    return parts


@settings(deadline=None)
@given(st.lists(sentences, min_size=1, max_size=4), st.integers(3, 30))
def test_pieces_are_those_of_each_word_in_turn(texts: list[list[str]], max_length: int) -> None:
    pieces = split_words(TOKENIZER, texts, max_length)
    assert pieces.word_lengths.tolist() == [len(text) for text in texts]
    for text, length, (ids, numbers, _) in zip(texts, pieces.lengths, of_sentences(pieces), strict=True):
        flat = [(i, piece) for i, word in enumerate(text) for piece in expected_pieces(word)][: max_length - 2]
        assert ids == [CLS, *(VOCABULARY.index(piece) for _, piece in flat), SEP]
        assert numbers == [-1, *(i for i, _ in flat), -1]
        assert length == len(flat) + 2 <= max_length


@settings(deadline=None)
@given(sentences, st.integers(3, 30))
def test_the_first_piece_of_a_word_is_the_first_that_belongs_to_it(text: list[str], max_length: int) -> None:
    pieces = split_words(TOKENIZER, [text], max_length)
    assert pieces.first.shape == (len(text),)
    for word in range(len(text)):
        positions = np.flatnonzero(pieces.words == word)
        assert pieces.first[word] == (positions[0] if len(positions) else -1)


@settings(deadline=None)
@given(st.lists(sentences, min_size=1, max_size=3), st.integers(3, 30))
def test_words_without_pieces_and_truncated_ones_are_counted(texts: list[list[str]], max_length: int) -> None:
    pieces = split_words(TOKENIZER, texts, max_length)
    without_pieces = truncated = 0
    for text in texts:
        room = 0
        for word in text:
            needed = len(expected_pieces(word))
            without_pieces += needed == 0
            truncated += needed > 0 and room >= max_length - 2
            room += needed
    assert pieces.truncated == truncated
    assert pieces.lost == truncated + without_pieces


@settings(deadline=None)
@given(st.lists(sentences, min_size=1, max_size=6), st.integers(3, 20))
def test_a_sentence_is_split_independently_of_others(texts: list[list[str]], max_length: int) -> None:
    for text, together in zip(texts, of_sentences(split_words(TOKENIZER, texts, max_length)), strict=True):
        assert together == of_sentence(text, max_length)


# Word ids as tokenizers give them: None for special tokens anywhere, words in order, some without a piece.
word_ids = st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=20).map(
    lambda ids: [None if i is None else i for i in sort_words(ids)]
)


def sort_words(ids: list[int | None]) -> list[int | None]:
    numbers = iter(sorted(i for i in ids if i is not None))
    return [None if i is None else next(numbers) for i in ids]


@given(word_ids)
def test_alignment_equals_a_plain_search(ids: list[int | None]) -> None:
    numbers = word_numbers(ids, 5)
    assert numbers.tolist() == [-1 if i is None else i + 5 for i in ids]
    assert first_pieces(numbers, 15).tolist() == [ids.index(word - 5) if word - 5 in ids else -1 for word in range(15)]


def test_nothing_is_split_into_nothing() -> None:
    pieces = split_words(TOKENIZER, [], 16)
    assert (len(pieces.input_ids), len(pieces.first), pieces.lost, len(pieces.lengths)) == (0, 0, 0, 0)


def test_a_word_cut_in_its_middle_is_not_lost() -> None:
    pieces = split_words(TOKENIZER, [["ab", "cdef", "gh"]], 6)
    assert pieces.words.tolist() == [-1, 0, 0, 1, 1, -1]
    assert pieces.first.tolist() == [1, 3, -1]
    assert pieces.lost == 1


def test_words_that_look_like_special_tokens_are_words() -> None:
    pieces = split_words(TOKENIZER, [["[SEP]", "ab", "[PAD]"]], 16)
    assert pieces.words[0] == pieces.words[-1] == -1
    assert pieces.lost == 0
    assert sorted(set(pieces.words[1:-1].tolist())) == [0, 1, 2]


def test_pieces_do_not_change() -> None:
    with pytest.raises(AttributeError):
        split_words(TOKENIZER, [["a"]], 16).first = np.zeros(1, dtype=np.int64)  # type: ignore[misc]


@settings(deadline=None)
@given(st.lists(sentences, min_size=1, max_size=4))
def test_examples_keep_the_order_and_every_label(texts: list[list[str]]) -> None:
    labelled = [Sentence(tuple(t), ("NN",) * len(t), tuple(LABELS[len(w) % 5] for w in t)) for t in texts]
    examples = make_examples(TOKENIZER, labelled, [s.ner for s in labelled], LABELS, 16)
    assert [LABELS[i] for i in examples.labels] == [label for sentence in labelled for label in sentence.ner]
    assert examples.pos is None
    assert len(examples) == len(labelled)


def test_a_label_that_train_does_not_have_is_not_learned() -> None:
    examples = make_examples(TOKENIZER, [Sentence(("a", "b"), ("XX", "NN"), ("O", "O"))], [("XX", "NN")], TAGS, 16)
    assert examples.labels.tolist() == [IGNORED, TAGS.index("NN")]


def labelled_examples(*sentences: tuple[str, ...], max_length: int = 16) -> Examples:
    """Examples of these words, all of them outside entities."""
    labelled = [Sentence(words, ("NN",) * len(words), ("O",) * len(words)) for words in sentences]
    return make_examples(TOKENIZER, labelled, [s.ner for s in labelled], LABELS, max_length)


def test_words_that_are_not_read_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING"):
        check_pieces("test", labelled_examples(("a",) * 99, (NO_PIECE,), max_length=101))  # exactly 1 %
        assert not caplog.messages
        check_pieces("test", labelled_examples(("a", NO_PIECE, "b", "the", "Ann"), max_length=5))
    assert caplog.messages == [
        "test: 1 words (20.0 %) are cut off; increase max_length",
        "test: 1 words (20.0 %) have no piece and are read as nothing",
    ]


def test_a_split_without_a_labelled_piece_is_refused() -> None:
    with pytest.raises(InputError, match="train: no word has a label within the longest input"):
        check_pieces("train", labelled_examples((NO_PIECE,)))
    unknown = make_examples(TOKENIZER, [Sentence(("a",), ("XX",), ("O",))], [("XX",)], TAGS, 16)
    with pytest.raises(InputError, match="no word has a label"):
        check_pieces("train", unknown)
