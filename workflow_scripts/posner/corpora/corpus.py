"""The corpus: sentences with POS tags and NER labels, in one layout for all sources.

On disk a corpus is a folder with ``train.parquet``, ``validation.parquet``, ``test.parquet`` (one row per sentence)
and ``corpus.json`` (:class:`CorpusCard`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from posner.corpora.iob import TagError
from posner.errors import InputError
from posner.files import atomic_path, read_model, sha256, write_json

SPLITS = ("train", "validation", "test")
OUTSIDE = "O"

SCHEMA = pa.schema(
    {
        "document": pa.string(),
        "tokens": pa.list_(pa.string()),
        "pos": pa.list_(pa.string()),
        "ner": pa.list_(pa.string()),
    }
)


@lru_cache(maxsize=4096)
def has_visible_ends(tag: str) -> bool:
    """Whether the first and last characters are neither white space nor invisible."""
    return bool(tag) and all(character.isprintable() and character != " " for character in (tag[0], tag[-1]))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `tokens`, `pos` and `ner` (IOB2) have the same length; `document` is ``None`` if unknown.

    Raises:
        InputError: the lengths differ, or there are no tokens.
        TagError: a token is empty or white space, or a tag or label begins or ends with white space or an invisible
            character, such as a no-break space: it would be another one than without.
    """

    tokens: tuple[str, ...]
    pos: tuple[str, ...]
    ner: tuple[str, ...]
    document: str | None = None

    def __post_init__(self) -> None:
        if not len(self.tokens) == len(self.pos) == len(self.ner):
            raise InputError(
                f"tokens ({len(self.tokens)}), POS tags ({len(self.pos)}) and NER labels ({len(self.ner)}) "
                f"differ in number in the sentence {' '.join(self.tokens)[:80]!r}"
            )
        if not self.tokens:
            raise InputError("a sentence has no tokens")
        for position, token in enumerate(self.tokens):
            if not token or token.isspace():
                raise TagError(
                    position, f"the token {token!r} is empty or white space; remove it, or join it to another"
                )
        for kind, tags in (("POS tag", self.pos), ("NER label", self.ner)):
            for position, tag in enumerate(tags):
                if not has_visible_ends(tag):
                    raise TagError(position, f"the {kind} {tag!r} is empty, or has invisible ends; remove these")

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Provenance:
    """Source and licence of a corpus; part of ``corpus.json``.

    Attributes:
        source: kind of source, as in the config.
        origin: name of the dataset, or of its files.
        revision: commit of a dataset of the Hub.
        licence: licence of the dataset.
        files: SHA-256 of the files that were read, by name.
        facts: what else the source states, e.g. the best possible F1.
    """

    source: str
    origin: str
    revision: str | None = None
    licence: str = "not stated"
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CorpusCard:
    """``corpus.json``: tag sets, counts and provenance.

    Attributes:
        pos_tags: the POS tags of train, sorted.
        ner_labels: ``O``, then ``B-`` and ``I-`` of every entity type of train, sorted by type.
        sentences, tokens, documents: counts by split; 0 documents if they are unknown.
        entities: counts by split and type.
        unseen_pos_tags: tokens of validation and test whose POS tag train does not have, by split and tag.
        provenance: source and licence.
        files: SHA-256 of the files of the splits; rules depend on the card instead of these files.
        repeated_sentences: sentences of validation and test with the same tokens as one of an earlier split, by split.
    """

    pos_tags: tuple[str, ...]
    ner_labels: tuple[str, ...]
    sentences: dict[str, int]
    tokens: dict[str, int]
    documents: dict[str, int]
    entities: dict[str, dict[str, int]]
    unseen_pos_tags: dict[str, dict[str, int]]
    provenance: Provenance
    files: dict[str, str] = field(default_factory=dict)
    repeated_sentences: dict[str, int] = field(default_factory=dict)


CARDS = TypeAdapter(CorpusCard)


def label_set(types: Iterable[str]) -> tuple[str, ...]:
    """``O``, and ``B-`` and ``I-`` of every entity type."""
    return (OUTSIDE, *(f"{prefix}-{name}" for name in types for prefix in "BI"))


def corpus_files(folder: Path) -> list[Path]:
    """Files of a prepared corpus.

    Raises:
        InputError: a file is missing.
    """
    files = [folder / "corpus.json", *(folder / f"{split}.parquet" for split in SPLITS)]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is missing; run prepare_corpus first")
    return files


