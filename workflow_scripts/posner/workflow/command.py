"""The base class of all commands, and how to run one: parse options, execute, write the provenance record."""

from __future__ import annotations

import logging
import sys
import time
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from posner.errors import InputError
from posner.files import write_json
from posner.workflow.options import parse
from posner.workflow.provenance import code_of, record


def folder_of(path: Path) -> Path:
    """`path` if it is a folder, else the folder that contains it."""
    return path.parent if path.is_file() else path


# Rules depend on one file of a folder only: the card of a corpus, the weights of a model.
Folder = Annotated[Path, AfterValidator(folder_of)]


class Command(BaseModel):
    """The options of one command, and its work. All settings come from the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    excluded_from_provenance: ClassVar[frozenset[str]] = frozenset()  # options that do not affect results

    @abstractmethod
    def execute(self) -> None:
        """Do the work."""

    def inputs(self) -> list[Path]:
        """Input files, for the provenance record."""
        return []

    def device_name(self) -> str:
        """Hardware that affects the results, for the provenance record."""
        return "cpu"

    def unreachable_code(self) -> Sequence[str]:
        """Modules that the command imports and with these options never enters; its rule leaves them out, too."""
        return ()

    def provenance_path(self) -> Path | None:
        """File for the provenance record (see :mod:`posner.workflow.provenance`); ``None`` to write none."""
        return None


C = TypeVar("C", bound=Command)


def run(command: type[C], arguments: Sequence[str] | None = None) -> C:
    """Parse `arguments` (default: ``sys.argv[1:]``) and run `command`; invalid input ends the process with status 2."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        parsed = parse(command, arguments)
        started = time.perf_counter()
        path = parsed.provenance_path()
        if path:
            # Kept for the record: the code may be edited while the command runs. It reports invalid input itself.
            with suppress(OSError, ValueError):
                code_of(parsed)
        parsed.execute()
        if path:
            seconds = round(time.perf_counter() - started, 1)
            write_json(path, record(parsed) | {"arguments": list(arguments), "seconds": seconds})
    except BrokenPipeError:
        raise
    except (InputError, OSError) as error:  # OSError: a full disk, a folder without write permission
        fail(str(error))
    return parsed


def fail(message: str) -> NoReturn:
    """Print `message` without a traceback, and exit with status 2: the input is invalid, not the program."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(2)
