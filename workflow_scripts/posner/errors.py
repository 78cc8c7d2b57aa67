"""The one exception for input that a person has to mend, and a hint for its message."""

from __future__ import annotations

import difflib
from typing import Any


class InputError(ValueError):
    """Bad input: the message names the file and line, or the setting, and says what to do."""


def nearest(name: str, known: Any) -> str:
    """``; did you mean 'x'?`` for the known name that is most like `name`, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def first_line(error: Exception) -> str:
    """The first line of what an error says, or its kind if it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
