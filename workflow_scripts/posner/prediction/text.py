"""Text from anywhere: lines or CoNLL columns in, sentences with the places of their words out.

A line is a sentence, and its words are: abbreviations of letters and periods (``U.S.``) and initials (``J.``); clitics
(``'s``, ``n't``); letters, combining marks and digits, joined by single marks inside (``1996-08-22``, ``well-known``);
runs of periods or dashes; and any other character that is no blank. Of CoNLL-2003's tokens, written with blanks between
them, 99 % come back.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split
from tqdm import tqdm

from posner.corpora.conll import DOCUMENT_START
from posner.errors import InputError

STANDARD = Path("-")  # standard input or output

_LETTER = r"[\p{L}\p{M}\p{N}]"
_APOSTROPHE = r"['\x{2019}]"
_CLITIC = rf"(?i:{_APOSTROPHE}(?:s|ll|re|ve|d|m)|n{_APOSTROPHE}t)(?!{_LETTER})"
_WORDS = Split(
    Regex(
        rf"(?:\p{{L}}\.){{2,}}|(?<!{_LETTER})\p{{Lu}}\.(?=\s+\S)"
        rf"|{_CLITIC}"
        rf"|(?:(?!{_CLITIC}){_LETTER})+(?:(?!{_CLITIC})(?:[-.,:/&@]|{_APOSTROPHE}){_LETTER}+)*"
        r"|\.{2,}|-{2,}|\S"
    ),
    behavior="removed",
    invert=True,
)
# Only these separate columns: tokens may hold no-break spaces and the like.
_COLUMN = re.compile(r"[^ \t\r]+")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence to be labelled.

    Attributes:
        text: the sentence as it stands.
        spans: ``[words]``, where each word begins and ends in `text`, in characters; the end is exclusive.
        pos: ``[words]``, POS tags that were given with it.
    """

    text: str
    spans: tuple[Span, ...]
    pos: tuple[str, ...] | None = None

    @property
    def words(self) -> list[str]:
        """The words."""
        return [self.text[start:end] for start, end in self.spans]


def read_lines(path: Path) -> Iterator[str]:
    """Lines of a UTF-8 file, or of standard input for ``-``, without their ends; as few in memory as can be.

    Raises:
        InputError: the file cannot be read or is not UTF-8.
    """
    try:
        size = None if path == STANDARD else path.stat().st_size
        source = nullcontext(sys.stdin.buffer) if path == STANDARD else path.open("rb")
    except OSError as error:
        raise InputError(f"--input: {path} cannot be read ({error.strerror})") from None
    with source as file, tqdm(total=size, desc="labelling", unit="B", unit_scale=True, disable=None) as bar:
        for number, line in enumerate(file, start=1):  # bytes: text would also end lines at other characters
            bar.update(len(line))
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\n").removesuffix("\r")
            except UnicodeDecodeError:
                raise InputError(f"{path}:{number}: not UTF-8; convert the file to UTF-8") from None


def from_text(lines: Iterable[str]) -> Iterator[Passage]:
    """A passage a line, without words where a line is empty."""
    for line in lines:
        yield Passage(line, tuple(span for _, span in _WORDS.pre_tokenize_str(line)))


def from_columns(lines: Iterable[str], token_column: int, pos_column: int | None, name: str) -> Iterator[Passage]:
    """Passages from CoNLL columns: a token a line, sentences apart by blank lines; ``-DOCSTART-`` is passed over.

    Args:
        pos_column: the column of POS tags; ``None`` if they are not wanted.
        name: of the file, for messages.

    Raises:
        InputError: a line has too few columns.
    """
    needed = max(token_column, pos_column or 0) + 1
    rows = ((number, [] if line.isspace() else _COLUMN.findall(line)) for number, line in enumerate(lines, start=1))
    for is_sentence, sentence in groupby(rows, key=lambda row: bool(row[1]) and DOCUMENT_START not in row[1]):
        if not is_sentence:
            continue
        words, tags = [], []
        for number, fields in sentence:
            if len(fields) < needed:
                raise InputError(f"{name}:{number}: {len(fields)} columns, but {needed} are needed (see --pos-column)")
            words.append(fields[token_column])
            tags.append("" if pos_column is None else fields[pos_column])
        yield Passage(" ".join(words), spans_of(words), None if pos_column is None else tuple(tags))


def spans_of(words: Iterable[str]) -> tuple[Span, ...]:
    """Where words are that are joined by single blanks."""
    spans, start = [], 0
    for word in words:
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return tuple(spans)
