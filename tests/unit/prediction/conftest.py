"""Models, texts and encoders of the tests of predictions and sweeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from posner.config.variants import Variant
from posner.model.modeling import fresh_model, model_config
from prediction_calls import LINES, LOGITS, MEAN, PREDICTED, SCALE
from tiny_models import ENCODERS, LATE, TAGS, build_model, make_model, make_tokenizer, stir


@pytest.fixture(params=list(ENCODERS))
def encoder(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> Path:
    return encoders[request.param]


@pytest.fixture
def bert(encoders: dict[str, Path]) -> Path:
    return encoders["bert"]


@pytest.fixture(scope="module")
def models(encoders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of models with random weights: one for each source of POS, and a tagger."""
    root = tmp_path_factory.mktemp("models")
    bert = encoders["bert"]
    by_name = {
        "baseline": stir(make_model(bert)),
        "gold": stir(make_model(bert, LATE)),
        "predicted": stir(make_model(bert, PREDICTED)),
        "logits": stir(make_model(bert, LOGITS)),
        "tagger": stir(fresh_model(bert, model_config(bert, TAGS, Variant()), 3, "eager")),
        "other-tagger": fresh_model(bert, model_config(bert, TAGS[:2], Variant()), 3, "eager"),
        "control": build_model(bert, LATE),
    }
    by_name["logits"].config.pos_mean, by_name["logits"].config.pos_scale = MEAN, SCALE
    by_name["control"].config.pos = "oracle"
    for name, model in by_name.items():
        model.save_pretrained(root / name)
        make_tokenizer().save_pretrained(root / name)
    return root


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    return path


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    path = tmp_path / "text.conll"
    path.write_text("Ann NNP\nsaw VB\nthe DT\n\nRome XX\n", encoding="utf-8")
    return path
