"""Mutated column files are read as an independent parser reads them, or refused with one line that names the file.

``POSNER_FUZZ_CASES`` sets the number of files. A case depends on its number only, so a failure can be run alone.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from posner.config.corpora import ColumnsCorpus
from posner.corpora.conll import read_columns
from posner.errors import InputError
from posner.prediction.text import from_columns, read_lines

CASES = int(os.environ.get("POSNER_FUZZ_CASES", "300"))
# Columns of token, POS and NER in the files.
PLACES = [(0, 1, 2), (0, 1, 3), (1, 2, 3), (0, 2, 1)]

Row = tuple[str, str, str]
Document = list[list[Row]]  # sentences

TOKENS = [
    *("Ann", "Rome", "the", ".", "#", "##", "#tag", "1", "2", "3", "1-2", "8.1", "1996", "-", "--", "O", "docstart"),
    *(
        "New\u00a0York",
        "a\u2028b",
        "c\x85d",
        "\x0c",
        "e\x0cf",
        "\u200b",
        "Mun\u00adchen",
        "a\ufeffb",
        "\u00a0",
        "e\u0301",
    ),
    *("\U0001f469\u200d\U0001f4bb", "=", "text", '"', "\\", "'", "\x1c", "-doc-", "DOCSTART-x"),
]
LABELS = ["O", "O", "O", "B-PER", "I-PER", "I-LOC", "B-LOC", "B-", "S-X"]
STARTS = ["-DOCSTART-", "-DOCSTART- -X- O O", "-docstart -", "- DOCSTART -\tO", "\u2014DocStart\u2014", "-DOC START-"]
COMMENTS = [
    "# text = Ann ran",
    "# sent_id = 1",
    "# newdoc",
    "# a comment",
    "#",
    "# x",
    "# global.columns = FORM",
    "#a b",
]
LINES = [
    "",
    " ",
    "\t",
    "\u00a0",
    "\x0c",
    "\ufeff",
    "\r",
    "1-2\tdunno\t_\t_",
    "8.1 x y z",
    "x",
    "x y",
    "x\ty\tz",
    "\u2028",
]
BYTES = [
    b"\xff",
    b"\x00",
    b"\xc3",
    b"\r",
    b"\n",
    b"\t",
    b" ",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\xe2\x80\xa8",
    b"\x0c",
    b"#",
    b"-",
]


# --- files -----------------------------------------------------------------------------------------------------------


def make_lines(random_: random.Random, places: tuple[int, int, int]) -> list[str]:
    """Lines of a file that follows the rules, apart from a few NER labels."""
    columns = max(places) + random_.randint(1, 3)
    separator = random_.choice([" ", "  ", "\t", "\t", " \t"])
    numbered = random_.random() < (0.5 if places[0] != 0 else 0.05)
    start = random_.choice([1, 1, 1, 7])
    tokens = [*TOKENS, *(["New York", "a  b"] if "\t" in separator else [])]
    lines = []
    for _ in range(random_.choice([0, 1, 1, 2, 3, 4, 8])):
        if random_.random() < 0.3:
            lines.append(random_.choice(STARTS))
        for i in range(random_.randint(1, 5)):
            row = [random_.choice(["-", "x", "=", "#"]) for _ in range(columns)]
            row[places[0]] = random_.choice(tokens)
            if numbered:
                row[0] = str(start + i) if random_.random() < 0.98 else random_.choice(["1-2", "8.1", "x"])
            row[places[1]] = random_.choice(["N", "V", "#", "nan"])
            row[places[2]] = random_.choice(LABELS if random_.random() < 0.05 else LABELS[:-2])
            lines.append(separator.join(row))
        lines.append(random_.choice(["", "", "", " ", "\u00a0"]))
    return lines


def insert_line(lines: list[str], random_: random.Random) -> None:
    """Insert a line that is a comment, a start of a document, blank or of another format."""
    line = random_.choice([*COMMENTS, *STARTS, *LINES])
    lines.insert(random_.randint(0, len(lines)), line)


def delete_line(lines: list[str], random_: random.Random) -> None:
    """Delete a line."""
    if lines:
        lines.pop(random_.randrange(len(lines)))


def swap_lines(lines: list[str], random_: random.Random) -> None:
    """Move a line."""
    if lines:
        lines.insert(random_.randrange(len(lines)), lines.pop(random_.randrange(len(lines))))


def change_columns(lines: list[str], random_: random.Random) -> None:
    """Add, remove or empty a column of one line."""
    if lines:
        place = random_.randrange(len(lines))
        separator = "\t" if "\t" in lines[place] else " "
        fields = lines[place].split(separator)
        field = random_.randrange(len(fields))
        fields[field : field + 1] = random_.choice([[], ["x", fields[field]], [""], [fields[field], ""], [" y z "]])
        lines[place] = separator.join(fields)


def change_separator(lines: list[str], random_: random.Random) -> None:
    """Replace blanks by tabs in one line, or the other way round."""
    if lines:
        place = random_.randrange(len(lines))
        one, other = random_.choice([(" ", "\t"), ("\t", " ")])
        lines[place] = lines[place].replace(one, other)


def surround(lines: list[str], random_: random.Random) -> None:
    """Put a character that is hard to see before or after one line."""
    if lines:
        place = random_.randrange(len(lines))
        character = random_.choice([" ", "\t", "\r", "\ufeff", "\u200b", "\x0c", "\u2028", "#", "# ", "-"])
        lines[place] = random_.choice([character + lines[place], lines[place] + character])


MUTATIONS: list[Callable[[list[str], random.Random], None]] = [
    *(insert_line, insert_line, delete_line, swap_lines, change_columns, change_separator, surround),
]


def make_file(random_: random.Random, places: tuple[int, int, int]) -> bytes:
    """A mutated file."""
    lines = make_lines(random_, places)
    for _ in range(random_.choice([0, 1, 1, 2, 4])):
        random_.choice(MUTATIONS)(lines, random_)
    end = random_.choice(["\n", "\n", "\n", "\r\n"])
    data = end.join([*lines, ""][: random_.choice([len(lines), len(lines) + 1])]).encode()
    if random_.random() < 0.15:
        place = random_.randint(0, len(data))
        data = data[:place] + random_.choice(BYTES) + data[place + random_.randint(0, 1) :]
    if random_.random() < 0.1:
        data = random_.choice([b"\xef\xbb\xbf" + data, data + data, data + b"\xef\xbb\xbf" + data])
    if random_.random() < 0.01:
        data = random_.choice(
            [b"version https://git-lfs.github.com/spec/v1\n", data.decode(errors="replace").encode("utf-16")]
        )
    return data


# --- the rules, a second time ----------------------------------------------------------------------------------------


class RefusedError(Exception):
    """The file breaks a rule."""


def fields_of(line: str, tabs: bool) -> list[str]:
    """Columns of a line."""
    return [field.strip(" ") for field in line.split("\t")] if tabs else list(filter(None, line.split(" ")))


def starts_document(line: str) -> bool:
    """Whether some fields of the line are ``-DOCSTART-`` in one of its spellings."""
    fields = list(filter(None, line.replace("\t", " ").split(" ")))
    dashes = "-\u2010\u2011\u2012\u2013\u2014\u2015"
    for i, field in enumerate(fields):
        if field[0] not in dashes:
            continue
        first, second, *_ = [*filter(None, [field.lstrip(dashes)]), *fields[i + 1 :], "", ""]
        is_apart = first.lower().rstrip("-_") == "doc"
        word = (first + second if is_apart else first).lower().rstrip(dashes)
        if word.startswith("doc") and word[3:].lstrip("-_") == "start":
            return True
    return False


def parse(data: bytes, places: tuple[int, int, int]) -> list[Document]:
    """Documents of a file by the rules at the head of ``posner.corpora.conll``; the first is before any start."""
    if data.startswith((b"version https://git-lfs", b"\x1f\x8b", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")):
        raise RefusedError("another format")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise RefusedError("not UTF-8") from None
    lines = [(line[:-1] if line.endswith("\r") else line).lstrip("\ufeff") for line in text.split("\n")]
    if any("\r" in line or "\0" in line for line in lines):
        raise RefusedError("a character that is not allowed")
    is_row = [bool(line.strip()) and not starts_document(line) for line in lines]
    rows = [line for line, is_ in zip(lines, is_row, strict=True) if is_]
    if not rows:
        return []
    first = next((line for line in rows if line[0] != "#"), rows[0])
    tabs = "\t" in first
    width = len(fields_of(first, tabs))
    if width <= max(places):
        raise RefusedError("too few columns")
    documents: list[Document] = [[]]
    numbers: list[list[str]] = []
    is_open = False
    for line, is_ in zip(lines, is_row, strict=True):
        if not is_:
            is_open = False
            if line.strip():
                documents.append([])
            continue
        fields = fields_of(line, tabs)
        if line[0] == "#" and not is_open and is_key_value(line):
            raise RefusedError("a comment")
        if len(fields) != width or ("\t" in line) != tabs or not all(fields[place] for place in places):
            raise RefusedError("columns")
        if not is_open:
            documents[-1].append([])
            numbers.append([])
        is_open = True
        token, pos, ner = (fields[place] for place in places)
        documents[-1][-1].append((token, pos, ner))
        numbers[-1].append(fields[0])
    check_numbers(numbers, is_token=places[0] == 0)
    return documents


def is_key_value(line: str) -> bool:
    """Whether a line reads as ``# key = value``, ``# newdoc`` or ``# newpar``."""
    if not line.startswith("# "):
        return False
    words = [word for word in line[1:].split(" ") if word]
    if words and words[0] in ("newdoc", "newpar"):
        return True
    key, equals, _ = line[1:].partition("= ")
    parts = [part for part in key.split(" ") if part]
    return bool(equals) and parts[1:] in ([], ["id"]) and bool(parts) and not set(key) & set("=\t")


