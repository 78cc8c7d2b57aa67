"""Check a config file; messages give the key as it is written in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from posner.config.annotations import source_of, union_members
from posner.config.study import Config
from posner.errors import InputError, suggestion


def refuse_missing_files(study: Config) -> None:
    """Check that the local input files of the study exist.

    Raises:
        InputError: a file is missing; the message gives its path and the setting.
    """
    corpora = {name: study.corpora[name] for name in study.study.corpora}
    sources: list[tuple[str, Any]] = [
        *((f"corpora.{name}", corpus) for name, corpus in corpora.items()),
        *(
            (f"corpora.{name}.extra_tests.{test}", corpus.with_test(test))
            for name, corpus in corpora.items()
            for test in corpus.extra_tests
        ),
        *((f"encoders.{name}", study.encoders[name]) for name in study.study.encoders),
    ]
    for key, source in sources:
        for path in source.files:
            if not Path(path).exists():
                raise InputError(f"config: {key}: {path} does not exist (relative paths start at {Path.cwd()})")


def check(raw: dict[str, Any]) -> Config:
    """The validated config.

    Raises:
        InputError: one line per problem: the key, the problem, and the most similar valid key.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = [explain(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        raise InputError("config: " + "\nconfig: ".join(lines)) from None


def explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """One validation problem as a line with the full key."""
    keys, valid = resolve_location(location)
    key = ".".join(keys)
    if kind == "extra_forbidden":
        return f"{key}: unknown key{suggestion(keys[-1], valid)}"
    message = message.removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def resolve_location(location: tuple[int | str, ...]) -> tuple[list[str], set[str]]:
    """The keys of a pydantic location as in the file, and the keys that are valid in place of the last one.

    For a union, pydantic inserts the name of the member class between the keys; it does not occur in the file.
    """
    keys: list[str] = []
    annotation: Any = Config
    valid: set[str] = set()
    for part in location:
        members = [kind for kind in union_members(annotation) if kind is not type(None)]
        matching = [kind for kind in members if source_of(kind) == part]
        if len(members) > 1 and matching:
            annotation = matching[0]
            continue
        keys.append(str(part))
        kind = members[0]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            valid = set(kind.model_fields)
            annotation = kind.model_fields[part].annotation if part in kind.model_fields else None
        else:
            valid, annotation = set(), (get_args(kind) or (None,))[-1]
    return keys, valid
