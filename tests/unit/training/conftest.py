"""The encoder of the tests of training."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]