def check_numbers(sentences: list[list[str]], is_token: bool) -> None:
    """Refuse ids of CoNLL-U."""
    counted = [count(numbers) for numbers in sentences]
    if not is_token:
        for numbers, start in zip(sentences, counted, strict=True):
            if start is not None and any(is_range(number) for number in numbers):
                raise RefusedError("ranges")
        return
    if counted[0] != 1:
        return
    for i in range(1, len(sentences) + 1):
        if None in counted[:i]:
            return
        if (i >= 5 or i == len(sentences)) and any(len(numbers) > 1 for numbers in sentences[:i]):
            raise RefusedError("numbers as tokens")


def is_range(number: str) -> bool:
    """Whether a text is ``1-2`` or ``8.1``."""
    parts = number.replace("-", ".").split(".")
    return len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts)


def count(numbers: list[str]) -> int | None:
    """The first number if `numbers` are consecutive, apart from ranges."""
    plain = [number for number in numbers if not is_range(number)]
    if not plain or not all(number.isascii() and number.isdigit() and str(int(number)) == number for number in plain):
        return None
    values = [int(number) for number in plain]
    is_counting = values == list(range(values[0], values[0] + len(values)))
    return values[0] if is_counting and (values[0] == 1 or len(values) > 1) else None


def to_begin(labels: list[str]) -> list[str]:
    """IOB2 from IOB1 or IOB2."""
    converted = []
    for before, label in zip(["O", *labels], labels, strict=False):
        if label != "O" and (label[:2] not in ("B-", "I-") or not label[2:].strip()):
            raise RefusedError("a label")
        begins = label[0] == "I" and before[1:] != label[1:]
        converted.append(f"B{label[1:]}" if begins else label)
    return converted


