"""Command lines: pydantic models are the arguments, so a config value and its flag cannot drift apart.

Every field is an option that takes one value: ``--corpus.token-column 0`` is field `token_column` of field `corpus`.
Lists are JSON. The argument after an option is its value, whatever it begins with, so any string survives.

(pydantic-settings does much of this, but it splits and unquotes lists by rules of its own: the Penn tag ``"`` does not
survive it, and neither does the string ``None``.)
"""

from __future__ import annotations

import difflib
import inspect
import json
import logging
import sys
import textwrap
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from .errors import InputError


class Command(BaseModel):
    """Arguments of one entry script, and what it does with them.

    Nothing but the command line is read: an environment variable that happens to share a name must not change a result.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def cli_cmd(self) -> None:
        """Do the work."""
        raise NotImplementedError(type(self).__name__)


C = TypeVar("C", bound=Command)


def run(command: type[C], arguments: Sequence[str] | None = None) -> C:
    """Parse `arguments` (default: ``sys.argv[1:]``) and run `command`; bad input ends the process with status 2."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    given = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(given[::2]):
        sys.stdout.write(f"{usage(command)}\n")
        raise SystemExit(0)
    try:
        made = parse(command, given)
        made.cli_cmd()
    except InputError as error:
        fail(str(error))
    return made


def fail(message: str) -> NoReturn:
    """Print `message` and leave with status 2, without a traceback: the input is at fault, not the program."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(2)


def flags(**settings: Any) -> list[str]:
    """Arguments that state every value of `settings`, defaults included, so that the command line is the whole record.

    A setting is a model or a single value: ``flags(corpus=corpus, seed=1)`` gives ``--corpus.source ... --seed 1``. ``None``
    has no argument: it can only be the default of a field.
    """
    return list(_flags("--", settings))


def _flags(prefix: str, settings: dict[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        flag = prefix + name.replace("_", "-")
        if isinstance(value, BaseModel):
            yield from _flags(f"{flag}.", dict(value))
        elif value is not None:
            plain = to_jsonable_python(value)
            yield from (flag, json.dumps(plain, ensure_ascii=False) if isinstance(plain, (list, dict)) else str(plain))


# --- from arguments to a model ---------------------------------------------------------------------------------------


def parse(command: type[C], arguments: Sequence[str]) -> C:
    """The `command` that `arguments` describe.

    Raises:
        InputError: an unknown or repeated option, a missing or invalid value: a line for each problem.
    """
    known = {option.flag: option for option in options(command)}
    # A part that must be given is there from the start, so that its missing options are named one by one.
    raw: dict[str, Any] = {n: {} for n, field in command.model_fields.items() if field.is_required() and _models(field)}
    seen = set()
    rest = iter(arguments)
    for flag in rest:
        if flag not in known:
            close = difflib.get_close_matches(flag, known, n=1)
            raise InputError(f"{flag}: unknown option" + (f"; did you mean {close[0]}?" if close else ""))
        if flag in seen:
            raise InputError(f"{flag}: given twice")
        seen.add(flag)
        if (value := next(rest, None)) is None:
            raise InputError(f"{flag}: no value after it")
        part = raw
        for name in known[flag].path[:-1]:
            part = part.setdefault(name, {})
        part[known[flag].path[-1]] = _decode(flag, value) if known[flag].is_json else value
    try:
        return command.model_validate(raw)
    except ValidationError as error:
        raise InputError("\n".join(_explain(problem, known) for problem in error.errors())) from None


def _decode(flag: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise InputError(f"{flag}: not JSON ({error}): {value!r}") from None


def _explain(problem: Any, known: dict[str, Option]) -> str:
    """One validation problem as a line that begins with the option's name."""
    location, flag = list(problem["loc"]), "--"
    if problem["type"] == "union_tag_not_found":
        location.append(problem["ctx"]["discriminator"].strip("'"))
    choice = ""  # the union member that the location goes through
    for part in location:
        # Union tags and places in a list are parts of a location that no option is named after.
        longer = (flag + "." if flag != "--" else flag) + str(part).replace("_", "-")
        if any(name == longer or name.startswith(f"{longer}.") for name in known):
            flag = longer
        elif isinstance(part, int):
            flag += f" [{part}]"
        else:
            choice = part
    match problem["type"]:
        case "missing" | "union_tag_not_found":
            message = "is required"
        case "extra_forbidden":
            message = f"is no setting of {choice!r}"
        case _:
            message = problem["msg"].removeprefix("Value error, ")
    return f"{flag if flag != '--' else 'arguments'}: {message}"


