"""Type annotations of settings, taken apart."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin


def union_members(annotation: Any) -> Iterator[Any]:
    """The types that an annotation allows, without ``Annotated`` and unions."""
    if get_origin(annotation) is Annotated:
        yield from union_members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from union_members(part)
    else:
        yield annotation


def source_of(kind: Any) -> str | None:
    """The one value of a kind's field `source`, if it has one."""
    field = getattr(kind, "model_fields", {}).get("source")
    return None if field is None else get_args(field.annotation)[0]
