"""A small library for tests of fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

ENTRY = "library.train:Train"

# Train -> fuse -> add -> ONE, and beside these definitions that are not reached.
TREE = {
    "library/__init__.py": "",
    "library/train.py": (
        "import math\n\nfrom library.fusion import fuse\nfrom library.figures import WIDTH\n\n\n"
        "class Train:\n    def execute(self) -> float:\n        return math.sqrt(fuse(3))\n\n\n"
        "class Other:\n    width = WIDTH\n"
    ),
    "library/fusion.py": (
        "def fuse(value):\n    from library import late\n\n    return late.add(value, first=1, second=2)\n\n\n"
        "def unused(value):\n    return value\n"
    ),
    "library/late.py": "from .numbers import ONE\n\n\ndef add(v, first, second):\n    return v + ONE\n",
    "library/numbers.py": "ONE = 1\n",
    "library/figures.py": "WIDTH = 4\n\n\ndef draw():\n    return WIDTH\n\n\ndef other():\n    return 0\n",
}


class Hash(Protocol):
    """Fingerprint of an entry in `TREE` with some files changed."""

    def __call__(
        self, changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()
    ) -> str: ...


def write_tree(root: Path, tree: Mapping[str, str]) -> Path:
    """Write the files of `tree` below `root`."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def module(name: str) -> str:
    return f"library/{name}.py"
