"""The fixture of the tests of fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from code_tree import ENTRY, TREE, Hash, write_tree
from posner.workflow.fingerprint import fingerprint


@pytest.fixture
def hashed(tmp_path: Path) -> Hash:
    # Each tree gets a folder of its own, since a process keeps what it has read.
    folders = (tmp_path / str(number) for number in count())

    def hash_tree(changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()) -> str:
        return fingerprint(entry, root=write_tree(next(folders), {**TREE, **changes}), unreachable=unreachable)

    return hash_tree
