"""Encoders that are prepared from a folder, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from posner.config.encoders import PathEncoder
from posner.errors import InputError
from posner.model.pretrained import prepare_encoder
from safetensors.torch import load_file, save_file
from torch import Tensor

WORDS = ("Ann", "ran", "to", "Rome")


def prepared(folder: Path, words: Sequence[str] = WORDS) -> Path:
    target = folder.parent / "prepared"
    prepare_encoder(PathEncoder(source="path", path=folder), words, target)
    return target


def refusal(folder: Path, words: Sequence[str] = WORDS) -> str:
    """The one line that an encoder is refused with."""
    with pytest.raises(InputError) as caught:
        prepared(folder, words)
    assert not (folder.parent / "prepared").exists()
    message = str(caught.value)
    assert "\n" not in message
    return message


def edit(path: Path, **changes: Any) -> None:
    """Change keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_weights(folder: Path, change: Callable[[str, Tensor], Tensor]) -> None:
    tensors = {name: change(name, tensor) for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
