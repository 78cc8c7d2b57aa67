"""Stored word pieces are those of the sentences, and of no other sentences or tokenizer."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.corpora.corpus import SPLITS, Sentence, write_split
from posner.errors import InputError
from posner.model.stored_pieces import StoredPieces, read_pieces_card, tokenizer_hash, write_pieces
from posner.model.tokenization import Pieces, split_words
from tiny_models import NO_PIECE, make_sentences, make_tokenizer
from transformers import AutoTokenizer

TOKENIZER = make_tokenizer()
LENGTH = 9
WORDS = st.lists(st.sampled_from(["a", "bcd", "the", "Ann", NO_PIECE, "efghijklm"]), min_size=1, max_size=6)


def assert_same(one: Pieces, other: Pieces) -> None:
    for field in fields(Pieces):
        left, right = getattr(one, field.name), getattr(other, field.name)
        np.testing.assert_array_equal(left, right, err_msg=field.name)
        assert left.dtype == right.dtype == np.int64


def to_pieces(sentences: list[Sentence]) -> Pieces:
    return split_words(TOKENIZER, [sentence.tokens for sentence in sentences], LENGTH)


@pytest.fixture
def sentences() -> dict[str, list[Sentence]]:
    long = Sentence(("abcdefghijkl", NO_PIECE, "Rome"), ("NN",) * 3, ("O",) * 3)
    return {split: [*make_sentences(5 + i, seed=i), long] for i, split in enumerate(SPLITS)}


@pytest.fixture
def stored(tmp_path: Path, sentences: dict[str, list[Sentence]]) -> StoredPieces:
    paths = [tmp_path / f"{split}.parquet" for split in SPLITS]
    for path in paths:
        write_split(path, sentences[path.stem])
    write_pieces(tmp_path / "pieces" / "pieces.json", paths, TOKENIZER, LENGTH)
    return StoredPieces.open(tmp_path / "pieces" / "pieces.json", TOKENIZER, LENGTH)


# --- what is stored --------------------------------------------------------------------------------------------------


def test_pieces_are_read_as_they_were_written(
    stored: StoredPieces, sentences: dict[str, list[Sentence]], tmp_path: Path
) -> None:
    for split in SPLITS:
        pieces = stored.read(tmp_path / f"{split}.parquet")
        assert_same(pieces, to_pieces(sentences[split]))
        assert 1 <= pieces.truncated == pieces.lost - 1, "the word without a piece is lost, but not cut off"


def test_pieces_are_memory_mapped(stored: StoredPieces, tmp_path: Path) -> None:
    pieces = stored.read(tmp_path / "train.parquet")
    address = pieces.input_ids.ctypes.data
    maps = [line.split(maxsplit=5) for line in Path("/proc/self/maps").read_text().splitlines()]
    [file] = [name for range_, *_, name in maps if within(address, range_)]
    assert Path(file.strip()) == tmp_path / "pieces" / "train.safetensors"


def within(address: int, range_: str) -> bool:
    start, end = (int(text, 16) for text in range_.split("-"))
    return start <= address < end


# --- what is refused -------------------------------------------------------------------------------------------------


def test_pieces_of_another_length_are_refused(stored: StoredPieces) -> None:
    with pytest.raises(InputError, match=r"at most 9, but max_length is 10; run tokenize_corpus with --max-length=10"):
        StoredPieces.open(stored.path, TOKENIZER, LENGTH + 1)


def test_pieces_of_other_sentences_are_refused(
    stored: StoredPieces, sentences: dict[str, list[Sentence]], tmp_path: Path
) -> None:
    write_split(tmp_path / "test.parquet", sentences["test"][::-1])
    with pytest.raises(InputError, match=r"not the word pieces of .*test.parquet"):
        stored.read(tmp_path / "test.parquet")
    write_split(tmp_path / "extra.parquet", sentences["test"])
    with pytest.raises(InputError, match=r"not the word pieces of .*extra.parquet"):
        stored.read(tmp_path / "extra.parquet")


def test_pieces_of_another_tokenizer_are_refused(stored: StoredPieces) -> None:
    other = make_tokenizer()
    other.add_tokens(["Rome-Ann"])
    with pytest.raises(InputError, match="word pieces of another tokenizer"):
        StoredPieces.open(stored.path, other, LENGTH)


@pytest.mark.parametrize("end", [b"", b"\x7f", b"longer than before"])
def test_damaged_pieces_are_refused(stored: StoredPieces, tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "pieces" / "train.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + end)
    with pytest.raises(InputError, match=r"train.safetensors: missing, or not the file of .*pieces.json"):
        stored.read(tmp_path / "train.parquet")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"max_length": "256"}'])
def test_a_damaged_card_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pieces.json").write_text(text)
    with pytest.raises(InputError, match="not the card of word pieces"):
        read_pieces_card(tmp_path / "pieces.json")


def test_the_hash_of_a_tokenizer_is_that_of_its_copies(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    before = tokenizer_hash(tokenizer)
    tokenizer(["a"], truncation=True, max_length=5, padding="max_length")
    tokenizer.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "tokenizer.json").read_text())["truncation"]
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    loaded.save_pretrained(tmp_path / "again")
    assert tokenizer_hash(tokenizer) == before
    assert tokenizer_hash(loaded) == tokenizer_hash(AutoTokenizer.from_pretrained(tmp_path / "again"))


# --- some of the sentences -------------------------------------------------------------------------------------------


@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_some_sentences_have_the_pieces_that_they_have_alone(texts: list[list[str]], data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=8))
    pieces = split_words(TOKENIZER, texts, LENGTH).of_sentences(numbers)
    assert_same(pieces, split_words(TOKENIZER, [texts[i] for i in numbers], LENGTH))


def test_pieces_that_are_cut_on_the_other_side_are_of_another_tokenizer() -> None:
    left = make_tokenizer()
    left.truncation_side = "left"
    assert tokenizer_hash(left) != tokenizer_hash(TOKENIZER)
