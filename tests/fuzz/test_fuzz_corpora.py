"""Mutated column files are read as an independent parser reads them, or refused with one line that names the file.

``POSNER_FUZZ_CASES`` sets the number of files. A case depends on its number only, so a failure can be run alone.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from column_files import make_file
from column_rules import Document, RefusedError, Row, parse, require_visible, to_begin
from posner.config.corpora import ColumnsCorpus
from posner.corpora.conll import read_columns
from posner.errors import InputError
from posner.prediction.text import from_columns, read_lines

CASES = int(os.environ.get("POSNER_FUZZ_CASES", "300"))
# Columns of token, POS and NER in the files.
PLACES = [(0, 1, 2), (0, 1, 3), (1, 2, 3), (0, 2, 1)]


def expected_rows(documents: list[Document], name: str) -> Iterator[tuple[str | None, list[Row]]]:
    """Document id and rows of each sentence."""
    has_documents = any(documents[1:])
    for number, document in enumerate(documents):
        for sentence in document:
            for row in sentence:
                require_visible(row)
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
