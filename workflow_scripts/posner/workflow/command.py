"""The base class of all commands, and how to run one: parse options, execute, write the provenance record."""

from __future__ import annotations

import logging
import sys
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from posner.errors import InputError
from posner.workflow.claim import Claim, ClaimLostError
from posner.workflow.options import parse
from posner.workflow.recording import Recording

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
        if path := parsed.provenance_path():
            parsed.execute_recorded(Recording.of(parsed, path, arguments))
        else:
            parsed.execute()
    except BrokenPipeError:
        raise
    except ClaimLostError as error:  # no failure, after which Snakemake would remove the results of the other process
        log.warning("%s", error)
    except (InputError, OSError) as error:  # OSError: a full disk, a folder without write permission
        fail(str(error))
    return parsed


def fail(message: str) -> NoReturn:
    """Print `message` without a traceback, and exit with status 2: the input is invalid, not the program."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(2)