def describe_corpus(splits: Mapping[str, Sequence[Sentence]], provenance: Provenance) -> CorpusCard:
    """Check a corpus, and describe it without its files.

    Raises:
        InputError: a split is empty, or validation or test have an entity type that train does not have.
    """
    for split in SPLITS:
        if not splits.get(split):
            raise InputError(f"the {split} split of {provenance.origin} is empty")
    types = {split: count_entities(splits[split]) for split in SPLITS}
    for split in SPLITS:
        if unknown := sorted(set(types[split]) - set(types["train"])):
            raise InputError(
                f"{provenance.origin}: entity type {unknown[0]!r} is in {split} but not in train, so no model can "
                "learn it; in the data replace its labels with O or with those of a type of train "
                f"({', '.join(types['train']) or 'none'}), or move sentences that have it to train"
            )
    known = set(chain.from_iterable(sentence.pos for sentence in splits["train"]))
    return CorpusCard(
        pos_tags=tuple(sorted(known)),
        ner_labels=label_set(sorted(types["train"])),
        sentences={split: len(splits[split]) for split in SPLITS},
        tokens={split: sum(map(len, splits[split])) for split in SPLITS},
        documents={split: len({s.document for s in splits[split]} - {None}) for split in SPLITS},
        entities=types,
        unseen_pos_tags={
            split: dict(Counter(tag for s in splits[split] for tag in s.pos if tag not in known))
            for split in ("validation", "test")
        },
        provenance=provenance,
        repeated_sentences=count_repeated(splits),
    )


def count_repeated(splits: Mapping[str, Sequence[Sentence]]) -> dict[str, int]:
    """Number of sentences of validation and test whose tokens are those of a sentence of an earlier split."""
    earlier: set[tuple[str, ...]] = set()
    repeated = {}
    for split in SPLITS:
        repeated[split] = sum(sentence.tokens in earlier for sentence in splits[split])
        earlier.update(sentence.tokens for sentence in splits[split])
    del repeated["train"]
    return repeated


def count_entities(sentences: Sequence[Sentence]) -> dict[str, int]:
    """Number of entities by type, from their ``B-`` labels."""
    counts = Counter(label[2:] for sentence in sentences for label in sentence.ner if label.startswith("B-"))
    return dict(sorted(counts.items()))


def write_corpus(folder: Path, splits: Mapping[str, Sequence[Sentence]], provenance: Provenance) -> CorpusCard:
    """Check a corpus, and write ``{split}.parquet`` and ``corpus.json`` into `folder`.

    Raises:
        InputError: as in :func:`describe_corpus`.
    """
    card = describe_corpus(splits, provenance)
    files = {}
    for split in SPLITS:
        path = folder / f"{split}.parquet"
        write_split(path, splits[split])
        files[path.name] = sha256(path)
    card = replace(card, files=files)
    write_json(folder / "corpus.json", asdict(card))
    return card


def write_split(target: Path, sentences: Sequence[Sentence]) -> None:
    """Write sentences as ``{split}.parquet``."""
    rows = [
        {"document": s.document, "tokens": list(s.tokens), "pos": list(s.pos), "ner": list(s.ner)} for s in sentences
    ]
    with atomic_path(target) as path:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)


def read_split(path: Path) -> list[Sentence]:
    """Sentences of one ``{split}.parquet``.

    Raises:
        InputError: the file is missing, damaged or has another layout.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: not a corpus split ({error}); delete it and run again") from error
    if not table.schema.equals(SCHEMA):  # read_table(schema=...) would add missing columns
        raise InputError(f"{path}: not a corpus split (its columns are {table.column_names}); delete it and run again")
    columns = (table.column(name).to_pylist() for name in ("tokens", "pos", "ner", "document"))
    return [Sentence(tuple(t), tuple(p), tuple(n), d) for t, p, n, d in zip(*columns, strict=True)]


def read_card(path: Path) -> CorpusCard:
    """The :class:`CorpusCard` in a ``corpus.json``.

    Raises:
        InputError: the file is missing, damaged or has another layout.
    """
    card = read_model(path, CARDS, "a corpus description")
    try:
        require_consistent(card)
    except ValueError as error:
        raise InputError(f"{path}: not a corpus description ({error}); delete it and run again") from error
    return card


def require_consistent(card: CorpusCard) -> None:
    """Check that a description is complete.

    Raises:
        ValueError: a split or label is missing.
    """
    for name in ("sentences", "tokens", "documents", "entities"):
        if missing := set(SPLITS) - getattr(card, name).keys():
            raise ValueError(f"{name} of {min(missing)} are missing")
    types = sorted({label[2:] for label in card.ner_labels if label != OUTSIDE})
    if card.ner_labels != label_set(types):
        raise ValueError(f"ner_labels are not {OUTSIDE} and pairs of B- and I-")


def file_hashes(paths: Sequence[Path]) -> dict[str, str]:
    """SHA-256 by file, for :attr:`Provenance.files`.

    Names are relative to the deepest common folder: they do not depend on its location, and they differ for files of
    the same name in different folders.
    """
    absolute = [path.absolute() for path in paths]
    folder = os.path.commonpath([path.parent for path in absolute])
    return {path.relative_to(folder).as_posix(): sha256(path) for path in absolute}


def all_tokens(sentences: Sequence[Sentence]) -> Iterator[str]:
    """The tokens of all sentences."""
    return chain.from_iterable(sentence.tokens for sentence in sentences)
