"""Numbers as tables and figures print them, and which format the numbers of each table column have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"


def one_line(text: str) -> str:
    """Text of data on one line: control characters, as in a tag with a line break, become blanks."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip(" ")


def format_score(score: float) -> str:
    """A score of 0..1 in points: ``85.12``."""
    return f"{100 * score:.2f}".replace("-", MINUS)


def format_change(change: float) -> str:
    """A difference of scores of 0..1 in signed points: ``+0.12``."""
    return f"{100 * change:+.2f}".replace("-", MINUS)


def format_count(count: float) -> str:
    """A count with commas; a mean of counts keeps one decimal: ``1,234`` or ``6.4``."""
    return f"{count:,.0f}" if count == int(count) else f"{count:,.1f}"


def format_p_value(p: float) -> str:
    """A p value to three decimals."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def format_duration(seconds: float) -> str:
    """Seconds as hours, minutes and seconds: ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def format_gigabytes(size: float) -> str:
    """Bytes in units of 2^30 bytes: ``1.5 GB``."""
    return f"{size / 2**30:.1f} GB"


# The format of a column of numbers is that of the first pattern that matches its whole name; other columns are text.
COLUMN_FORMATS: Mapping[str, Callable[[float], str]] = {
    r"(f1_)?difference(_mean)?|change|low|high|bootstrap_(low|high)": format_change,
    r"p_\w+": format_p_value,
    r"(strict_|macro_|oracle_|required_|baseline_)?(f1|precision|recall)(_\w+)?|accuracy(_\w+)?": format_score,
    r"share|detectable|margin|step|reach": format_score,
    r"(effective_)?rate|(seed|unit|moderated|interaction|f1_difference)_std|std_(f1|change)": format_score,
    r"seed|\w*seeds|seeds_(for_\S+|to_conclude)|jobs|measured_jobs|draws|count|support|unseen|parameters": format_count,
    r"(tokens|entities|sentences|documents|invalid_tags|truncated_tokens|tokens_without_pieces)(_\w+)?": format_count,
    r"broken|moved|retyped|fixed|donor_fallbacks|errors|corrected|window": format_count,
    r"level": "{:g}".format,
    r"seed_df": "{:.1f}".format,
    r"(\w+_)?seconds": format_duration,
    r"\w+_bytes": format_gigabytes,
    r"gpu_hours": "{:.2f}".format,
}


def number_format(column: str) -> Callable[[float], str] | None:
    """The format of a column's numbers; ``None`` for a column of text."""
    return next((format_ for pattern, format_ in COLUMN_FORMATS.items() if re.fullmatch(pattern, column)), None)
