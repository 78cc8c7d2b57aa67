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
words = st.text(
    st.characters(exclude_characters=" \t\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=6
).filter(lambda word: word != "1" and not word.startswith("\ufeff"))  # a column of 1, 2, ... numbers the tokens
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


# --- CoNLL-U ---------------------------------------------------------------------------------------------------------

HINT = "which is not supported; remove these lines"


@pytest.mark.parametrize(
    "comment",
    [
        "# text = a b",
        "# sent_id = 5",
        "# newdoc",
        "# newdoc id = 4",
        "# global.columns = FORM UPOS",
        "# any words",
        "#x y",
    ],
)
@pytest.mark.parametrize("before", ["", "a\tN\t-\tO\n\n", "-DOCSTART-\n", "# SYM - O\n\n"])
def test_comments_are_refused(tmp_path: Path, comment: str, before: str) -> None:
    separator = " " if before.startswith("# ") else "\t"
    path = write(tmp_path, f"{before}{comment}\n{separator.join('bN-O')}\n")
    assert message(path).startswith(f"{path}:{before.count(chr(10)) + 1}: a comment of CoNLL-U, {HINT}: '#")


def test_a_file_of_comments_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "# text = a\n\n# text = b\n")
    assert message(path).startswith(f"{path}:1: a comment of CoNLL-U")


@pytest.mark.parametrize("separator", [" ", "\t"])
@pytest.mark.parametrize("tokens", [["#", "a"], ["a", "#"], ["#", "#"], ["#"], ["#hash", "##", "#"]])
def test_a_number_sign_is_a_token(tmp_path: Path, tokens: list[str], separator: str) -> None:
    path = write(tmp_path, "".join(separator.join([token, "SYM", "#", "O"]) + "\n" for token in tokens))
    assert [s.tokens for s in read_columns(path, settings())] == [tuple(tokens)]


@pytest.mark.parametrize(
    ("ids", "line", "kind"),
    [
        (["1-2", "1", "2"], 1, "multi-word token of CoNLL-U (1-2)"),
        (["1", "2", "2.1"], 3, "empty node of CoNLL-U (2.1)"),
        (["0.1", "1"], 1, "empty node of CoNLL-U (0.1)"),
        (["1", "2-3", "2", "3"], 2, "multi-word token of CoNLL-U (2-3)"),
    ],
)
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_ranges_and_empty_nodes_are_refused(
    tmp_path: Path, ids: list[str], line: int, kind: str, separator: str
) -> None:
    path = write(tmp_path, "".join(separator.join([number, "w", "N", "O"]) + "\n" for number in ids))
    columns = {"token_column": 1, "pos_column": 2}
    assert message(path, **columns) == f"{path}:{line}: a {kind}, {HINT}"
    assert "column 0 numbers the tokens" in message(path, pos_column=2)


def test_numbers_that_are_tokens(tmp_path: Path) -> None:
    sentences = [("1-2", "8.1"), ("1", "2"), ("1",), ("1", "goal"), ("8.1",)]
    text = "\n".join("".join(f"{token} CD - O\n" for token in tokens) for tokens in sentences)
    assert [s.tokens for s in read_columns(write(tmp_path, text), settings())] == sentences
    other = write(tmp_path, "1-2 1-2 CD O\n3 3 CD O\n\n1 1 CD O\n")  # column 0 holds lemmas
    assert len(read_columns(other, settings(token_column=1, pos_column=2))) == 2


def test_numbers_of_tokens_are_no_tokens(tmp_path: Path) -> None:
    path = write(tmp_path, "# SYM - O\n\n1 a N O\n2 b N O\n")
    assert len(read_columns(path, settings())) == 2
    path = write(tmp_path, "\n1 a N O\n\n1 a N O\n2 b N O\n")
    assert message(path) == f"{path}:2: column 0 numbers the tokens of a sentence; choose another token column"
    path = write(tmp_path, "1 a N O\n2 b N O\n\n" * 5 + "x x x x")
    assert message(path).startswith(f"{path}:1: column 0 numbers the tokens")
    path = write(tmp_path, "1 a N O\n2 b N O\n\n3 a N O\n4 b N O\n")
    assert message(path).startswith(f"{path}:1: column 0 numbers the tokens")
    years = write(tmp_path, "1996 CD - O\n1997 CD - O\n")
    assert len(read_columns(years, settings())) == 1


# --- encoding --------------------------------------------------------------------------------------------------------


def test_byte_order_marks_of_concatenated_files(tmp_path: Path) -> None:
    part = "\ufeff-DOCSTART- -X- O O\n\na N - O\n"
    path = write(tmp_path, f"{part}\ufeff\n{part}\n\ufeffb\ufeff N - O\n")
    assert [(s.tokens, s.document) for s in read_columns(path, settings())] == [
        (("a",), "train.txt-0001"),
        (("a",), "train.txt-0002"),
        (("b\ufeff",), "train.txt-0002"),
    ]


@pytest.mark.parametrize("text", ["a N - O\rb N - O\r", "a\rb\r", "a N - O\r\r\n", "-DOCSTART-\ra N - O\r"])
def test_carriage_returns_inside_lines_are_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, f"x N - O\r\n\r\n{text}")
    assert message(path) == f"{path}:3: a carriage return inside the line; end all lines with line feeds"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "is a Git LFS pointer; run git lfs pull",
        ),
        (b"\x1f\x8b\x08\x00", "is compressed (gzip); unpack it"),
        (b"PK\x03\x04", "is a zip archive; unpack it"),
        ("\ufeffa N - O\n".encode("utf-16-le"), "is UTF-16; convert the file to UTF-8"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, data: bytes, error: str) -> None:
    path = write(tmp_path, data)
    assert message(path) == f"{path}: {error}"


@pytest.mark.parametrize("data", [b"a N - O\nb\0 N - O\n", "\na N - O".encode("utf-16-le")[1:]])
def test_nul_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    assert message(path).endswith(": a NUL byte; convert the file to UTF-8 text")


def test_files_without_sentences(tmp_path: Path) -> None:
    for text in ("", "\n \n", "-DOCSTART- -X- O O\n", "\ufeff"):
        assert read_columns(write(tmp_path, text), settings()) == []


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
