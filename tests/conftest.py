"""What several test files share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny random encoders by model type."""
    from tiny_models import ENCODERS, save_encoder  # here, because torch takes seconds that not every test file needs

    return {kind: save_encoder(tmp_path_factory.mktemp(kind), kind) for kind in ENCODERS}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the fabricated results of one corpus and encoder, with their summaries."""
    from fabricated import summarise

    folder = tmp_path_factory.mktemp("results") / "made-up" / "tiny"
    summarise(folder)
    return folder
