"""InputError: invalid user input; its message says how to fix it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LINE_LENGTH = 500  # characters of a message
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # which notebooks put into messages


class InputError(ValueError):
    """Invalid input. The message names the file and line, or the setting, and says what to do."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the most similar known name; empty if no name is similar."""
    similar = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {similar[0]!r}?" if similar else ""


def first_line(error: Exception) -> str:
    """The first line of an error's message, or the name of its class if it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def message_line(message: str) -> str:
    """A message as a single line of limited length; what cannot be printed is written as in Python."""
    message = COLOUR.sub("", message)
    if len(message) > LINE_LENGTH:
        message = f"{message[: LINE_LENGTH - 100]} ... {message[-80:]}"
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in message)
