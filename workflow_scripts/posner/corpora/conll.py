"""Read CoNLL column files: one token per line, blank lines between sentences, ``-DOCSTART-`` before each document.

The rules, for corpora and for the columns that ``predict`` reads:

- A file is UTF-8 without NUL bytes. Lines end at LF or CR LF, and have no other carriage returns. A byte-order mark at
  the start of any line is removed. A line of white space ends a sentence.
- A line with ``-DOCSTART-`` in any column starts a document, and ends a sentence. It may be in lower case, have blanks
  or several dashes around the word, and any number of columns.
- The first line with a token (of those that do not begin with ``#``, if there are any) decides how columns are
  separated. If it contains a tab, each tab of the file separates two columns, and blanks around columns are ignored: a
  token may contain blanks, and columns may be empty. Otherwise blanks separate columns, and there may be no tabs. Any
  other white space is part of a column.
- Every line has as many columns as that first line, and token, POS and NER are not empty. In corpora, no token is white
  space, and POS and NER neither begin nor end with white space or an invisible character.
- CoNLL-U is not supported. Its comments, multi-word tokens (``1-2``) and empty nodes (``8.1``) are refused. A line that
  begins with ``#`` is a comment if a sentence begins there, and its number of columns differs from that of the file or
  it reads ``# key = value``; otherwise it is a token. ``1-2`` and ``8.1`` are multi-word tokens and empty nodes if
  column 0 numbers the tokens of the sentence and is not the token column. If it is, and numbers the tokens of the first
  five sentences or of all, the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path

from posner.config.corpora import ColumnsCorpus
from posner.corpora.corpus import Sentence
from posner.corpora.iob import TagError, to_iob2
from posner.corpora.lines import decode_lines
from posner.errors import InputError

_DOCUMENT_START = re.compile(
    r"(?:^|[ \t])[-\u2010-\u2015]+[ \t]*doc[ \t_-]*start[ \t]*[-\u2010-\u2015]*(?:[ \t]|$)", re.I
)
_COMMENT = re.compile(r"# +(?:[^\s=]+(?: +id)? *= |new(?:doc|par)(?: |$))")  # of CoNLL-U
_RANGE_OR_EMPTY_NODE = re.compile(r"[0-9]+[-.][0-9]+")  # ids of CoNLL-U
_ENOUGH_SENTENCES = 5  # to determine that a column holds the numbers of tokens


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """How the lines of one file are split into columns.

    Attributes:
        separator: a tab or a blank.
        columns: number of columns.
        line: number of the line that decided.
    """

    separator: str
    columns: int
    line: int

    @classmethod
    def of(cls, line: str, number: int) -> ColumnLayout:
        """The layout of a file whose first line with a token is `line`."""
        separator = "\t" if "\t" in line else " "
        return cls(separator, len(split_columns(line, separator)), number)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one sentence.

    Attributes:
        document: number of the document, from 1; 0 before the first ``-DOCSTART-``.
        line: number of the first line.
        rows: the columns of each line.
        separator: separator of the columns in the file.
    """

    document: int
    line: int
    rows: list[list[str]]
    separator: str


