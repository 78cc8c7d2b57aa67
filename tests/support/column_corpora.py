"""Column files of tests, and what is said of those that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posner.config.corpora import ColumnsCorpus
from posner.corpora.conll import read_columns
from posner.errors import InputError


def settings(**changes: Any) -> ColumnsCorpus:
    return ColumnsCorpus(source="columns", train="train", validation="validation", test="test", **changes)


def write(folder: Path, text: str | bytes, name: str = "train.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def message(path: Path, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_columns(path, settings(**changes))
    return str(caught.value)
