"""Fixtures that several test files share, and the marker of tests that need a whole study."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from workflow_copy import CHECKOUT, Copy, run_two_corpora

# Subprocesses import the package from the same place as the tests.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(CHECKOUT / "workflow_scripts"), *filter(None, [os.environ.get("PYTHONPATH")])]
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need the finished study as slow."""
    for item in items:
        if isinstance(item, pytest.Function) and "finished" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A finished small study of two corpora, which takes minutes; all workers of a test run share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "finished" / "with blank"
    with FileLock(shared / "finished.lock"):
        if not (folder / "results" / "report.html").is_file():
            run_two_corpora(folder)
    return Copy(folder)


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny random encoders by model type."""
    from tiny_models import ENCODERS, save_encoder  # here, because few test files need torch, which loads slowly

    return {kind: save_encoder(tmp_path_factory.mktemp(kind), kind) for kind in ENCODERS}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of fabricated results of one corpus and encoder, with their summaries."""
    from fabricated_summaries import summarise

    folder = tmp_path_factory.mktemp("results") / "made-up" / "tiny"
    summarise(folder)
    return folder


@pytest.fixture
def edited(finished: Copy, tmp_path: Path) -> Copy:
    """A copy of the finished study with other dates, for editing."""
    folder = tmp_path / "other place"
    shutil.copytree(finished.folder, folder, copy_function=shutil.copyfile)
    return Copy(folder)


@pytest.fixture
def damaged(finished: Copy, tmp_path: Path) -> Copy:
    """A copy of the finished study with the same dates, for damage."""
    shutil.copytree(finished.folder, tmp_path / "copy")
    return Copy(tmp_path / "copy")


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with the tables of fabricated studies, from which figures are drawn, by name."""
    from drawings import STUDIES, write_tables

    return {name: write_tables(tmp_path_factory.mktemp("study"), name) for name in STUDIES}