def read_columns(path: Path, settings: ColumnsCorpus) -> list[Sentence]:
    """Sentences of one column file, their NER labels in IOB2.

    A document's id is the name of the file and the number of the document, e.g. ``eng.train-0001``. Sentences before
    the first ``-DOCSTART-`` are document 0; if no sentence follows one, documents are unknown (``None``).

    Raises:
        InputError: the file cannot be read, breaks a rule, or has an invalid NER label. The message begins with the
            path and, if it concerns a line, its number: ``path:line:``.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):  # reading a pipe may never end
        raise InputError(f"{path}: a pipe or device, not a file; copy its contents into a file")
    try:
        lines = BytesIO(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    columns = {"token": settings.token_column, "POS": settings.pos_column, "NER": settings.ner_column}
    blocks = list(read_blocks(decode_lines(lines, str(path)), str(path), columns))
    has_documents = any(block.document for block in blocks)
    return [
        _sentence(block, settings, f"{path.name}-{block.document:04d}" if has_documents else None, path)
        for block in blocks
    ]


def _sentence(block: Block, settings: ColumnsCorpus, document: str | None, path: Path) -> Sentence:
    columns = (settings.token_column, settings.pos_column, settings.ner_column)
    tokens, pos, ner = (tuple(row[column] for row in block.rows) for column in columns)
    try:
        return Sentence(tokens, pos, to_iob2(ner, settings.scheme), document)
    except TagError as error:
        raise InputError(f"{path}:{block.line + error.position}: {error}") from None


def read_blocks(lines: Iterable[str], name: str, columns: Mapping[str, int]) -> Iterator[Block]:
    """The sentences of a column file.

    Args:
        lines: lines without line ends.
        name: name of the file, for messages.
        columns: index of each column that is needed, by its content; ``token`` is one of them.

    Raises:
        InputError: a line breaks a rule of this module.
    """
    blocks = _split_into_blocks(lines, name, columns)
    return _refuse_numbers(blocks, name) if columns["token"] == 0 else _refuse_ranges(blocks, name)


def split_columns(line: str, separator: str) -> list[str]:
    """The columns of a line."""
    if separator == "\t":
        return [column.strip(" ") for column in line.split("\t")]
    return [column for column in line.split(" ") if column]  # str.split() would also split at no-break spaces


def _split_into_blocks(lines: Iterable[str], name: str, columns: Mapping[str, int]) -> Iterator[Block]:
    head, rest = [], _refuse_carriage_returns(lines, name)
    for line in rest:  # up to a line that has a token and is no comment
        head.append(line)
        if _has_columns(line) and not line.startswith("#"):
            break
    layout = _find_layout(head, name, columns)
    document = 0
    rows: list[list[str]] = []
    for number, line in enumerate(chain(head, rest, [""]), start=1):  # the blank line closes the last sentence
        if _has_columns(line):
            where = f"{name}:{number}"
            if not rows and line.startswith("#"):
                _refuse_comment(line, layout, where)
            rows.append(_row(line, layout, columns, where))
            continue
        if rows:
            yield Block(document, number - len(rows), rows, layout.separator)
            rows = []
        document += not _is_blank(line)


def _refuse_carriage_returns(lines: Iterable[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\r" in line:
            raise InputError(f"{name}:{number}: a carriage return inside the line; end all lines with line feeds")
        yield line


def _is_blank(line: str) -> bool:
    return not line or line.isspace()


def _has_columns(line: str) -> bool:
    """Whether a line neither is blank nor starts a document."""
    return not _is_blank(line) and not _DOCUMENT_START.search(line)


def _find_layout(head: list[str], name: str, columns: Mapping[str, int]) -> ColumnLayout:
    """The layout of a file that begins with `head`, of which only the last line can be other than ``#``.

    Raises:
        InputError: a column is missing.
    """
    layout = ColumnLayout(" ", 0, 0)  # of a file without sentences
    for number, line in enumerate(head, start=1):
        if not _has_columns(line):
            continue
        is_first, is_last = not layout.line, number == len(head)
        if is_first or (is_last and not line.startswith("#")):
            layout = ColumnLayout.of(line, number)
    needed = max(columns.values()) + 1
    if layout.line and layout.columns < needed:
        line = head[layout.line - 1]
        _refuse_comment(line, layout, f"{name}:{layout.line}")
        places = ", ".join(f"{content} in {column}" for content, column in columns.items())
        raise InputError(
            f"{name}:{layout.line}: {layout.columns} columns, but {needed} are needed ({places}, counted from 0; "
            f"{_separated(layout.separator)}): {line.strip()[:80]!r}"
        )
    return layout


def _row(line: str, layout: ColumnLayout, columns: Mapping[str, int], where: str) -> list[str]:
    """The columns of one line.

    Raises:
        InputError: the line is not one of the layout, or a column that is needed is empty.
    """
    if layout.separator == " " and "\t" in line:
        raise InputError(
            f"{where}: a tab, but line {layout.line} is separated by blanks; use one separator in the whole file"
        )
    row = split_columns(line, layout.separator)
    if len(row) != layout.columns:
        raise InputError(
            f"{where}: {len(row)} columns, but line {layout.line} has {layout.columns} "
            f"({_separated(layout.separator)}): {line.strip()[:80]!r}"
        )
    for content, column in columns.items():
        if not row[column]:
            raise InputError(f"{where}: column {column} ({content}) is empty; fill it")
    return row


def _separated(separator: str) -> str:
    return "separated by tabs" if separator == "\t" else "separated by blanks"


# --- CoNLL-U ---------------------------------------------------------------------------------------------------------


def _refuse_comment(line: str, layout: ColumnLayout, where: str) -> None:
    """Refuse a comment of CoNLL-U, or a document of CoNLL-2012, at the start of a sentence.

    Raises:
        InputError: `line` is a comment.
    """
    if re.match("#(?:begin|end) document", line):
        raise InputError(f"{where}: a line of CoNLL-2012, which is not supported; convert its columns to IOB2")
    is_row = len(split_columns(line, layout.separator)) == layout.columns
    if line.startswith("#") and (_COMMENT.match(line) or not is_row):
        raise InputError(f"{where}: a comment of CoNLL-U, which is not supported; remove these lines: {line[:80]!r}")


def _refuse_ranges(blocks: Iterable[Block], name: str) -> Iterator[Block]:
    """`blocks` of which column 0 is not the token column.

    Raises:
        InputError: column 0 numbers tokens, and a line is a multi-word token or an empty node of CoNLL-U.
    """
    for block in blocks:
        ranges = [
            line for line, row in enumerate(block.rows, start=block.line) if _RANGE_OR_EMPTY_NODE.fullmatch(row[0])
        ]
        if ranges and _first_number(block) is not None:
            number = block.rows[ranges[0] - block.line][0]
            kind = "multi-word token" if "-" in number else "empty node"
            raise InputError(
                f"{name}:{ranges[0]}: a {kind} of CoNLL-U ({number}), which is not supported; remove these lines"
            )
        yield block


def _refuse_numbers(blocks: Iterable[Block], name: str) -> Iterator[Block]:
    """`blocks` of which column 0 is the token column.

    Raises:
        InputError: it numbers the tokens of the first sentences, or of all.
    """
    sentences = tokens = line = 0
    is_open = True
    for block in blocks:
        if is_open:
            first = _first_number(block) if len(block.rows[0]) > 1 else None
            is_open = first is not None if sentences else first == 1
            sentences, tokens, line = sentences + 1, tokens + len(block.rows), line or block.line
            if is_open and tokens > sentences >= _ENOUGH_SENTENCES:
                break
        yield block
    if is_open and tokens > sentences:
        raise InputError(f"{name}:{line}: column 0 numbers the tokens of a sentence; choose another token column")


def _first_number(block: Block) -> int | None:
    """The number of the first token if column 0 numbers the tokens, as in CoNLL-U, else ``None``."""
    ids = [row[0] for row in block.rows if not _RANGE_OR_EMPTY_NODE.fullmatch(row[0])]
    if not ids or not re.fullmatch("[0-9]{1,9}", ids[0]):
        return None
    first = int(ids[0])
    is_counting = ids == [str(first + i) for i in range(len(ids))]
    return first if is_counting and (first == 1 or len(ids) > 1) else None
