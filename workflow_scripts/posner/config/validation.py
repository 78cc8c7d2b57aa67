"""A config file checked, with messages that name the key as it stands in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from posner.config.annotations import source_of, union_members
from posner.config.study import Config
from posner.errors import InputError, nearest


def refuse_missing_files(study: Config) -> None:
    """Look for the local files that the study is made from.

    Raises:
        InputError: one is not there; the message names it and the setting.
    """
    corpora = {name: study.corpora[name] for name in study.study.corpora}
    chosen: list[tuple[str, Any]] = [
        *((f"corpora.{name}", corpus) for name, corpus in corpora.items()),
        *(
            (f"corpora.{name}.extra_tests.{test}", corpus.with_test(test))
            for name, corpus in corpora.items()
            for test in corpus.extra_tests
        ),
        *((f"encoders.{name}", study.encoders[name]) for name in study.study.encoders),
    ]
    for key, source in chosen:
        for path in source.files:
            if not Path(path).exists():
                raise InputError(f"config: {key}: {path} is not there (relative paths start at {Path.cwd()})")


def check(raw: dict[str, Any]) -> Config:
    """The config as checked settings.

    Raises:
        InputError: one line for each problem: the key, what is wrong with it, and the nearest valid key.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = [explain(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        raise InputError("config: " + "\nconfig: ".join(lines)) from None


def explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """One validation problem as a line with the key's full name."""
    keys, place = named(location)
    key = ".".join(keys)
    if kind == "extra_forbidden":
        return f"{key}: unknown key{nearest(keys[-1], place)}"
    message = message.removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def named(location: tuple[int | str, ...]) -> tuple[list[str], set[str]]:
    """The keys of a pydantic location as they stand in the file, and which keys are valid at the place of the last one.

    Where a part has several kinds, pydantic puts the kind's name between the keys; it stands nowhere in the file.
    """
    keys: list[str] = []
    annotation: Any = Config
    place: set[str] = set()
    for part in location:
        members = [kind for kind in union_members(annotation) if kind is not type(None)]
        chosen = [kind for kind in members if source_of(kind) == part]
        if len(members) > 1 and chosen:
            annotation = chosen[0]
            continue
        keys.append(str(part))
        kind = members[0]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            place = set(kind.model_fields)
            annotation = kind.model_fields[part].annotation if part in kind.model_fields else None
        else:
            place, annotation = set(), (get_args(kind) or (None,))[-1]
    return keys, place
