"""The published config with changes, and what checking it says."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from posner.config.validation import check
from posner.errors import InputError

CHECKOUT = Path(__file__).parents[2]
STUDIES = sorted(CHECKOUT.glob("resources/studies/*.yaml"))
PUBLISHED = yaml.safe_load((CHECKOUT / "config.yaml").read_text(encoding="utf-8"))


def edited(**changes: Any) -> dict[str, Any]:
    """The published config with some values changed; a key is a path with two underscores between its parts."""
    raw = copy.deepcopy(PUBLISHED)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = raw
        for parent in parents:
            place = place[parent]
        place[last] = value
    return raw


def problems(raw: dict[str, Any]) -> list[str]:
    """The lines of the error that checking `raw` ends in."""
    with pytest.raises(InputError) as caught:
        check(raw)
    return str(caught.value).splitlines()


def problem(raw: dict[str, Any]) -> str:
    """The only line of the error."""
    lines = problems(raw)
    assert len(lines) == 1, lines
    return lines[0]
