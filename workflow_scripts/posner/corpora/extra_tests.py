"""Extra tests of a corpus: additional test sets with the same entity types, for models that are already trained.

They are in the folder ``extra`` of the corpus: ``{name}.parquet`` (one row per sentence) and ``{name}.json``
(:class:`ExtraTestCard`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from posner.corpora.checks import check_split
from posner.corpora.corpus import CorpusCard, Provenance, Sentence, count_entities, write_split
from posner.corpora.overlap import check_part, plain
from posner.corpora.pos_checks import check_pos
from posner.errors import InputError
from posner.files import sha256, write_json

FOLDER = "extra"  # in the folder of the corpus


@dataclass(frozen=True)
class ExtraTestCard:
    """``{name}.json``: counts and provenance.

    Attributes:
        sentences, tokens, documents: counts; 0 documents if they are unknown.
        entities: counts by type.
        unseen_pos_tags: tokens whose POS tag train does not have, by tag.
        sentences_in_train: sentences with the same tokens as a train sentence.
        provenance: source and licence.
        sha256: hash of ``{name}.parquet``; rules depend on the card instead of this file.
    """

    sentences: int
    tokens: int
    documents: int
    entities: dict[str, int]
    unseen_pos_tags: dict[str, int]
    sentences_in_train: int
    provenance: Provenance
    sha256: str


def extra_test_files(corpus: Path, name: str) -> list[Path]:
    """Files of an extra test, its card first.

    Raises:
        InputError: a file is missing.
    """
    files = [corpus / FOLDER / f"{name}{suffix}" for suffix in (".json", ".parquet")]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is missing; run prepare_extra_test first")
    return files


def check_extra_test(name: str, sentences: Sequence[Sentence], splits: Mapping[str, Sequence[Sentence]]) -> None:
    """Check that scores on an extra test mean something, as the splits of a corpus are checked.

    Args:
        name: its name, for messages.
        splits: the splits of its corpus.

    Raises:
        InputError: as in :func:`posner.corpora.checks.check_corpus`; it may be the test split with other labels.
    """
    origin = f"extra test {name}"
    if not sentences:
        raise InputError(f"{origin}: it has no sentences")
    check_split("test", sentences, origin)
    check_pos("test", sentences, splits["train"], origin)
    part = Counter(map(plain, sentences))
    for split in ("train", "validation"):  # it may be the test split with other labels, since no model saw that
        check_part("test", part, f"{split} of the corpus", map(plain, splits[split]), origin)


def write_extra_test(
    corpus: Path,
    name: str,
    sentences: Sequence[Sentence],
    provenance: Provenance,
    card: CorpusCard,
    train: Sequence[Sentence],
) -> ExtraTestCard:
    """Check the entities of an extra test, and write it into the folder `corpus`.

    Args:
        card: the card of the corpus.
        train: the train split of the corpus.

    Raises:
        InputError: the test is empty, has no entity or an entity type that the corpus does not have, or is part of
            train.
    """
    if not sentences:
        raise InputError(f"extra test {name}: {provenance.origin} has no sentences")
    entities = count_entities(sentences)
    if not entities:
        raise InputError(f"extra test {name}: {provenance.origin} has no entity, so no NER score can be computed on it")
    types = {label[2:] for label in card.ner_labels if label.startswith("B-")}
    if unknown := sorted(set(entities) - types):
        raise InputError(
            f"extra test {name}: the corpus has no entity type {unknown[0]!r}, only {', '.join(sorted(types))}"
        )
    train_tokens = {sentence.tokens for sentence in train}
    in_train = sum(sentence.tokens in train_tokens for sentence in sentences)
    if in_train == len(sentences):
        raise InputError(f"extra test {name}: all of its sentences are in train; give sentences that are not")
    known = set(card.pos_tags)
    path = corpus / FOLDER / f"{name}.parquet"
    write_split(path, sentences)
    test_card = ExtraTestCard(
        sentences=len(sentences),
        tokens=sum(map(len, sentences)),
        documents=len({sentence.document for sentence in sentences} - {None}),
        entities=entities,
        unseen_pos_tags=dict(Counter(tag for s in sentences for tag in s.pos if tag not in known)),
        sentences_in_train=in_train,
        provenance=provenance,
        sha256=sha256(path),
    )
    write_json(path.with_suffix(".json"), asdict(test_card))
    return test_card
