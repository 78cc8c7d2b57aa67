"""The start of a training: what it needs at its end only is not loaded before."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*sorted(name for name in sys.argv[2:] if name in sys.modules))
"""
LATE = ("datasets", "matplotlib", "pandas", "scipy.stats", "seqeval", "sklearn")


@pytest.mark.parametrize("command", ["ner.train_ner", "pos.train_tagger"])
def test_a_training_loads_no_library_before_it_needs_it(command: str) -> None:
    arguments = [sys.executable, "-c", LOADED, f"posner.commands.{command}", *LATE]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
