"""Read CoNLL column files: one token per line, blank lines between sentences, ``-DOCSTART-`` before each document."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from posner.config.corpora import ColumnsCorpus
from posner.corpora.corpus import Sentence
from posner.corpora.iob import TagError, to_iob2
from posner.errors import InputError

DOCUMENT_START = "-DOCSTART-"

# Spaces and tabs separate columns. str.split would also split at no-break spaces and the like, which occur in tokens.
COLUMN = re.compile(r"[^ \t\r]+")


def read_columns(path: Path, settings: ColumnsCorpus) -> list[Sentence]:
    """Sentences of one column file, their NER labels in IOB2.

    A document's id is the name of the file and the number of the document, e.g. ``eng.train-0001``. Sentences before
    the first ``-DOCSTART-`` are document 0; without any ``-DOCSTART-``, documents are unknown (``None``).

    Raises:
        InputError: the file cannot be read or is not UTF-8, or a line has too few columns or an invalid NER label.
            The
            message begins with the path and, if it concerns a line, its number: ``path:line:``.
    """
    text = _read_text(path)
    columns = (settings.token_column, settings.pos_column, settings.ner_column)
    needed = max(columns) + 1
    document: int | None = 0 if DOCUMENT_START in text else None
    sentences: list[Sentence] = []
    rows: list[tuple[str, str, str]] = []
    # splitlines would also split at form feeds and U+2028. The blank line at the end closes the last sentence.
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        fields = COLUMN.findall(line)
        starts_document = document is not None and DOCUMENT_START in fields
        if starts_document or not fields or line.isspace():
            if rows:
                name = None if document is None else f"{path.name}-{document:04d}"
                sentences.append(_sentence(rows, settings, name, path, first_line=number - len(rows)))
                rows = []
            if starts_document:
                document = (document or 0) + 1
            continue
        if len(fields) < needed:
            raise InputError(
                f"{path}:{number}: {len(fields)} columns, but {needed} are needed (token, POS and NER are in columns "
                f"{columns[0]}, {columns[1]} and {columns[2]}, counted from 0): {line.strip()[:80]!r}"
            )
        rows.append((fields[columns[0]], fields[columns[1]], fields[columns[2]]))
    return sentences


def _sentence(
    rows: list[tuple[str, str, str]], settings: ColumnsCorpus, document: str | None, path: Path, first_line: int
) -> Sentence:
    tokens, pos, ner = zip(*rows, strict=True)
    try:
        return Sentence(tokens, pos, to_iob2(ner, settings.scheme), document)
    except TagError as error:
        raise InputError(f"{path}:{first_line + error.position}: {error}") from None


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: not UTF-8 (byte {data[error.start]:#04x}); convert the file to UTF-8"
        ) from None
