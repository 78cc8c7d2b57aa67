"""The rules of reading column files, written a second time for comparison with the reader."""

from __future__ import annotations

Row = tuple[str, str, str]
Document = list[list[Row]]  # sentences


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


def require_visible(row: Row) -> None:
    """Refuse a token of white space, and tags that begin or end with something that cannot be seen."""
    token, *tags = row
    if not token.strip() or any(not end.isprintable() or end == " " for tag in tags for end in (tag[0], tag[-1])):
        raise RefusedError("invisible")


def to_begin(labels: list[str]) -> list[str]:
    """IOB2 from IOB1 or IOB2."""
    converted = []
    for before, label in zip(["O", *labels], labels, strict=False):
        if label != "O" and (label[:2] not in ("B-", "I-") or not label[2:].strip()):
            raise RefusedError("a label")
        begins = label[0] == "I" and before[1:] != label[1:]
        converted.append(f"B{label[1:]}" if begins else label)
    return converted
