"""Extra tests of a corpus: more test sets with its tags, for models that are trained already.

They lie beside the corpus, in its folder ``extra``: ``{name}.parquet``, a row a sentence, and ``{name}.json``
(:class:`ExtraTestCard`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from posner.corpora.corpus import CorpusCard, Provenance, Sentence, entity_counts, write_split
from posner.errors import InputError
from posner.files import sha256, write_json

FOLDER = "extra"  # in that of the corpus


@dataclass(frozen=True)
class ExtraTestCard:
    """``{name}.json``: counts and provenance.

    `documents` are 0 where they are unknown. `unseen_pos_tags` counts the tokens whose POS tag train never had, and
    `sentences_in_train` the sentences that train has, too, word by word. `sha256` is that of the sentences' file:
    whatever depends on the card depends on it.
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
        InputError: one is not there.
    """
    files = [corpus / FOLDER / f"{name}{suffix}" for suffix in (".json", ".parquet")]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is not there")
    return files


def write_extra_test(
    corpus: Path,
    name: str,
    sentences: Sequence[Sentence],
    provenance: Provenance,
    card: CorpusCard,
    train: Sequence[Sentence],
) -> ExtraTestCard:
    """Check an extra test against the corpus in the folder `corpus`, with its `card` and `train`, and write it there.

    Raises:
        InputError: it is empty, has an entity type that the corpus has not, or is part of train.
    """
    if not sentences:
        raise InputError(f"extra test {name}: there are no sentences in {provenance.origin}")
    entities = entity_counts(sentences)
    types = {label[2:] for label in card.ner_labels if label.startswith("B-")}
    if unknown := sorted(set(entities) - types):
        raise InputError(
            f"extra test {name}: entity type {unknown[0]!r} is not one of the corpus's: {', '.join(sorted(types))}"
        )
    learned = {sentence.tokens for sentence in train}
    in_train = sum(sentence.tokens in learned for sentence in sentences)
    if in_train == len(sentences):
        raise InputError(f"extra test {name}: train has all of its sentences, so that it tests nothing")
    known = set(card.pos_tags)
    path = corpus / FOLDER / f"{name}.parquet"
    write_split(path, sentences)
    made = ExtraTestCard(
        sentences=len(sentences),
        tokens=sum(map(len, sentences)),
        documents=len({sentence.document for sentence in sentences} - {None}),
        entities=entities,
        unseen_pos_tags=dict(Counter(tag for s in sentences for tag in s.pos if tag not in known)),
        sentences_in_train=in_train,
        provenance=provenance,
        sha256=sha256(path),
    )
    write_json(path.with_suffix(".json"), asdict(made))
    return made
