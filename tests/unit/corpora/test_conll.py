"""Column files: all tokens and tags are read, and errors give the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from column_corpora import message, settings, write
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from posner.corpora.conll import read_columns
from posner.corpora.corpus import Sentence

no_deadline = hypothesis_settings(deadline=None)  # other jobs may hold the cores while this one is timed


# Anything can be in a column but what separates columns and lines: no-break spaces and U+2028 occur in real tokens.
words = st.text(
    st.characters(exclude_characters=" \t\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=6
).filter(  # a column of 1, 2, ... numbers the tokens
    lambda word: word != "1" and not word.startswith("\ufeff") and not word.isspace()
)
visible = st.characters(exclude_categories=["C", "Z"])
tags = st.builds("{}{}{}".format, visible, words, visible)
rows = st.tuples(words, tags, st.sampled_from(["O", "B-PER", "B-LOC"]))
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


def test_a_missing_file(tmp_path: Path) -> None:
    assert message(tmp_path / "no.txt") == f"{tmp_path / 'no.txt'}: no such file"


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert message(tmp_path).startswith(f"{tmp_path}: cannot be read (")


def test_a_file_with_too_few_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "\na N O\n\nb N - O\n")
    assert message(path) == (
        f"{path}:2: 3 columns, but 4 are needed (token in 0, POS in 1, NER in 3, counted from 0; separated by blanks): "
        "'a N O'"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a N - O\n\nb N O\n", "3: 3 columns, but line 1 has 4 (separated by blanks): 'b N O'"),
        ("-DOCSTART- O\n\na N - O\nb N - - O\n", "4: 5 columns, but line 3 has 4 (separated by blanks): 'b N - - O'"),
        ("a\tN\t-\tO\nb\tN\t-\tO\t\n", "2: 5 columns, but line 1 has 4 (separated by tabs): 'b\\tN\\t-\\tO'"),
        ("a\tN\t-\tO\nNew York City O\n", "2: 1 columns, but line 1 has 4 (separated by tabs): 'New York City O'"),
        ("a\tN\t-\tO\nb\t\t-\tO\n", "2: column 1 (POS) is empty; fill it"),
        (" \tN\t-\tO\n", "1: column 0 (token) is empty; fill it"),
        ("a N - O\nb N\t-\tO\n", "2: a tab, but line 1 is separated by blanks; use one separator in the whole file"),
        ("a N - O\t\n", "1: 2 columns, but 4 are needed"),
    ],
)
def test_every_line_has_the_columns_of_the_first(tmp_path: Path, text: str, error: str) -> None:
    path = write(tmp_path, text)
    assert message(path).startswith(f"{path}:{error}")


def test_blanks_belong_to_tokens_in_a_file_with_tabs(tmp_path: Path) -> None:
    path = write(tmp_path, "-DOCSTART- -X- O O\n\nNew  York\tN N\t\tO\n Paris \tN\tx\tB-LOC \n\t \t\nb\tN\t\tO\n")
    assert read_columns(path, settings()) == [
        Sentence(("New  York", "Paris"), ("N N", "N"), ("O", "B-LOC"), "train.txt-0001"),
        Sentence(("b",), ("N",), ("O",), "train.txt-0001"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "-DOCSTART-",
        "-docstart- -X- O O",
        "-DOCSTART -",
        "- DOCSTART - -X- O",
        "--DocStart--\tO",
        "-DOCSTART- (1 of 2) x y z",
        "\u2014DOCSTART\u2014",
        "1 -DOCSTART- O",
        "-DOCSTART -\tX\tO",
        "-DOC_START-",
    ],
)
@pytest.mark.parametrize("blank", ["", "\n"])
def test_spellings_of_document_starts(tmp_path: Path, line: str, blank: str) -> None:
    path = write(tmp_path, f"{line}\n{blank}a N - O\n{line}\n{blank}b N - O\n")
    assert [(s.tokens, s.document) for s in read_columns(path, settings())] == [
        (("a",), "train.txt-0001"),
        (("b",), "train.txt-0002"),
    ]


def test_words_that_resemble_document_starts(tmp_path: Path) -> None:
    tokens = ("docstart", "DOCSTART-like", "pre-docstart", "doc", "-doc-")
    path = write(tmp_path, "".join(f"{token} N - O\n" for token in tokens))
    assert read_columns(path, settings()) == [Sentence(tokens, ("N",) * 5, ("O",) * 5)]
