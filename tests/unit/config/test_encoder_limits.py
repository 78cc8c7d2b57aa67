"""Injection layers deeper than the encoder, and inputs longer than it reads, are refused before anything runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from posner.config.encoder_limits import refuse_beyond_limits
from posner.config.study import Config
from posner.config.validation import check
from posner.errors import InputError
from posner.files import write_json

DEEP = {"fusion": "encoder", "pos": "gold", "feature": "one_hot"}


def study(encoder: dict[str, Any], offset: int | str, more: Mapping[str, Any] = {}) -> Config:
    return check(
        {
            "study": {"title": "t", "corpora": ["c"], "encoders": ["tiny"], "variants": ["base", "deep"], "seeds": [1]},
            "corpora": {"c": {"source": "generated"}},
            "encoders": {"tiny": encoder},
            "variants": {
                "base": {"fusion": "none"},
                "deep": DEEP | {"inject_layer_offset_from_end": offset},
                "not-run": DEEP | {"inject_layer_offset_from_end": 99},
            },
            **more,
        }
    )


def write_config(folder: Path, **values: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(values))
    return folder


def path_encoder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"source": "path", "path": str(write_config(folder / "model", n_layers=2, max_position_embeddings=256))}


def package_encoder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    write_config(folder / "some_encoder" / "model", num_hidden_layers=2, max_position_embeddings=256)
    (folder / "some_encoder" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(folder)
    return {"source": "package", "package": "some_encoder", "sha256": "0" * 64}


def scratch_encoder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"source": "scratch", "num_hidden_layers": 2}


def prepared_encoder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    encoder = {"source": "hub", "id": "some/encoder", "revision": "0"}
    write_json(folder / "prepared" / "encoder.json", encoder | {"layers": 2, "longest_input": 256})
    return encoder


KINDS = [path_encoder, package_encoder, scratch_encoder, prepared_encoder]


@pytest.mark.parametrize("kind", KINDS)
def test_an_offset_deeper_than_the_encoder_is_refused(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, prepared = kind(tmp_path, monkeypatch), [("tiny", tmp_path / "prepared")]
    for offset in (1, 2, "earliest"):
        refuse_beyond_limits(study(encoder, offset), prepared)
    with pytest.raises(InputError) as error:
        refuse_beyond_limits(study(encoder, 3), prepared)
    assert str(error.value) == (
        "config: variants.deep.inject_layer_offset_from_end: 3 is deeper than the encoder 'tiny', which has 2 layers"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", ["pos", "ner"])
def test_inputs_longer_than_the_encoder_reads_are_refused(
    stage: str, kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, prepared = kind(tmp_path, monkeypatch), [("tiny", tmp_path / "prepared")]
    refuse_beyond_limits(study(encoder, 1, {stage: {"training": {"max_length": 256}}}), prepared)
    with pytest.raises(InputError) as error:
        refuse_beyond_limits(study(encoder, 1, {stage: {"training": {"max_length": 257}}}), prepared)
    assert str(error.value) == (
        f"config: {stage}.training.max_length: 257 is more than the encoder 'tiny' can read, which is 256 word pieces"
    )


OF_ANOTHER = '{"source": "hub", "id": "some/encoder", "revision": "1", "layers": 2}'


@pytest.mark.parametrize("text", [None, "{", "[]", OF_ANOTHER, OF_ANOTHER.replace("1", "0").replace("2", "null"), "{}"])
def test_an_encoder_whose_limits_are_not_known_yet_is_not_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "encoder.json").write_text(text)
    refuse_beyond_limits(study({"source": "hub", "id": "some/encoder", "revision": "0"}, 99), [("tiny", tmp_path)])
