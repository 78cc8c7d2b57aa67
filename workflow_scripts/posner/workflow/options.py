"""Command lines from pydantic models, so that a config value and its option have the same type and check.

Every field is an option: ``--corpus.token-column=0`` is field `token_column` of field `corpus`. Lists are JSON. An
empty value of an optional file means no file: ``--predicted=``.

argparse parses the options, pydantic validates them. (pydantic-settings does both, but by default it reads environment
variables, and its own unquoting of lists corrupts the Penn tag ``"``.)
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from posner.config.annotations import causes, join_alternatives, texts_of, union_members
from posner.errors import InputError, message_line

M = TypeVar("M", bound=BaseModel)


def flags(**settings: Any) -> list[str]:
    """Options for all `settings`, defaults included, so that the command line is a complete record.

    A setting is a model or a single value: ``flags(corpus=corpus, seed=1)`` gives ``--corpus.source=... --seed=1``.
    ``None`` has no option, since it can only be the default of a field.
    """
    return list(_flags("--", settings))


def _flags(prefix: str, settings: dict[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        flag = prefix + name.replace("_", "-")
        if isinstance(value, BaseModel):
            yield from _flags(f"{flag}.", dict(value))
        elif value is not None:
            plain = to_jsonable_python(value)
            yield f"{flag}={json.dumps(plain, ensure_ascii=False) if isinstance(plain, list | dict) else plain}"


class _Once(argparse.Action):
    """Stores the value of an option that may be given only once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        if hasattr(namespace, self.dest):
            raise argparse.ArgumentError(self, "is given twice; keep one of them")
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises InputError, and takes ``--option=--`` as it is written."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message_line(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write help; argparse would ignore that it cannot be written."""
        (file or sys.stderr).write(message)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if arg_strings == ["--"]:  # which argparse would remove, and then fail
            return self._get_value(action, "--")
        return super()._get_values(action, arg_strings)


def parse(command: type[M], arguments: Sequence[str] | None = None) -> M:
    """The `command` with the options in `arguments` (default: ``sys.argv[1:]``).

    Raises:
        InputError: an option is unknown, missing or invalid; one line per problem.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for argument in arguments:
        if problem := text_problem(argument):
            raise InputError(message_line(f"{argument.partition('=')[0]}: {problem}"))
    known = dict(options(command))
    raw: dict[str, Any] = {name: {} for name, field in command.model_fields.items() if _is_required_part(field)}
    for path, value in vars(make_parser(command, known).parse_args(arguments)).items():
        # Rules pass an empty name for an input that only some jobs have.
        kinds = set(union_members(known[path].annotation))
        if value == "" and {Path, type(None)} <= kinds:
            continue
        if value == "" and Path in kinds:
            raise InputError(f"--{path.replace('_', '-')}: is empty; give a path")
        *parents, name = path.split(".")
        part = raw
        for parent in parents:
            part = part.setdefault(parent, {})
        part[name] = value
    try:
        return command.model_validate(raw)
    except ValidationError as error:
        problems = causes(error.errors(include_url=False, include_input=False))
        lines = join_alternatives(_explain(problem, known) for problem in problems)
        raise InputError("\n".join(map(message_line, lines))) from None


def options(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Path and field of every option, e.g. ``corpus.seed``; members of a union may share options."""
    for name, field in model.model_fields.items():
        if parts := _models(field):
            for part in parts:
                yield from options(part, f"{path}{name}.")
        else:
            yield path + name, field


def make_parser(command: type[BaseModel], known: dict[str, FieldInfo]) -> argparse.ArgumentParser:
    """A parser of the options `known`, with one group per part; pydantic validates the values."""
    parser = _Parser(
        prog=f"posner {Path(inspect.getfile(command)).stem}",
        description=inspect.getdoc(command),
        usage="%(prog)s [--OPTION VALUE]...",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    groups: dict[str, Any] = {"": parser}
    for path, field in known.items():
        part = path.rpartition(".")[0]
        if part not in groups:
            groups[part] = parser.add_argument_group(part, command.model_fields[part].description)
        is_json = any(get_origin(kind) in (tuple, list, dict) for kind in union_members(field.annotation))
        groups[part].add_argument(
            "--" + path.replace("_", "-"),
            dest=path,
            action=_Once,
            type=_json if is_json else str,
            metavar="JSON" if is_json else "VALUE",
            help=_help(field),
        )
    return parser


def _help(field: FieldInfo) -> str:
    """Help text of a field: its description and default."""
    default = field.get_default(call_default_factory=True, validated_data={})
    note = "(required)" if field.is_required() else "" if default is None else f"(default: {default})"
    return f"{field.description or ''} {note}".strip().replace("%", "%%")


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
        problem = next(filter(None, map(text_problem, texts_of(value))), None)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON ({error}): {text!r}") from None
    except RecursionError:
        raise argparse.ArgumentTypeError("too many brackets inside each other") from None
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return value


def text_problem(text: str) -> str | None:
    """Why `text` can neither be a path nor be written to a file; ``None`` if it can."""
    if "\0" in text:
        return "the character NUL cannot be used"
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which also stands for a byte that is not UTF-8
        return f"not valid UTF-8: {text!a}"
    return None


def _explain(problem: Any, known: dict[str, FieldInfo]) -> tuple[str, str]:
    """The option of a validation problem, with the key in a JSON object, and the message."""
    path, key = "", ""
    for part in [*problem["loc"], problem.get("ctx", {}).get("discriminator", "").strip("'")]:
        # Locations also contain list indices and the names of union members, which are not part of option names. Only
        # the latter, and the mark of a key, have brackets.
        longer = f"{path}.{part}" if path else str(part)
        if any(name == longer or name.startswith(f"{longer}.") for name in known):
            path = longer
        elif path in known and get_origin(known[path].annotation) is dict and part and "[" not in str(part):
            key = f"{key}.{part}" if key else str(part)  # within a JSON object
    option = f"--{path.replace('_', '-')}" if path else ""
    if problem["type"] in ("missing", "union_tag_not_found"):
        return option, f"{key} is required" if key else "is required"
    return f"{option}: {key}" if key else option, problem["msg"].removeprefix("Value error, ")


def _models(field: FieldInfo) -> list[type[BaseModel]]:
    """The models that a field accepts."""
    return [kind for kind in union_members(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _is_required_part(field: FieldInfo) -> bool:
    """Whether a field is a required model: each of its missing options is reported separately."""
    return field.is_required() and bool(_models(field))
