"""Read new text: lines or CoNLL columns, as sentences with the offsets of their words.

A line is a sentence. Its words are: abbreviations of letters and periods (``U.S.``) and initials (``J.``); clitics
(``'s``, ``n't``); letters, combining marks and digits, joined by single marks (``1996-08-22``, ``well-known``);
sequences of periods or dashes; symbols with their variants and what they are joined to (emoji); and any other character
that is not white space. Invisible characters (soft hyphens, zero-width spaces and joiners, directional marks) end no
word and belong to the word before them. Of the tokens of CoNLL-2003, written with spaces between them, this recovers
99 %.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split
from tqdm import tqdm

from posner.corpora.conll import read_blocks
from posner.corpora.lines import decode_lines
from posner.errors import InputError

STANDARD = Path("-")  # standard input or output

LINES_TO_JUDGE, MOST_COLUMNS = 50, 0.8  # at the start of a file; some may be -DOCSTART- or comments
_LABEL = re.compile(r"O|[BIESLU]-\S+")

_INVISIBLE = r"\p{Cf}*"
_LETTER = r"[\p{L}\p{M}\p{N}\p{Cf}]"
_APOSTROPHE = r"['\x{2019}]"
_CLITIC = rf"(?i:{_APOSTROPHE}(?:s|ll|re|ve|d|m)|n{_APOSTROPHE}t){_INVISIBLE}(?!{_LETTER})"
_SYMBOL = r"\p{So}[\p{M}\p{Cf}\x{1F3FB}-\x{1F3FF}]*"
_WORDS = Split(
    Regex(
        rf"(?:(?:\p{{L}}\.){{2,}}|(?<!{_LETTER})\p{{Lu}}\.(?={_INVISIBLE}\s+\S)){_INVISIBLE}"
        rf"|{_CLITIC}"
        rf"|(?:(?!{_CLITIC}){_LETTER})+(?:(?!{_CLITIC})(?:[-.,:/&@]|{_APOSTROPHE}){_LETTER}+)*"
        rf"|{_SYMBOL}(?:(?<=\x{{200D}}){_SYMBOL})*"
        rf"|(?:\.{{2,}}|-{{2,}}|\S){_INVISIBLE}"
    ),
    behavior="removed",
    invert=True,
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence to annotate.

    Attributes:
        text: the original text of the sentence.
        spans: ``[words]``, start and end of each word in `text`, in characters; the end is exclusive.
        pos: ``[words]``, the POS tags in the input, if it has any.
        separator: separator of columns in the input; words may contain blanks if it is a tab.
    """

    text: str
    spans: tuple[Span, ...]
    pos: tuple[str, ...] | None = None
    separator: str = " "

    @property
    def words(self) -> list[str]:
        """The words."""
        return [self.text[start:end] for start, end in self.spans]


def read_lines(path: Path) -> Iterator[str]:
    """Lines of a UTF-8 file, or of standard input for ``-``, one by one, without line ends.

    Raises:
        InputError: the file cannot be read, or is not UTF-8 text.
    """
    if path == STANDARD and sys.stdin is None:
        raise InputError("--input: standard input is closed; give a file")
    try:
        size = None if path == STANDARD else path.stat().st_size
        source = nullcontext(sys.stdin.buffer) if path == STANDARD else path.open("rb")
    except OSError as error:
        raise InputError(f"--input: {path} cannot be read ({error.strerror})") from None
    with source as file, tqdm(total=size, desc="annotating", unit="B", unit_scale=True, disable=None) as bar:
        yield from decode_lines(_counted(file, bar), "standard input" if path == STANDARD else str(path))


def _counted(lines: Iterable[bytes], bar: tqdm[Any]) -> Iterator[bytes]:
    for line in lines:
        bar.update(len(line))
        yield line


def from_text(lines: Iterable[str]) -> Iterator[Passage]:
    """One passage per line; an empty line gives a passage without words."""
    for line in lines:
        yield Passage(line, tuple(span for _, span in _WORDS.pre_tokenize_str(line)))


def refuse_columns(lines: Iterable[str], name: str) -> Iterator[str]:
    """The lines of a text, `name` in messages.

    Raises:
        InputError: the first lines are columns that end in an NER label, whose tags would be read as words.
    """
    rest = iter(lines)
    head = list(islice(rest, LINES_TO_JUDGE))
    if are_columns(head):
        raise InputError(
            f"--input: {name} has columns with NER labels, not text; give it in a file that ends in .conll"
        )
    yield from chain(head, rest)


def are_columns(lines: Iterable[str]) -> bool:
    """Whether nearly all lines that are not blank have as many columns, at least three, and end in an NER label."""
    rows = [line.split() for line in lines if line.strip()]
    labelled = Counter(len(row) for row in rows if len(row) >= 3 and _LABEL.fullmatch(row[-1]))
    most = max(labelled.values(), default=0)
    return most >= 2 and most >= MOST_COLUMNS * len(rows)


def from_columns(lines: Iterable[str], token_column: int, pos_column: int | None, name: str) -> Iterator[Passage]:
    """Passages from CoNLL columns, read as corpora are (see :mod:`posner.corpora.conll`).

    Args:
        pos_column: the column of POS tags; ``None`` to ignore them.
        name: name of the file, for messages.

    Raises:
        InputError: a line breaks a rule of the format.
    """
    columns = {"token": token_column} | ({} if pos_column is None else {"POS": pos_column})
    for block in read_blocks(lines, name, columns):
        words = [row[token_column] for row in block.rows]
        tags = None if pos_column is None else tuple(row[pos_column] for row in block.rows)
        yield Passage(" ".join(words), spans_of(words), tags, block.separator)


def spans_of(words: Iterable[str]) -> tuple[Span, ...]:
    """Spans of words that are joined by single spaces."""
    spans, start = [], 0
    for word in words:
        spans.append((start, start + len(word)))
        start += len(word) + 1
    return tuple(spans)
