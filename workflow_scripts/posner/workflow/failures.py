"""What a command prints: the lines of its log, and one line for each way to fail."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from posner.errors import first_line, message_line

LIBRARY = Path(__file__).parents[1]
TRACEBACK = "POSNER_TRACEBACK"  # if this environment variable is set, unexpected errors are shown in full
MOST_INPUTS = 4  # that a message names
INVALID, UNEXPECTED = 2, 1  # exit status: the input is invalid, and what else went wrong

log = logging.getLogger(__name__)


class LineFormatter(logging.Formatter):
    """Log messages as single lines: text of a corpus reaches no terminal with its control characters."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return message_line(super().formatMessage(record))


def start_log() -> None:
    """Write log messages to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def fail(message: str, status: int = INVALID) -> NoReturn:
    """Print `message` without a traceback, and exit."""
    sys.stderr.write("\n".join(map(message_line, f"error: {message}".split("\n"))) + "\n")
    raise SystemExit(status)


def fail_unexpectedly(command: str, error: Exception, inputs: Sequence[Path]) -> NoReturn:
    """Exit with a line on an error that nothing has explained; readers explain those that are likely."""
    if os.environ.get(TRACEBACK) or log.isEnabledFor(logging.DEBUG):
        traceback.print_exception(error)
    fail(explanation(command, error, inputs), UNEXPECTED)


def explanation(command: str, error: Exception, inputs: Sequence[Path]) -> str:
    """The most likely reason of an unexpected error, and where it was raised."""
    kind = type(error).__name__
    if isinstance(error, MemoryError) or kind == "OutOfMemoryError":
        return f"{command}: out of memory ({kind}: {first_line(error)[:200]}); give it more, or use smaller batches"
    named = ", ".join(map(str, inputs[:MOST_INPUTS])) + (", ..." if len(inputs) > MOST_INPUTS else "")
    return (
        f"{command}: an input is damaged, or was made by something else ({kind}: {first_line(error)[:120]}; "
        f"{place_of(error)}; {TRACEBACK}=1 shows more); inputs: {named or 'none'}"
    )


def place_of(error: Exception) -> str:
    """File and line of the innermost code of the library that an error passed through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if LIBRARY in Path(frame.filename).parents]
    return f"{Path(frames[-1].filename).relative_to(LIBRARY.parent)}:{frames[-1].lineno}" if frames else "no place"
