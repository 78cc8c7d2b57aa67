"""The base class of all commands, and how to run one: parse options, execute, write the provenance record."""

from __future__ import annotations

import inspect
import logging
import sys
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from posner.errors import InputError
from posner.files import protected_inputs, require_writable
from posner.workflow.claim import Claim, ClaimLostError
from posner.workflow.failures import fail, fail_unexpectedly, start_log
from posner.workflow.options import parse
from posner.workflow.recording import Recording
from posner.workflow.verification import verified_hashes

log = logging.getLogger(__name__)


def folder_of(path: Path) -> Path:
    """`path` if it is a folder, else the folder that contains it."""
    return path.parent if path.is_file() else path


def model_folder_of(path: Path) -> Path:
    """The folder of the model at `path`: a folder of weights, one that has them in ``model``, or a file in either."""
    folder = folder_of(path)
    return folder / "model" if (folder / "model").is_dir() else folder


# Rules depend on one file of a folder only: the card of a corpus, the record of a training.
Folder = Annotated[Path, AfterValidator(folder_of)]
ModelFolder = Annotated[Path, AfterValidator(model_folder_of)]


class Command(BaseModel):
    """The options of one command, and its work. All settings come from the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    excluded_from_provenance: ClassVar[frozenset[str]] = frozenset()  # options that do not affect results
    written: ClassVar[Sequence[str]] = ("output", "table", "changes", "models")  # options that are outputs

    @abstractmethod
    def execute(self) -> None:
        """Do the work."""

    def execute_recorded(self, recording: Recording) -> None:
        """Do the work and write its provenance record, unless a later process makes the same results.

        Raises:
            ClaimLostError: one does; nothing was written.
        """
        with Claim(recording.path) as claim, recording.writing(claim.require):
            self.execute()

    def inputs(self) -> list[Path]:
        """Input files; those that have a provenance record have to be as it says."""
        return []

    def content_files(self) -> list[Path]:
        """Files and folders from outside the study. Their content is a param of the rule; their dates do not count."""
        return []

    def paths_read(self) -> list[Path]:
        """Files and folders that options name, but outputs."""
        values = [value for name, value in self if name not in self.written]
        parts = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
        return [part for part in parts if isinstance(part, Path)]

    def refuse_outputs(self) -> None:
        """Make sure before any work that no output is one of the :func:`posner.files.protected_inputs`.

        Raises:
            InputError: one is, or is something that cannot be replaced.
        """
        named = [getattr(self, name) for name in self.written if name in type(self).model_fields]
        for path in filter(None, [*named, self.provenance_path()]):
            if path != Path("-"):  # standard output
                require_writable(path)

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
    """Parse `arguments` (default: ``sys.argv[1:]``) and run `command`; a failure is a line, and ends the process."""
    start_log()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        parsed = parse(command, arguments)
    except InputError as error:
        fail(str(error))
    try:
        execute_safely(parsed, arguments)
    except BrokenPipeError:
        raise
    except ClaimLostError as error:  # no failure, after which Snakemake would remove the results of the other process
        log.warning("%s", error)
    except (InputError, OSError) as error:  # OSError: a full disk, a folder without write permission
        fail(str(error))
    except Exception as error:
        fail_unexpectedly(Path(inspect.getfile(command)).stem, error, parsed.paths_read())
    return parsed


def execute_safely(command: Command, arguments: Sequence[str]) -> None:
    """Do the work of `command`, which replaces none of its inputs, and write its provenance record."""
    with protected_inputs([*command.paths_read(), *command.inputs(), *command.content_files()]):
        command.refuse_outputs()
        if path := command.provenance_path():
            command.execute_recorded(Recording.of(command, path, arguments))
        else:
            verified_hashes(command.inputs())
            command.execute()
