"""Check a config file; messages give the key as it is written in the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from posner.config.annotations import KEY, causes, join_alternatives, source_of, union_members
from posner.config.base import NAME_PATTERN
from posner.config.corpora import ColumnsCorpus, DiskCorpus
from posner.config.encoders import PathEncoder
from posner.config.study import Config
from posner.errors import InputError, message_line, suggestion

NO_MAPPING = ("model_type", "model_attributes_type", "dict_type")  # kinds of problems
MOST_PROBLEMS = 50  # of an error message
# What writes a local folder, and a file that is in it then. Another folder may be too large to be hashed.
FOLDERS: dict[type[Any], tuple[str, str]] = {
    DiskCorpus: ("DatasetDict.save_to_disk", "dataset_dict.json"),
    PathEncoder: ("save_pretrained", "config.json"),
}


def refuse_missing_files(study: Config) -> None:
    """Check that the local input files of the study exist and can be read.

    Raises:
        InputError: a file or folder is missing or is something else; the message gives its path and the setting.
    """
    pilot = study.power.pilot
    if pilot and not pilot.is_file():
        raise InputError(
            message_line(f"config: power.pilot: {pilot} is no file (relative paths start at {Path.cwd()})")
        )
    for key, source in local_sources(study):
        for path in source.files:
            if problem := path_problem(Path(path), source):
                raise InputError(message_line(f"config: {key}: {path} {problem}"))


def local_sources(study: Config) -> Iterator[tuple[str, Any]]:
    """The corpora, extra tests and encoders of the study, with their keys."""
    for name in study.study.corpora:
        corpus = study.corpora[name]
        yield f"corpora.{name}", corpus
        for test in corpus.extra_tests:
            yield f"corpora.{name}.extra_tests.{test}", corpus.with_test(test)
    for name in study.study.encoders:
        yield f"encoders.{name}", study.encoders[name]


def path_problem(path: Path, source: Any) -> str | None:
    """What is wrong with an input file or folder, after its name; ``None`` if nothing is."""
    try:
        path.stat()
    except OSError:  # it is missing, or no file system allows its name
        return f"does not exist (relative paths start at {Path.cwd()})"
    if not os.access(path, os.R_OK):
        return "cannot be read; change its permissions"
    if isinstance(source, ColumnsCorpus):
        return None if path.is_file() else "is not a file; give a column file"
    if type(source) not in FOLDERS:
        return None
    if not path.is_dir():
        return "is not a folder"
    writer, marker = FOLDERS[type(source)]
    return None if (path / marker).is_file() else f"has no {marker}; give a folder of {writer}"


def check(raw: dict[str, Any]) -> Config:
    """The validated config.

    Raises:
        InputError: one line per problem: the key, the problem, and the most similar valid key.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        problems = causes(error.errors(include_url=False, include_input=False))
        explained = (explain(problem["loc"], problem["type"], problem["msg"]) for problem in problems[:MOST_PROBLEMS])
        lines = [message_line(f"config: {line}") for line in join_alternatives(explained)]
        if len(problems) > MOST_PROBLEMS:
            lines.append(f"config: and {len(problems) - MOST_PROBLEMS} more problems")
        raise InputError("\n".join(lines)) from None


def explain(location: tuple[int | str, ...], kind: str, message: str) -> tuple[str, str]:
    """The full key and the message of a validation problem; the key is empty if it is in the message."""
    keys, valid = resolve_location(location)
    key = ".".join(keys)
    if kind == "extra_forbidden":
        return key, f"unknown key{suggestion(keys[-1], valid)}"
    if kind == "string_pattern_mismatch" and NAME_PATTERN in message:
        return key, "a name has letters, digits, - and _, and begins with a letter or digit"
    if kind == "string_type" and location[-1:] == (KEY,):
        return key, "this key is read as something else than text; put it in quotes"
    if kind in NO_MAPPING:
        return key, "is empty or no mapping; give settings as `key: value`, or leave the key out"
    return key, message.removeprefix("Value error, ")


def resolve_location(location: tuple[int | str, ...]) -> tuple[list[str], set[str]]:
    """The keys of a pydantic location as in the file, and the keys that are valid in place of the last one.

    For a union, pydantic inserts a name of the member between the keys; it does not occur in the file.
    """
    keys: list[str] = []
    annotation: Any = Config
    valid: set[str] = set()
    for part in location:
        members = [kind for kind in union_members(annotation) if kind is not type(None)]
        matching = [kind for kind in members if source_of(kind) == part]
        if len(members) > 1:
            annotation = matching[0] if matching else None
            if matching or isinstance(part, str):
                continue
        if part == KEY:
            continue
        keys.append(str(part))
        kind = members[0]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            valid = set(kind.model_fields)
            annotation = kind.model_fields[part].annotation if part in kind.model_fields else None
        else:
            valid, annotation = set(), (get_args(kind) or (None,))[-1]
    return keys, valid
