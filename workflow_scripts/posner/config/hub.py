"""Ids on the Hugging Face Hub, which its clients would first look for as local paths."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from posner.errors import InputError

HUB_ID_PATTERN = r"^([A-Za-z0-9_.-]+/)?[A-Za-z0-9_.-]+$"


def refuse_no_id(value: str) -> str:
    """An id that the Hub can have; its clients refuse others in words of their own.

    Raises:
        ValueError: it is none.
    """
    ends = "".join(part[0] + part[-1] for part in value.split("/"))
    if "--" in value or ".." in value or {".", "-"} & set(ends) or value.endswith(".git"):
        raise ValueError(
            f"{value!r} is no id on the Hub: its parts have neither -- nor .., begin and end with neither - nor ., and "
            "do not end in .git"
        )
    return value


HubId = Annotated[str, StringConstraints(pattern=HUB_ID_PATTERN, max_length=96), AfterValidator(refuse_no_id)]


def refuse_local_path(hub_id: str, local_source: str) -> None:
    """Check that no local path has the name of an id, or it would be read and recorded as a revision of the Hub.

    Args:
        local_source: the `source` that reads local folders.

    Raises:
        InputError: there is one.
    """
    if (path := Path(hub_id)).exists():
        raise InputError(
            f"{hub_id!r} is to come from the Hugging Face Hub, but {path.resolve()} exists and would be read instead: "
            f"use `source: {local_source}` for it, or work in another folder"
        )
