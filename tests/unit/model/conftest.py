"""Encoders, and variants over them, with which the tests of the model run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posner.config.variants import Variant
from tiny_models import ENCODERS, make_tokenizer, save_encoder

FEATURES = ["one_hot", "logits", "trainable_embed"]
PLACES: list[dict[str, Any]] = [
    {"fusion": "late"},
    {"fusion": "encoder", "inject_layer_offset_from_end": 1},
    {"fusion": "encoder", "inject_layer_offset_from_end": "earliest"},
]
VARIANTS = [
    Variant(**place, feature=feature, pos="predicted", pos_embed_dim=5) for place in PLACES for feature in FEATURES
]


def name_of(variant: Variant) -> str:
    return f"{variant.fusion}-{variant.inject_layer_offset_from_end}-{variant.feature}"


# Every fusion in every encoder; the features are computed before the encoder.
CASES = [(kind, variant) for kind in ENCODERS for variant in (VARIANTS if kind == "bert" else VARIANTS[2::3])]


@pytest.fixture(params=list(ENCODERS))
def encoder(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> Path:
    return encoders[request.param]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{name_of(case[1])}")
def case(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> tuple[Path, Variant]:
    """An encoder and a variant over it."""
    kind, variant = request.param
    return encoders[kind], variant


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder that nothing is wrong with."""
    save_encoder(tmp_path / "encoder", "bert")
    make_tokenizer().save_pretrained(tmp_path / "encoder")
    return tmp_path / "encoder"
