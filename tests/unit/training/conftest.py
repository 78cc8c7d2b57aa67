"""The encoder of the tests of training, and trainings that nothing stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from posner.config.variants import Variant
from posner.training.resume import NoResume
from stopped_trainings import Scores, Trained, run
from tiny_models import BASELINE, EARLIEST, LATE


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]


@pytest.fixture(scope="session")
def uninterrupted(encoders: dict[str, Path]) -> dict[Variant, Trained]:
    """Trainings that nothing stopped."""
    return {v: run(encoders["bert"], v, Scores(), NoResume()) for v in (BASELINE, LATE, EARLIEST)}
