"""The text of the rules."""

from __future__ import annotations

import re
from pathlib import Path

RULES = Path(__file__).parents[3] / "rules"
# Names of input files and nothing else: a change of these is a trigger of its own.
ONLY_INPUTS = re.compile(
    r"\w+=lambda wildcards, input: arguments\((\*\*dict\(input\.items\(\)\)|\w+=list\(input(\.\w+)?\))\),"
)


def test_params_that_read_inputs_hold_nothing_else() -> None:
    """Snakemake does not compare params with earlier ones if their functions take `input`, `output` or `threads`."""
    lines = [line.strip() for path in RULES.glob("*.smk") for line in path.read_text(encoding="utf-8").splitlines()]
    functions = [line for line in lines if re.search(r"lambda wildcards, (input|output|threads|resources)", line)]
    assert len(functions) >= 3
    assert [line for line in functions if not ONLY_INPUTS.fullmatch(line)] == []
