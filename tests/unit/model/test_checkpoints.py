"""Checkpoints: the files of their folder, and that damaged ones are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from posner.errors import InputError
from posner.model.modeling import load_model
from safetensors.torch import load_file, save_file
from tiny_models import (
    LATE,
    TAGS,
    make_model,
)


def test_a_checkpoint_holds_no_code_and_no_pickle(encoders: dict[str, Path], tmp_path: Path) -> None:
    make_model(encoders["bert"], LATE).save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}


def truncated(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def without_header(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5])


def empty(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def noise(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 8)


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def half_a_config(folder: Path) -> None:
    text = (folder / "config.json").read_text(encoding="utf-8")
    (folder / "config.json").write_text(text[: len(text) // 2], encoding="utf-8")


def empty_config(folder: Path) -> None:
    (folder / "config.json").write_text("", encoding="utf-8")


def unknown_fusion(folder: Path) -> None:
    change_config(folder, fusion="sideways")


def other_size(folder: Path) -> None:
    change_config(folder, pos_tags=[*TAGS, "XX"])


def a_tensor_less(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["classifier.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def another_model(folder: Path) -> None:
    save_file({"x": torch.zeros(2)}, folder / "model.safetensors", metadata={"format": "pt"})


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


DAMAGES: list[Callable[[Path], None]] = [
    truncated,
    without_header,
    empty,
    noise,
    no_weights,
    no_config,
    half_a_config,
    empty_config,
    unknown_fusion,
    other_size,
    a_tensor_less,
    another_model,
    no_folder,
]


@pytest.fixture(scope="module")
def checkpoint(encoders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    make_model(encoders["bert"], LATE).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_checkpoint_is_named(checkpoint: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = tmp_path / "model"
    shutil.copytree(checkpoint, folder)
    load_model(folder, "eager")
    damage(folder)
    with pytest.raises(InputError, match=r"no readable checkpoint|no checkpoint is there") as caught:
        load_model(folder, "eager")
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
