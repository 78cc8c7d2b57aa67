"""Inspect the type annotations of settings."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin


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