# --- comparison ------------------------------------------------------------------------------------------------------


def expected_rows(documents: list[Document], name: str) -> Iterator[tuple[str | None, list[Row]]]:
    """Document id and rows of each sentence."""
    has_documents = any(documents[1:])
    for number, document in enumerate(documents):
        for sentence in document:
            tokens, pos, ner = zip(*sentence, strict=True)
            yield (
                f"{name}-{number:04d}" if has_documents else None,
                list(zip(tokens, pos, to_begin(list(ner)), strict=True)),
            )


def test_mutated_column_files_are_read_right_or_refused(tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    path = tmp_path / "corpus.conll"
    for number in range(CASES):
        random_ = random.Random(f"corpora {number}")
        places = random_.choice(PLACES)
        data = make_file(random_, places)
        path.write_bytes(data)
        settings = ColumnsCorpus(
            source="columns",
            train=path,
            validation=path,
            test=path,
            token_column=places[0],
            pos_column=places[1],
            ner_column=places[2],
            scheme=random_.choice(["iob1", "iob2"]),
        )
        about = f"case {number}, columns {places}: {data!r}"
        try:
            expected = list(expected_rows(parse(data, places), path.name))
        except RefusedError as refusal:
            expected, reason = None, str(refusal)
        try:
            sentences = read_columns(path, settings)
        except InputError as error:
            message = str(error)
            assert "\n" not in message, about
            assert message.startswith(f"{path}:"), about
            assert expected is None, f"refused ({message}): {about}"
            outcomes[f"refused: {reason}"] += 1
            continue
        assert expected is not None, f"not refused ({reason}): {about}"
        rows = [(s.document, list(zip(s.tokens, s.pos, s.ner, strict=True))) for s in sentences]
        assert rows == expected, about
        passages = list(from_columns(read_lines(path), places[0], places[1], str(path)))
        assert [(p.words, p.pos) for p in passages] == [(list(s.tokens), s.pos) for s in sentences], about
        outcomes["read" if rows else "empty"] += 1
    print(sorted(outcomes.items()))
    assert outcomes["read"] > CASES / 4
    assert sum(n for outcome, n in outcomes.items() if outcome.startswith("refused")) > CASES / 10
