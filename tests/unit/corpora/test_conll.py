"""Column files: all tokens and tags are read, and errors give the line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from posner.config.corpora import ColumnsCorpus
from posner.corpora.conll import read_columns
from posner.corpora.corpus import Sentence
from posner.errors import InputError

no_deadline = hypothesis_settings(deadline=None)  # other jobs may hold the cores while this one is timed


def settings(**changes: Any) -> ColumnsCorpus:
    return ColumnsCorpus(source="columns", train="train", validation="validation", test="test", **changes)


def write(folder: Path, text: str | bytes, name: str = "train.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# Anything can be in a column but what separates columns and lines: no-break spaces and U+2028 occur in real tokens.
words = st.text(st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda word: word != "-DOCSTART-" and not word.startswith("\ufeff")
)
rows = st.tuples(words, words, st.sampled_from(["O", "B-PER", "B-LOC"]))
sentences = st.lists(rows, min_size=1, max_size=5)


@no_deadline
@given(
    documents=st.lists(st.lists(sentences, max_size=4), min_size=1, max_size=4),
    separator=st.sampled_from([" ", "\t", "  \t"]),
    end=st.sampled_from(["\n", "\r\n"]),
    blank=st.sampled_from(["", " ", "\t ", "\u00a0", "\x0c"]),
    start=st.sampled_from(["-DOCSTART- -X- O O", "-DOCSTART-", None]),
    closed=st.booleans(),
    bom=st.booleans(),
)
def test_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[list[list[tuple[str, str, str]]]],
    separator: str,
    end: str,
    blank: str,
    start: str | None,
    closed: bool,
    bom: bool,
) -> None:
    lines: list[str] = []
    expected = []
    for number, document in enumerate(documents, start=1):
        if start:
            lines += [start, blank]
        for sentence in document:
            lines += [separator.join((token, pos, "chunk", ner)) for token, pos, ner in sentence]
            lines.append(blank)
            tokens, pos, ner = zip(*sentence, strict=True)
            expected.append(Sentence(tokens, pos, ner, f"t.x-{number:04d}" if start else None))
    while not closed and lines and lines[-1] == blank:
        lines.pop()
    path = write(tmp_path_factory.getbasetemp(), ("\ufeff" if bom else "") + end.join(lines), "t.x")
    assert read_columns(path, settings(scheme="iob2")) == expected


def test_documents_are_numbered_and_end_sentences(tmp_path: Path) -> None:
    text = "a N - O\n-DOCSTART- -X- O O\n\nb N - O\n-DOCSTART- -X- O O\nc N - O\n\n\nd N - O"
    read = read_columns(write(tmp_path, text), settings())
    assert [(s.tokens, s.document) for s in read] == [
        (("a",), "train.txt-0000"),
        (("b",), "train.txt-0001"),
        (("c",), "train.txt-0002"),
        (("d",), "train.txt-0002"),
    ]


def test_columns_and_scheme_are_as_set(tmp_path: Path) -> None:
    path = write(tmp_path, "1 S-PER x Ann NNP\n2 O x ran VBD\n")
    read = read_columns(path, settings(token_column=3, pos_column=4, ner_column=1, scheme="bioes"))
    assert read == [Sentence(("Ann", "ran"), ("NNP", "VBD"), ("B-PER", "O"))]


def test_an_entity_ends_with_its_sentence(tmp_path: Path) -> None:
    read = read_columns(write(tmp_path, "a N - I-PER\n\nb N - I-PER\n"), settings(scheme="iob1"))
    assert [s.ner for s in read] == [("B-PER",), ("B-PER",)]


def message(path: Path, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_columns(path, settings(**changes))
    return str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    assert message(tmp_path / "no.txt") == f"{tmp_path / 'no.txt'}: no such file"


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert message(tmp_path).startswith(f"{tmp_path}: cannot be read (")


def test_a_line_with_too_few_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a N - O\n\nb N O\n")
    assert message(path).startswith(f"{path}:3: 3 columns, but 4 are needed")


@pytest.mark.parametrize("before", ["", "x N - O\n", "x N - O\n\n-DOCSTART-\n\n \ny N - O\n"])
def test_a_tag_outside_the_scheme(tmp_path: Path, before: str) -> None:
    path = write(tmp_path, f"{before}a N - O\nb N - S-PER\nc N - O\n")
    error = message(path)
    assert error.startswith(f"{path}:{before.count(chr(10)) + 2}: NER label 'S-PER' is outside the scheme iob1")


def test_a_tag_outside_the_scheme_at_the_end_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a N - O\nb N - B-PER")
    assert message(path, scheme="bioes").startswith(f"{path}:2: NER label 'B-PER'")


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_invalid_utf8(tmp_path: Path, bom: bytes) -> None:
    path = write(tmp_path, bom + "é N - O\n\n".encode() + b"caf\xe9 N - O\n")
    assert message(path).startswith(f"{path}:3: not UTF-8 (byte 0xe9)")


def test_a_large_file_is_read_quickly(tmp_path: Path) -> None:
    sentence = "".join(f"word{i} NN I-NP {'I-PER' if i % 5 == 0 else 'O'}\n" for i in range(15))
    path = write(tmp_path, f"{sentence}\n" * 14_000)
    begin = time.process_time()
    assert len(read_columns(path, settings())) == 14_000
    assert time.process_time() - begin < 5  # about 0.5 s; the bound is loose because machines differ
