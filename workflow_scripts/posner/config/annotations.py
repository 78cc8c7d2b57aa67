"""Inspect the type annotations of settings, and the problems that pydantic finds with their values."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic_core import ErrorDetails

KEY = "[key]"  # part of a location that stands for the key of a mapping, instead of its value
EXPECTED = "Input should be "


def union_members(annotation: Any) -> Iterator[Any]:
    """The member types of an annotation: unions are expanded, ``Annotated`` is removed."""
    if get_origin(annotation) is Annotated:
        yield from union_members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from union_members(part)
    else:
        yield annotation


def source_of(kind: Any) -> str | None:
    """The value of the field `source` of a settings class, which identifies it; ``None`` if it has no such field."""
    field = getattr(kind, "model_fields", {}).get("source")
    return None if field is None else get_args(field.annotation)[0]


def texts_of(value: Any) -> Iterator[str]:
    """All texts and paths in a value of a setting or in JSON, keys included."""
    if isinstance(value, str | PurePath):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from texts_of([*value, *value.values()])
    elif isinstance(value, tuple | list):
        for part in value:
            yield from texts_of(part)


def causes(problems: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The problems without those that only follow from others.

    A list of which an item is invalid is also called too short, and a value is checked even if its key is invalid.
    """
    places = [problem["loc"] for problem in problems]
    wrong_keys = {place[:-1] for place in places if place[-1:] == (KEY,)}
    inner = {place[:length] for place in places for length in range(len(place))}
    return [
        problem
        for problem, place in zip(problems, places, strict=True)
        if not (problem["type"] == "too_short" and place in inner)
        and (place[-1:] == (KEY,) or not any(place[:length] in wrong_keys for length in range(1, len(place) + 1)))
    ]


def join_alternatives(explained: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each problem, from its key and its message; both types that a value may have are in one line.

    Messages without a key contain it.
    """
    lines: list[tuple[str, str]] = []
    for key, message in explained:
        if key and lines and lines[-1][0] == key and message.startswith(EXPECTED):
            lines[-1] = key, f"{lines[-1][1]}, or {message.removeprefix(EXPECTED)}"
        else:
            lines.append((key, message))
    return [f"{key}: {message}" if key else message for key, message in lines]
