"""The base of all commands, and how one is run: parse the options, do the work, write the provenance record."""

from __future__ import annotations

import logging
import sys
import time
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from posner.errors import InputError
from posner.files import write_json
from posner.workflow.options import parse
from posner.workflow.provenance import record


def folder_of(path: Path) -> Path:
    """The folder that `path` is, or that it is a file of."""
    return path.parent if path.is_file() else path


# Of a folder whose files belong together, rules depend on one: the card of a corpus, the weights of a model.
Folder = Annotated[Path, AfterValidator(folder_of)]


class Command(BaseModel):
    """Arguments of one entry script, and what it does with them. Nothing but the command line is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    excluded_from_provenance: ClassVar[frozenset[str]] = frozenset()  # options that no result depends on

    @abstractmethod
    def execute(self) -> None:
        """Do the work."""

    def inputs(self) -> list[Path]:
        """Files that the result depends on, for its record."""
        return []

    def device_name(self) -> str:
        """Hardware that the result depends on, for its record."""
        return "cpu"

    def unreachable_code(self) -> Sequence[str]:
        """Modules that the command imports and with these options never enters; its rule leaves them out, too."""
        return ()

    def provenance_path(self) -> Path | None:
        """Where to write the provenance record of the result (see :mod:`posner.workflow.provenance`), if anywhere."""
        return None


C = TypeVar("C", bound=Command)


def run(command: type[C], arguments: Sequence[str] | None = None) -> C:
    """Parse `arguments` (default: ``sys.argv[1:]``) and run `command`; bad input ends the process with status 2."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        made = parse(command, arguments)
        started = time.perf_counter()
        made.execute()
        if path := made.provenance_path():
            seconds = round(time.perf_counter() - started, 1)
            write_json(path, record(made) | {"arguments": list(arguments), "seconds": seconds})
    except InputError as error:
        fail(str(error))
    except OSError as error:  # a full disk, a folder that may not be written
        fail(str(error))
    return made


def fail(message: str) -> NoReturn:
    """Print `message` and leave with status 2, without a traceback: the input is at fault, not the program."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(2)
