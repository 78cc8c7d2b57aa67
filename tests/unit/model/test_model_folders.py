"""Folders of encoders and models: what they may replace, and damaged configs and weights in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from posner.config.encoders import PathEncoder
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.folders import fusion_of, is_trained, longest_input, require_own_folder
from posner.model.modeling import load_model
from posner.model.pretrained import prepare_encoder
from safetensors.torch import load_file, save_file
from tiny_models import CPU, ENCODERS, LAST_LAYER, LATE, build_model, make_model, make_tokenizer, save_encoder


@pytest.fixture(params=list(ENCODERS))
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = save_encoder(tmp_path / "source", request.param)
    make_tokenizer().save_pretrained(folder)
    return folder


def prepare(source: Path, target: Path) -> None:
    prepare_encoder(PathEncoder(source="path", path=source), ["word"], target)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_encoder_is_prepared_again_whatever_is_left_of_it(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "encoder")
    before = contents(tmp_path / "encoder")
    for lost in ([], ["encoder.json", "model.safetensors"], ["config.json"], list(before)):
        for name in lost:
            (tmp_path / "encoder" / name).unlink()
        prepare(source, tmp_path / "encoder")
        assert contents(tmp_path / "encoder") == before
    (tmp_path / "encoder" / "config.json").write_text('{"cut')
    prepare(source, tmp_path / "encoder")
    assert contents(tmp_path / "encoder") == before


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    folder = save_encoder(tmp_path / "bert", "bert")
    make_tokenizer().save_pretrained(folder)
    return folder


def test_folders_of_others_are_not_replaced_by_an_encoder(bert: Path, tmp_path: Path) -> None:
    other, notes, model = tmp_path / "other", tmp_path / "notes", tmp_path / "model"
    shutil.copytree(bert, other)  # the same names of files, but not prepared
    notes.mkdir()
    (notes / "README.md").write_text("mine")
    make_model(bert, LATE).save_pretrained(model)
    before = contents(tmp_path)
    for target in (other, notes, model, tmp_path):
        with pytest.raises(InputError, match="would be replaced as a whole"):
            prepare(bert, target)
    assert contents(tmp_path) == before


def test_a_model_replaces_its_earlier_version_with_card_and_history(bert: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint(make_model(bert, LATE), make_tokenizer(), CPU, 32)
    folder = tmp_path / "run" / "model"
    checkpoint.save(folder)
    written = contents(folder)
    for name in ("README.md", "history.csv"):
        (folder / name).write_text("of the earlier version")
    (folder / "config.json").unlink()
    checkpoint.save(folder)
    assert contents(folder) == written


def test_a_model_does_not_replace_files_of_others(bert: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint(make_model(bert, LATE), make_tokenizer(), CPU, 32)
    checkpoint.save(tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    before = contents(tmp_path)
    for target in ("model", "bert"):
        with pytest.raises(InputError, match="would be replaced as a whole"):
            checkpoint.save(tmp_path / target)
        with pytest.raises(InputError, match="would be replaced as a whole"):
            require_own_folder(tmp_path / target, is_trained)
    assert contents(tmp_path) == before


# --- damaged folders -------------------------------------------------------------------------------------------------


def test_an_encoder_that_lost_weights_is_not_trained_with_random_ones(bert: Path) -> None:
    build_model(bert)
    tensors = load_file(bert / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "layer.1." not in name}
    assert len(kept) < len(tensors)
    save_file(kept, bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"no readable encoder \(encoder.layer.1.*is missing\)"):
        build_model(bert)


def test_an_encoder_without_a_pooler_is_complete(bert: Path) -> None:
    tensors = load_file(bert / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("pooler.")}
    save_file(kept, bert / "model.safetensors", metadata={"format": "pt"})
    build_model(bert)


@pytest.mark.parametrize("text", ["", '{"fusion": "la', "[]", "null", '"late"', "[" * 100_000])
def test_a_config_that_is_none_is_named_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    for read in (fusion_of, longest_input):
        with pytest.raises(InputError) as caught:
            read(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path}/config.json: not the config of a model")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        *({"longest_input": value} for value in ("x", None, 0, 1e9, 10**9, -5, True)),
        {"encoder": {"max_position_embeddings": "many"}},
        {"encoder": []},
        {"max_position_embeddings": None},
        {"model_type": 3},
    ],
)
def test_a_longest_input_that_is_none_is_named_in_one_line(tmp_path: Path, config: dict[str, Any]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"config\.json: not the config of a model"):
        longest_input(tmp_path)


@pytest.mark.parametrize("layer", [99, -1, "x", [1]])
def test_a_layer_that_the_encoder_does_not_have(bert: Path, tmp_path: Path, layer: Any) -> None:
    make_model(bert, LAST_LAYER).save_pretrained(tmp_path / "model")
    load_model(tmp_path / "model", "eager")
    path = tmp_path / "model" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layer": layer}))
    with pytest.raises(InputError, match="no readable checkpoint"):
        load_model(tmp_path / "model", "eager")
