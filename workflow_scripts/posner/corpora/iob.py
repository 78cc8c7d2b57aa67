"""Chunk tagging schemes: IOB1, IOB2 and BIOES, all turned into IOB2.

IOB1 and IOB2 after Ramshaw & Marcus (1995) and Tjong Kim Sang & Veenstra (1999); BIOES is IOB2 in which the last token
of an entity is ``E-`` and an entity of one token is ``S-``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from posner.errors import InputError

Scheme = Literal["iob1", "iob2", "bioes"]

PREFIXES: dict[Scheme, tuple[str, ...]] = {"iob1": ("B", "I"), "iob2": ("B", "I"), "bioes": ("B", "I", "E", "S")}


class TagError(InputError):
    """A tag that its scheme does not allow; `position` is the token's place in the sentence, from 0."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


def to_iob2(tags: Sequence[str], scheme: Scheme) -> tuple[str, ...]:
    """The tags of one sentence in IOB2.

    IOB1 and IOB2 are read as ``conlleval`` reads them, which keeps their entities whatever was declared: ``B-`` begins
    an entity wherever it stands (CoNLL-2003, which is IOB1, has two in train that do not follow an entity of their
    type), and so does an ``I-`` that continues none of its type. In BIOES every entity has to be complete: ``S``, or
    ``B``, any number of ``I``, ``E``.

    Raises:
        TagError: a tag is outside the scheme. The message names the tag and what the scheme allows.
    """
    parts = []
    for position, tag in enumerate(tags):
        if (pair := parse(tag, scheme)) is None:
            allowed = ", ".join(["O", *(f"{prefix}-TYPE" for prefix in PREFIXES[scheme])])
            raise TagError(position, f"NER tag {tag!r} is outside the scheme {scheme}, which allows {allowed}")
        parts.append(pair)
    return _from_bioes(parts) if scheme == "bioes" else _from_iob(parts)


@lru_cache(maxsize=4096)
def parse(tag: str, scheme: Scheme) -> tuple[str, str] | None:
    """Prefix and entity type of a tag, ``("O", "")`` outside of entities, or ``None`` if the scheme has no such tag."""
    if tag == "O":
        return "O", ""
    prefix, dash, name = tag.partition("-")
    return (prefix, name) if prefix in PREFIXES[scheme] and dash and name.strip() else None


def _from_iob(parts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    made = []
    previous = ""  # type of the entity that the token before is in
    for prefix, name in parts:
        if prefix == "O":
            made.append("O")
        else:
            made.append(f"I-{name}" if prefix == "I" and name == previous else f"B-{name}")
        previous = name
    return tuple(made)


def _from_bioes(parts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    made = []
    open_type = ""  # type of the entity that has begun and not ended
    for position, (prefix, name) in enumerate([*parts, ("O", "")]):
        continues = prefix in ("I", "E")
        if continues and name != open_type:
            raise TagError(position, f"NER tag '{prefix}-{name}' is outside the scheme bioes: no B-{name} before it")
        if open_type and not continues:
            before = f"{parts[position - 1][0]}-{open_type}"
            raise TagError(
                position - 1,
                f"NER tag '{before}' is outside the scheme bioes: I-{open_type} or E-{open_type} must follow",
            )
        if prefix == "O":
            made.append("O")
        else:
            made.append(f"I-{name}" if continues else f"B-{name}")
        open_type = name if prefix in ("B", "I") else ""
    return tuple(made[:-1])
