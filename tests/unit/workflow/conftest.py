"""Fixtures of the tests of the workflow: hashes of code, and a study whose commands have run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from code_tree import ENTRY, TREE, Hash, write_tree
from command_study import Study, run_commands
from filelock import FileLock
from posner.workflow.fingerprint import fingerprint


@pytest.fixture
def hashed(tmp_path: Path) -> Hash:
    # Each tree gets a folder of its own, since a process keeps what it has read.
    folders = (tmp_path / str(number) for number in count())

    def hash_tree(changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()) -> str:
        return fingerprint(entry, root=write_tree(next(folders), {**TREE, **changes}), unreachable=unreachable)

    return hash_tree


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A small study by hand, which takes some seconds; all workers of a test run share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    study = Study(shared / "commands")
    with FileLock(shared / "commands.lock"):
        if not study.is_complete():
            run_commands(study)
    return study
