"""Encoders from a folder keep all of their weights, or are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from posner.config.encoders import HubEncoder, PathEncoder
from posner.errors import InputError
from posner.model.pretrained import prepare_encoder
from safetensors.torch import load_file, save_file
from tiny_models import ENCODERS, make_tokenizer, save_encoder
from transformers import AutoConfig, AutoModelForMaskedLM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_encoder(tmp_path / "bert", "bert")
    make_tokenizer().save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


def prepared(folder: Path) -> dict[str, torch.Tensor]:
    target = folder.parent / "prepared"
    prepare_encoder(PathEncoder(source="path", path=folder), ["word"], target)
    return load_file(target / "model.safetensors")


def test_an_encoder_keeps_its_weights(folder: Path) -> None:
    source, written = load_file(folder / "model.safetensors"), prepared(folder)
    assert written.keys() == {name for name in source if not name.startswith("pooler.")}
    assert all(torch.equal(source[name], tensor) for name, tensor in written.items())


def test_an_encoder_inside_a_model_of_transformers_keeps_its_weights(folder: Path) -> None:
    torch.manual_seed(1)
    whole = AutoModelForMaskedLM.from_config(AutoConfig.for_model("bert", **ENCODERS["bert"]))
    whole.save_pretrained(folder)
    source = whole.bert.state_dict()
    assert all(torch.equal(source[name], tensor) for name, tensor in prepared(folder).items())


@pytest.mark.parametrize("rename", [lambda name: f"backbone.{name}", lambda name: name.replace("layer.1.", "other.")])
def test_an_encoder_whose_weights_are_not_all_there_is_refused(folder: Path, rename: object) -> None:
    tensors = load_file(folder / "model.safetensors")
    renamed = {rename(name): tensor for name, tensor in tensors.items()}  # type: ignore[operator]
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks \d+ weights, the first is \w+\.\S+; save the bare encoder"):
        prepared(folder)
    assert not (folder.parent / "prepared").exists()


def test_a_local_folder_is_not_read_as_an_encoder_of_the_hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    settings = HubEncoder(source="hub", id=folder.name, revision="main")
    with pytest.raises(InputError, match="exists and would be read instead: use `source: path`"):
        prepare_encoder(settings, ["a"], folder.parent / "target")
