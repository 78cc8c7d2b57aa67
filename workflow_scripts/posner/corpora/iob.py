"""Convert NER labels in the schemes IOB1, IOB2 and BIOES to IOB2.

IOB1 and IOB2: Ramshaw & Marcus (1995), Tjong Kim Sang & Veenstra (1999). In BIOES, the last token of an entity has the
prefix ``E-``, and an entity of one token ``S-``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from posner.errors import InputError

Scheme = Literal["iob1", "iob2", "bioes"]

PREFIXES: dict[Scheme, tuple[str, ...]] = {"iob1": ("B", "I"), "iob2": ("B", "I"), "bioes": ("B", "I", "E", "S")}


class TagError(InputError):
    """A label that its scheme does not allow, or a token or tag that no data has.

    `position` is the index of its token in the sentence.
    """

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


def to_iob2(labels: Sequence[str], scheme: Scheme) -> tuple[str, ...]:
    """The NER labels of one sentence in IOB2.

    IOB1 and IOB2 are read as by ``conlleval``, which finds the same entities in both: an entity begins at each ``B-``
    (CoNLL-2003, in IOB1, has two in train that do not follow an entity of their type), and at each ``I-`` that does not
    continue an entity of its type. In BIOES every entity must be complete: ``S``, or ``B``, any number of ``I``, ``E``.

    Raises:
        TagError: a label is not allowed by the scheme.
    """
    parts = []
    for position, label in enumerate(labels):
        if (pair := split_label(label, scheme)) is None:
            allowed = ", ".join(["O", *(f"{prefix}-TYPE" for prefix in PREFIXES[scheme])])
            raise TagError(position, f"NER label {label!r} is outside the scheme {scheme}, which allows {allowed}")
        parts.append(pair)
    return _from_bioes(parts) if scheme == "bioes" else _from_iob(parts)


@lru_cache(maxsize=4096)
def split_label(label: str, scheme: Scheme) -> tuple[str, str] | None:
    """Prefix and entity type of a label, ``("O", "")`` for ``O``, or ``None`` if the scheme does not allow it."""
    if label == "O":
        return "O", ""
    prefix, dash, name = label.partition("-")
    return (prefix, name) if prefix in PREFIXES[scheme] and dash and name.strip() else None


def _from_iob(parts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    converted = []
    previous = ""  # entity type of the previous token
    for prefix, name in parts:
        if prefix == "O":
            converted.append("O")
        else:
            converted.append(f"I-{name}" if prefix == "I" and name == previous else f"B-{name}")
        previous = name
    return tuple(converted)


def _from_bioes(parts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    converted = []
    open_type = ""  # type of the entity that has not ended yet
    for position, (prefix, name) in enumerate([*parts, ("O", "")]):
        continues = prefix in ("I", "E")
        if continues and name != open_type:
            label = f"{prefix}-{name}"
            raise TagError(position, f"NER label {label!r} is outside the scheme bioes: no {f'B-{name}'!r} before it")
        if open_type and not continues:
            before = f"{parts[position - 1][0]}-{open_type}"
            following = f"{f'I-{open_type}'!r} or {f'E-{open_type}'!r}"
            raise TagError(position - 1, f"NER label {before!r} is outside the scheme bioes: {following} must follow")
        if prefix == "O":
            converted.append("O")
        else:
            converted.append(f"I-{name}" if continues else f"B-{name}")
        open_type = name if prefix in ("B", "I") else ""
    return tuple(converted[:-1])
