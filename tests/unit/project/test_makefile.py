"""Make targets with odd names of the checkout and of files: the shell interprets none of their characters."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
ODD = "a  'b' \"c\" $HOME `id` é {x} \\ & ;"
PYTHON = """#!/bin/sh
command -v python
for argument; do echo "$argument"; done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that is set up, with a Python that prints the path of `python` and its arguments."""
    folder = tmp_path / ODD
    (folder / ".venv" / "bin").mkdir(parents=True)
    for path in [CHECKOUT / "Makefile", *CHECKOUT.glob("requirements*.txt")]:
        shutil.copy(path, folder)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    for step in (".created", ".runtime"):
        (folder / ".venv" / step).touch()
    return folder


def make(folder: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["make", "--silent", "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_paths_reach_commands_as_they_are(checkout: Path) -> None:
    study = 'my "study" it\'s `x` é.yaml'
    python, *arguments = make(checkout, "study", f"CONFIG={study}")
    assert python == str(checkout / ".venv" / "bin" / "python")
    assert arguments[-2:] == ["--configfile", study]
    assert make(checkout, "study")[-1] == "config.yaml"
    assert make(checkout, "publish", "STUDY=a b", f"RESULTS={study}")[-4:] == ["--study", "a b", "--results", study]
