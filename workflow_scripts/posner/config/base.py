"""The strict base of all settings, and the types of their values."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from posner.config.annotations import texts_of

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
# Names are parts of file names, with what the workflow adds (up to 80 characters); file systems allow 255 bytes.
NAME_LENGTH = 100
TEXT_LENGTH = 4000  # of any other text; file systems allow paths of 4,096 bytes
LARGEST_SEED = 2**63 - 1  # tables store seeds as 64-bit integers
COUNT = 10**9  # a bound where no number is unreasonable
PERIODIC = re.compile(r"(.+)\1{19,99}$")  # Snakemake's PeriodicityDetector takes such a value for an endless recursion
BIDI_CONTROLS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")  # classes of characters
BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are drawn as nothing


def refuse_truth_value(value: Any) -> Any:
    """A value that is not ``true`` or ``false``, which Python would take for the numbers 1 and 0.

    Raises:
        ValueError: it is.
    """
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is no number")
    return value


def refuse_periodic(name: str) -> str:
    """A name that Snakemake can plan with.

    Raises:
        ValueError: it ends in 20 repetitions of one part or more.
    """
    if match := PERIODIC.search(name):
        raise ValueError(f"a name cannot repeat a part 20 times or more, as this one does {match[1]!r}; shorten it")
    return name


def refuse_invisible(title: str) -> str:
    """A title that is read as it is written.

    Raises:
        ValueError: it has no visible character, or one that turns the direction of others.
    """
    if bad := [character for character in title if unicodedata.bidirectional(character) in BIDI_CONTROLS]:
        raise ValueError(f"the character {bad[0]!a} turns the direction of the text around it; remove it")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in set(title) - BLANK_LETTERS):
        raise ValueError("has no visible character; write a title")
    return title


NO_TRUTH_VALUE = BeforeValidator(refuse_truth_value)  # after the bounds, or pydantic leaves them out of the schema
Integer = Annotated[int, NO_TRUTH_VALUE]
Number = Annotated[float, NO_TRUTH_VALUE]
Name = Annotated[
    str, StringConstraints(pattern=rf"^{NAME_PATTERN}$", max_length=NAME_LENGTH), AfterValidator(refuse_periodic)
]
Text = Annotated[str, StringConstraints(min_length=1)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)]
Title = Annotated[str, StringConstraints(pattern=r"\S", max_length=300), AfterValidator(refuse_invisible)]
Fraction = Annotated[float, Field(ge=0, le=1), NO_TRUTH_VALUE]
Positive = Annotated[int, Field(ge=1, le=COUNT), NO_TRUTH_VALUE]
Factor = Annotated[float, Field(ge=0, le=1000), NO_TRUTH_VALUE]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED), NO_TRUTH_VALUE]
Column = Annotated[int, Field(ge=0, le=1000), NO_TRUTH_VALUE]


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, values are immutable, attribute docstrings are their help."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    @field_validator("*")
    @classmethod
    def _is_plain_text(cls, value: Any) -> Any:
        for text in texts_of(value):
            refuse_unprintable(text)
        return value


def refuse_unprintable(text: str) -> None:
    """Check that `text` can be part of a command line, a line of a file and a line of a page.

    Raises:
        ValueError: it has a line break, a control character or half a character (a lone surrogate), or is too long.
    """
    if len(text) > TEXT_LENGTH:
        raise ValueError(f"has {len(text)} characters, more than {TEXT_LENGTH}")
    if bad := [character for character in text if not is_printable(character)]:
        raise ValueError(f"the character {bad[0]!a} cannot be used; write one line of plain text")


def is_printable(character: str) -> bool:
    """Whether a character is neither a control character, nor a line break, nor a lone surrogate."""
    return unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