# --- from a model to its options -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One option: the field at `path`, inside of `owner`."""

    path: tuple[str, ...]
    owner: type[BaseModel]
    field: FieldInfo

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + ".".join(self.path).replace("_", "-")

    @property
    def is_json(self) -> bool:
        """Whether its value is a list or a mapping."""
        return any(get_origin(kind) not in (None, Literal) for kind in _members(self.field.annotation))

    @property
    def chooses(self) -> bool:
        """Whether it has one possible value, by which the kinds of a part are told apart."""
        return self.field.is_required() and len(get_args(self.field.annotation)) == 1 and not self.is_json

    def describe(self) -> str:
        """Its entry in the help."""
        lines = [f"  {self.flag} {_takes(self.field.annotation)}"]
        default = self.field.get_default(call_default_factory=True, validated_data={})
        if self.field.is_required():
            note = "Required."
        elif default is None:
            note = ""
        else:
            note = f"Default: {json.dumps(default) if self.is_json else default}."
        if text := f"{self.field.description or ''} {note}".strip():
            lines += textwrap.wrap(text, 110, initial_indent=" " * 6, subsequent_indent=" " * 6, break_on_hyphens=False)
        return "\n".join(lines)


def options(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Option]:
    """Every option of `model`; one that several members of a union share comes once for each."""
    for name, field in model.model_fields.items():
        if members := _models(field):
            for member in members:
                yield from options(member, (*path, name))
        else:
            yield Option((*path, name), model, field)


def usage(command: type[Command]) -> str:
    """The help text: the command's own options first, then those of each part, or of each kind that a part can be."""
    groups: dict[tuple[type[BaseModel], tuple[str, ...]], list[Option]] = {(command, ()): []}
    for option in options(command):
        groups.setdefault((option.owner, option.path[:-1]), []).append(option)
    program = f"python -m workflow_scripts.{Path(inspect.getfile(command)).stem}"
    blocks = [f"usage: {program} [OPTION VALUE]..."]
    for (owner, path), members in groups.items():
        title = " ".join((inspect.getdoc(owner) or owner.__name__).split())
        names = [o.describe().splitlines()[0].strip() for o in members if o.chooses] or [".".join(path)]
        blocks.append(textwrap.fill(f"{names[0]}: {title}" if path else title, 114))
        blocks.append("\n".join(option.describe() for option in members if not option.chooses))
    return "\n\n".join(blocks)


def _models(field: FieldInfo) -> list[type[BaseModel]]:
    """The models that a field can hold, if it can hold nothing else but ``None``."""
    members = [kind for kind in _members(field.annotation) if kind is not types.NoneType]
    models = [kind for kind in members if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return models if len(models) == len(members) else []


def _members(annotation: Any) -> Iterator[Any]:
    """The types that an annotation allows, without ``Annotated`` and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _members(part)
    else:
        yield annotation


def _takes(annotation: Any) -> str:
    """What kind of value an option takes, as shown in the help."""
    kinds = []
    for kind in _members(annotation):
        if get_origin(kind) is Literal:
            kinds += [str(value) for value in get_args(kind)]
        elif get_origin(kind) is not None:
            return "JSON"  # tuple[...], list[...], dict[...]
        elif kind is not types.NoneType:
            kinds.append(kind.__name__.upper())
    return "|".join(kinds)
