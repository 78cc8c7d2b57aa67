"""Column files with all that may occur in them, made and mutated at random."""

from __future__ import annotations

import random
from collections.abc import Callable

TOKENS = [
    *("Ann", "Rome", "the", ".", "#", "##", "#tag", "1", "2", "3", "1-2", "8.1", "1996", "-", "--", "O", "docstart"),
    *(
        "New\u00a0York",
        "a\u2028b",
        "c\x85d",
        "e\x0cf",
        "\u200b",
        "Mun\u00adchen",
        "a\ufeffb",
        "\u00a0",
        "e\u0301",
    ),
    *("\U0001f469\u200d\U0001f4bb", "=", "text", '"', "\\", "'", "-doc-", "DOCSTART-x"),
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
