"""Files that are no column files, or others than they seem: CoNLL-U, encodings, tags outside the scheme."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from column_corpora import message, settings, write
from posner.corpora.conll import read_columns

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
        (b"BZh91AY&SY", "is compressed (bzip2); unpack it"),
        (b"\xfd7zXZ\0", "is compressed (xz); unpack it"),
        (b"\x28\xb5\x2f\xfd", "is compressed (zstd); unpack it"),
        (b"%PDF-1.4\n", "is a PDF; give its text"),
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


@pytest.mark.parametrize("end", ["\u00a0", "\u200b", "\ufeff", "\x0b", "\x0c", "\x85", "\u2028"])
@pytest.mark.parametrize("row", ["b N{} - O", "b N - B-PER{}", "b N - O{}", "b {}N - O"])
def test_tags_with_ends_that_cannot_be_seen_are_refused(tmp_path: Path, row: str, end: str) -> None:
    """Else they would be other tags and entity types."""
    path = write(tmp_path, f"a N - O\n{row.format(end)}\n")
    assert message(path).startswith(f"{path}:2: ")


def test_tokens_of_white_space_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a N - O\n\u00a0 N - O\n")
    assert message(path).startswith(f"{path}:2: the token '\\xa0' is empty or white space")


def test_a_pipe_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "a pipe or device, not a file" in message(path)


def test_documents_of_conll_2012_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "#begin document (bn/abc); part 000\na N - O\n\n#end document\n")
    assert message(path).startswith(f"{path}:1: a line of CoNLL-2012, which is not supported")
