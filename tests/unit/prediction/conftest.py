"""Encoders of the tests of sweeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import ENCODERS


@pytest.fixture(params=list(ENCODERS))
def encoder(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> Path:
    return encoders[request.param]


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]
