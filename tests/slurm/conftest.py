"""Fixtures that the tests on a SLURM cluster share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster
from studies import study_copy
from workflow_copy import Copy


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, Cluster(Path(folder)) as started:
        yield started


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The small study when it runs on this machine."""
    copy = study_copy(tmp_path_factory.mktemp("local") / "with blank")
    copy.snakemake()
    return copy
