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
        (
            "Mun\u00adchen Mun\u200cchen Ber\u200blin A\u200db",
            ["Mun\u00adchen", "Mun\u200cchen", "Ber\u200blin", "A\u200db"],
        ),
        ("(\u200fAnn\u200b's\u200e,\u200b U.S.\u200b", ["(\u200f", "Ann\u200b", "'s\u200e", ",\u200b", "U.S.\u200b"]),
        (
            "J.\u200b Smith \u2066x\u2069 ...\u200e \u200b",
            ["J.\u200b", "Smith", "\u2066x\u2069", "...\u200e", "\u200b"],
        ),
        ("\u2764\ufe0f\u200d\U0001f525\U0001f600", ["\u2764\ufe0f\u200d\U0001f525", "\U0001f600"]),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bbx", ["\U0001f469\U0001f3fd\u200d\U0001f4bb", "x"]),
        ("one\u0085two\x0cthree", ["one", "two", "three"]),
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
    path.write_bytes("one\n\ufefftwo\u200b\ufeff".encode())
    assert list(read_lines(path)) == ["one", "two\u200b\ufeff"]
    path.write_bytes(b"")
    assert list(read_lines(path)) == []


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b\nc\n")))
    assert list(read_lines(STANDARD)) == ["a b", "c"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b\nc\xff\n")))
    with pytest.raises(InputError, match=r"^standard input:2: not UTF-8"):
        list(read_lines(STANDARD))
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        list(read_lines(STANDARD))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.txt cannot be read"):
        list(read_lines(tmp_path / "no.txt"))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_lines(tmp_path))
    (tmp_path / "latin.txt").write_bytes(b"fine\nG\xf6del\n")
    with pytest.raises(InputError, match=r"latin\.txt:2: not UTF-8 \(byte 0xf6\)"):
        list(read_lines(tmp_path / "latin.txt"))
    (tmp_path / "nul.txt").write_bytes(b"fine\nG\0l\n")
    with pytest.raises(InputError, match=r"nul\.txt:2: a NUL byte"):
        list(read_lines(tmp_path / "nul.txt"))
    (tmp_path / "lfs.txt").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match=r"lfs\.txt: is a Git LFS pointer; run git lfs pull"):
        list(read_lines(tmp_path / "lfs.txt"))


COLUMNS = ["-DOCSTART- -X- O", "", "Ann NNP x", "New\u00a0York  NNP y", " \t", "", "-docstart -", "runs VBZ z", ""]


def test_blank_lines_separate_sentences_in_columns() -> None:
    assert list(from_columns(COLUMNS, 0, 1, "file")) == [
        Passage("Ann New\u00a0York", ((0, 3), (4, 12)), ("NNP", "NNP")),
        Passage("runs", ((0, 4),), ("VBZ",)),
    ]
    assert [p.pos for p in from_columns(COLUMNS, 0, None, "file")] == [None, None]
    assert [p.words for p in from_columns(["1 Ann NNP", "2 ran VBD"], 1, 2, "file")] == [["Ann", "ran"]]


def test_a_blank_inside_a_token_belongs_to_it() -> None:
    (passage,) = from_columns(["New York\tNNP", "ran\tVBD"], 0, 1, "file")
    assert passage == Passage("New York ran", ((0, 8), (9, 12)), ("NNP", "VBD"), "\t")
    assert passage.words == ["New York", "ran"]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["Ann NNP", "saw"], "file:2: 1 columns, but line 1 has 2"),
        (["# text = Ann dunno", "Ann NNP"], "file:1: a comment of CoNLL-U"),
        (["1\tAnn\tNNP", "2-3\tdunno\t_", "2\tdu\tVB", "3\tnno\tVB"], "file:1: column 0 numbers the tokens"),
        (["Ann NNP\rsaw VBD"], "file:1: a carriage return inside the line"),
    ],
)
def test_columns_have_the_rules_of_corpora(lines: list[str], error: str) -> None:
    with pytest.raises(InputError, match=f"^{error}"):
        list(from_columns(lines, 0, None, "file"))


def test_ranges_are_refused_where_column_0_numbers_the_tokens() -> None:
    lines = ["1\tAnn\tNNP", "2-3\tdunno\t_", "2\tdu\tVB", "3\tnno\tVB"]
    with pytest.raises(InputError, match=r"file:2: a multi-word token of CoNLL-U \(2-3\)"):
        list(from_columns(lines, 1, 2, "file"))


def test_a_line_with_too_few_columns_is_named() -> None:
    with pytest.raises(InputError, match=r"file:3: 3 columns, but 4 are needed"):
        list(from_columns(COLUMNS, 0, 3, "file"))
    with pytest.raises(InputError, match=r"file:1: 1 columns, but 2 are needed"):
        list(from_columns(["Ann"], 1, None, "file"))
