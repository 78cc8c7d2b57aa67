"""Numbers as people read them in tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"


def points(value: float) -> str:
    """A score of 0..1 in points: ``85.12``."""
    return f"{100 * value:.2f}".replace("-", MINUS)


def signed(value: float) -> str:
    """A difference of scores of 0..1 in points, with its sign."""
    return f"{100 * value:+.2f}".replace("-", MINUS)


def count(value: float) -> str:
    """A number of things; a mean of such numbers keeps a digit."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def probability(value: float) -> str:
    """A p value to three digits."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def duration(value: float) -> str:
    """Seconds as hours, minutes and seconds: ``1:02:03``."""
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def gigabytes(value: float) -> str:
    """Bytes in GB."""
    return f"{value / 2**30:.1f} GB"


# What a column of numbers holds, by the first pattern that fits its whole name; all other columns are text.
KINDS: Mapping[str, Callable[[float], str]] = {
    r"(f1_)?difference(_mean)?|change|low|high|bootstrap_(low|high)": signed,
    r"p_\w+": probability,
    r"(strict_|macro_|oracle_|needed_|baseline_)?(f1|precision|recall)(_\w+)?|accuracy(_\w+)?|share|detectable": points,
    r"(effective_)?rate|(seed|text|change|f1_difference)_std": points,
    r"seed|\w*seeds|seeds_(for_\S+|needed)|jobs|measured_jobs|draws|count|support|unseen|parameters": count,
    r"(tokens|entities|sentences|documents|invalid_tags|truncated_tokens)(_\w+)?": count,
    r"broken|moved|retyped|fixed|donor_fallbacks|errors|mended|window": count,
    r"level": "{:g}".format,
    r"(\w+_)?seconds": duration,
    r"\w+_bytes": gigabytes,
    r"gpu_hours": "{:.2f}".format,
}


def kind(column: str) -> Callable[[float], str] | None:
    """How the numbers of a column are written; ``None`` for text."""
    return next((write for pattern, write in KINDS.items() if re.fullmatch(pattern, column)), None)
