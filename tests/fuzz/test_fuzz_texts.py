"""Raw texts: words index their text and cover it, invisible characters cut no word, and files are read line by line.

``POSNER_FUZZ_CASES`` sets the number of texts. A case depends on its number only, so a failure can be run alone.
"""

from __future__ import annotations

import os
import random
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from posner.errors import InputError
from posner.prediction.text import from_text, read_lines

CASES = int(os.environ.get("POSNER_FUZZ_CASES", "300"))
INVISIBLE = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Cf"]
COMMON_INVISIBLE = ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\u200e", "\u200f"]
PARTS = [
    *(
        "Ann",
        "Rome",
        "does",
        "n't",
        "n\u2019t",
        "'s",
        "'ll",
        "U.S.",
        "J.",
        "1996-08-22",
        "well-known",
        "AT&T",
        "don't",
        "S",
    ),
    *(".", "...", "--", "-", "(", ")", '"', "'", "\u2019", ",", "%", "#", "/", ":", "@", "&", "`", "_", "\\", "$"),
    *(
        "M\u00fcnchen",
        "e\u0301te\u0301",
        "\u6771\u4eac",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
        "\u0645\u0631\u062d\u0628\u0627",
    ),
    *("\U0001f600", "\U0001f469\U0001f3fd\u200d\U0001f4bb", "\u2764\ufe0f", "\U0001f1e9\U0001f1f0", "#\ufe0f\u20e3"),
    *(" ", " ", " ", " ", "  ", "\t", "\u00a0", "\u2028", "\x85", "\x0c", "\x0b", "\u3000", "\x1c", "\r"),
    *("\ufffd", "\ue000", "\U0010ffff", "\u0378", "\x01", "\x7f", "\u0300", "\ufeff"),
]
DAMAGE = [b"\xff", b"\x00", b"\xc3", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\r", b"\xed\xa0\x80", b"\xe2\x80\xa8"]


def make_text(random_: random.Random) -> str:
    """A line of words, marks, white space and rare characters."""
    parts = random_.choices(PARTS, k=random_.choice([0, 1, 3, 8, 20]))
    for _ in range(random_.choice([0, 0, 1, 3])):
        parts.insert(random_.randint(0, len(parts)), random_.choice([*COMMON_INVISIBLE, random_.choice(INVISIBLE)]))
    if random_.random() < 0.3:
        parts.append(make_character(random_))
    return "".join(parts)


def make_character(random_: random.Random) -> str:
    """Any character of a UTF-8 line."""
    code = random_.choice([random_.randrange(0x300), random_.randrange(0x3000), random_.randrange(0x110000)])
    return chr(code) if not 0xD800 <= code < 0xE000 and code not in (0, 10) else "x"


def words(text: str) -> list[str]:
    """The words of a line, after a check that they are slices of it and cover all but its white space."""
    (passage,) = from_text([text])
    assert passage.text == text
    end = 0
    for start, stop in passage.spans:
        assert end <= start < stop <= len(text)
        assert text[end:start] == "" or text[end:start].isspace()
        end = stop
    assert text[end:] == "" or text[end:].isspace()
    assert passage.words == [text[start:stop] for start, stop in passage.spans]
    for word in passage.words:  # \x1c to \x1f are white space for Python, and not for Unicode
        assert not any(character.isspace() and character not in "\x1c\x1d\x1e\x1f" for character in word), word
    return passage.words


def without_invisible(text: str) -> str:
    """A text without its format characters."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def test_words_index_and_cover_their_text() -> None:
    for number in range(CASES):
        text = make_text(random.Random(f"texts {number}"))
        try:
            words(text)
        except AssertionError as error:
            raise AssertionError(f"case {number}: {text!r}") from error


def test_invisible_characters_inside_words_cut_none() -> None:
    changed = 0
    for number in range(CASES):
        random_ = random.Random(f"invisible {number}")
        text = without_invisible(make_text(random_))
        before = words(text)
        (passage,) = from_text([text])
        places = [
            place
            for word, (start, stop) in zip(before, passage.spans, strict=True)
            if word.isalpha()
            for place in range(start + 1, stop)
        ]
        chosen = sorted(random_.sample(places, min(len(places), random_.randint(1, 3))), reverse=True)
        longer = text
        for place in chosen:
            longer = longer[:place] + random_.choice([*COMMON_INVISIBLE, random_.choice(INVISIBLE)]) + longer[place:]
        changed += longer != text
        assert [without_invisible(word) for word in words(longer)] == before, f"case {number}: {longer!r}"
    assert changed > CASES / 8


def test_files_are_read_by_line_or_refused(tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    path = tmp_path / "text.txt"
    for number in range(CASES):
        random_ = random.Random(f"files {number}")
        data = random_.choice(["\n", "\r\n"]).join(make_text(random_) for _ in range(random_.randint(0, 4))).encode()
        if random_.random() < 0.4:
            place = random_.randint(0, len(data))
            data = data[:place] + random_.choice(DAMAGE) + data[place:]
        path.write_bytes(data)
        about = f"case {number}: {data!r}"
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = "\0"
        if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"PK\x03\x04")):
            text = "\0"
        try:
            lines = list(read_lines(path))
        except InputError as error:
            message = str(error)
            assert "\0" in text, about
            assert message.startswith(f"{path}:"), about
            assert "\n" not in message, about
            outcomes["refused"] += 1
            continue
        assert "\0" not in text, about
        expected = [line.removesuffix("\r").lstrip("\ufeff") for line in text.split("\n")]
        assert lines == expected[: len(expected) - text.endswith("\n") if text else 0], about
        for line in lines:
            words(line)
        outcomes["read"] += 1
    print(sorted(outcomes.items()))
    assert outcomes["read"] > CASES / 2
    assert outcomes["refused"] > CASES / 20
