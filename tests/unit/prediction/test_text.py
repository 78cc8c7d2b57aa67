"""New text: words and their offsets, columns, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.errors import InputError
from posner.prediction.text import STANDARD, Passage, from_columns, from_text, read_lines

COMBINED = "e\u0301te\u0301"  # letters with combining accents


def words(text: str) -> list[str]:
    (passage,) = from_text([text])
    return passage.words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Angela Merkel's visit.", ["Angela", "Merkel", "'s", "visit", "."]),
        ("He doesn\u2019t, I'll", ["He", "does", "n\u2019t", ",", "I", "'ll"]),
        ("U.S. J. Smith, U.N.", ["U.S.", "J.", "Smith", ",", "U.N."]),
        ("It was I.", ["It", "was", "I", "."]),
        ("1996-08-22 12.5% 3:0 AT&T O'Neil", ["1996-08-22", "12.5", "%", "3:0", "AT&T", "O'Neil"]),
        ('("well-known") ... --', ["(", '"', "well-known", '"', ")", "...", "--"]),
        (f"\t{COMBINED}  \U0001f600\u00a0x\u2028y\t", [COMBINED, "\U0001f600", "x", "y"]),
        ("'sick 'S'", ["'", "sick", "'S", "'"]),
        (" \t\u3000", []),
        ("", []),
    ],
)
def test_words_of_a_line(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_words_cover_all_but_white_space(text: str) -> None:
    (passage,) = from_text([text])
    end = 0
    for start, stop in passage.spans:
        assert not text[end:start].strip()
        assert start < stop
        assert not any(letter in text[start:stop] for letter in " \t\n\u00a0\u2028")
        end = stop
    assert not text[end:].strip()


def test_a_very_long_line() -> None:
    line = "Ann's \U0001f600 " * 30_000
    (passage,) = from_text([line])
    assert passage.words == ["Ann", "'s", "\U0001f600"] * 30_000


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffone\u2028still\r\n\r\n\x0cthree\x85".encode())
    assert list(read_lines(path)) == ["one\u2028still", "", "\x0cthree\x85"]
    path.write_bytes(b"")
    assert list(read_lines(path)) == []


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b\nc\n")))
    assert list(read_lines(STANDARD)) == ["a b", "c"]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.txt cannot be read"):
        list(read_lines(tmp_path / "no.txt"))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_lines(tmp_path))
    (tmp_path / "latin.txt").write_bytes(b"fine\nG\xf6del\n")
    with pytest.raises(InputError, match=r"latin\.txt:2: not UTF-8"):
        list(read_lines(tmp_path / "latin.txt"))


COLUMNS = ["-DOCSTART- -X- O", "", "Ann NNP x", "New\u00a0York\tNNP\ty", " \t", "", "-DOCSTART- -X-", "runs VBZ", ""]


def test_blank_lines_separate_sentences_in_columns() -> None:
    assert list(from_columns(COLUMNS, 0, 1, "file")) == [
        Passage("Ann New\u00a0York", ((0, 3), (4, 12)), ("NNP", "NNP")),
        Passage("runs", ((0, 4),), ("VBZ",)),
    ]
    assert [p.pos for p in from_columns(COLUMNS, 0, None, "file")] == [None, None]
    assert [p.words for p in from_columns(["1 Ann NNP", "2 ran VBD"], 1, 2, "file")] == [["Ann", "ran"]]


def test_a_line_with_too_few_columns_is_named() -> None:
    with pytest.raises(InputError, match=r"file:3: 3 columns, but 4 are needed"):
        list(from_columns(COLUMNS, 0, 3, "file"))
    with pytest.raises(InputError, match=r"file:1: 1 columns, but 2 are needed"):
        list(from_columns(["Ann"], 1, None, "file"))
