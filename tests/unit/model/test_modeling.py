"""Untrained and saved models: a POS variant starts bit-identical to its baseline, and is loaded as it was saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from forward import make_batch, run
from posner.config.variants import Variant
from posner.model.batching import IGNORED
from posner.model.device import Device
from posner.model.modeling import NEW, PosNerModel, fresh_model, load_model, model_config
from safetensors.torch import load_file
from tiny_models import (
    BASELINE,
    EARLIEST,
    ENCODERS,
    LABELS,
    LAST_LAYER,
    LATE,
    TAGS,
    build_model,
    make_model,
    save_encoder,
    stir,
)
from torch import nn


def shared(model: PosNerModel) -> dict[str, nn.Parameter]:
    """Parameters that the baseline has, too."""
    return {key: value for key, value in model.named_parameters() if not key.startswith("fusion.")}


# --- a POS variant starts as its baseline ----------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_untrained_variant_is_its_baseline_to_the_bit(case: tuple[Path, Variant], precision: str) -> None:
    encoder, variant = case
    device, batch = Device(torch.device("cpu"), precision), make_batch(variant.feature)
    baseline, model = make_model(encoder), make_model(encoder, variant)
    for key, parameter in shared(baseline).items():
        assert torch.equal(parameter, shared(model)[key]), key
    assert shared(baseline).keys() == shared(model).keys()
    with device.autocast():
        assert torch.equal(run(model, batch), run(baseline, batch))
    losses = []
    for trained in (baseline, model):
        torch.manual_seed(3)
        with device.autocast():
            losses.append(trained.train()(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss)
        losses[-1].backward()
        losses.append(torch.rand(4))  # what the random stream gives next
    assert torch.equal(losses[0], losses[2])
    assert torch.equal(losses[1], losses[3])
    for key, parameter in shared(baseline).items():
        other = shared(model)[key].grad
        assert (parameter.grad is None) == (other is None), key
        if parameter.grad is None or torch.equal(parameter.grad, other):
            continue
        # The convolution of the xlarge models reads the embeddings beside the first layer, which reads their sum with
        # POS: their gradients are added in another order, and are the same but for rounding.
        assert encoder.name.startswith("deberta-v2-xlarge"), key
        assert variant.inject_layer_offset_from_end == "earliest", key
        assert torch.allclose(parameter.grad, other, rtol=1e-4, atol=1e-6), key


def test_the_first_gradient_reaches_the_pos_path(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    batch, model = make_batch(variant.feature), make_model(encoder, variant)
    model.train()(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss.backward()
    gradient = model.fusion.projection.weight.grad
    assert gradient is not None
    assert gradient.any()


def test_new_weights_come_from_the_seed_and_from_nothing_else(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    torch.manual_seed(1)
    first = build_model(encoder, variant, seed=5)
    torch.manual_seed(2)
    again, other = build_model(encoder, variant, seed=5), build_model(encoder, variant, seed=6)
    assert first.state_dict().keys() == again.state_dict().keys()
    for key, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key
        is_random = key == "classifier.weight" or key.endswith("feature.embedding")
        assert torch.equal(value, other.state_dict()[key]) != is_random, key


def test_the_encoder_has_its_pretrained_weights(encoder: Path) -> None:
    pretrained = load_file(encoder / "model.safetensors")
    model = build_model(encoder, LATE).encoder.state_dict()
    assert model
    for key, value in model.items():
        assert torch.equal(value, pretrained[key]), key


def test_the_features_start_on_one_scale() -> None:
    from posner.model.fusion.projected import PosFeature
    from posner.pos.features import Standardisation

    generator = torch.Generator().manual_seed(0)
    one_hot = torch.eye(40)
    raw = 3 + 5 * torch.randn(2000, 40, generator=generator) * torch.rand(40, generator=generator)
    logits = torch.from_numpy(Standardisation.of(raw.numpy()).apply(raw.numpy()))
    norms = {}
    for feature, rows in (("one_hot", one_hot), ("logits", logits), ("trainable_embed", one_hot)):
        pos_feature = PosFeature(feature, 40, 32)
        pos_feature.reset(generator)
        norms[feature] = pos_feature(rows).detach().norm(dim=1).square().mean().sqrt().item()
    assert norms == pytest.approx({"one_hot": 1, "logits": 1, "trainable_embed": 1}, abs=0.05)


# --- parameters and outputs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "key"), [("bert", "hidden_dropout_prob"), ("distilbert", "dropout")])
def test_the_classifier_has_the_encoders_dropout(tmp_path: Path, kind: str, key: str) -> None:
    card = save_encoder(tmp_path, kind) / "config.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {key: 0.3}))
    assert build_model(tmp_path).dropout.p == 0.3


@pytest.mark.parametrize("kind", ENCODERS)
def test_every_encoder_runs_with_sdpa_attention(encoders: dict[str, Path], kind: str) -> None:
    model = make_model(encoders[kind], EARLIEST, attention="sdpa")
    eager, batch = make_model(encoders[kind], EARLIEST, attention="eager"), make_batch()
    seen = batch.attention_mask == 1
    assert torch.allclose(run(model, batch)[seen], run(eager, batch)[seen], atol=1e-5)


def test_the_loss_is_the_mean_over_labelled_pieces(encoder: Path) -> None:
    model, batch = make_model(encoder), make_batch()
    with torch.inference_mode():
        output = model.eval()(batch.input_ids, batch.attention_mask, None, batch.labels)
    log_probabilities = output.logits.log_softmax(-1)
    labelled = [
        -float(log_probabilities[row, place, label])
        for row, labels in enumerate(batch.labels.tolist())
        for place, label in enumerate(labels)
        if label != IGNORED
    ]
    assert float(output.loss) == pytest.approx(sum(labelled) / len(labelled), rel=1e-5)


def test_decisions_are_made_in_full_precision(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    model, batch = stir(make_model(encoder, variant)), make_batch(variant.feature)
    with Device(torch.device("cpu"), "bf16").autocast():
        assert run(model, batch).dtype == torch.float32


def test_new_parameters_are_the_classifier_and_the_pos_path(encoders: dict[str, Path]) -> None:
    model = make_model(encoders["bert"], LAST_LAYER)
    pretrained = {f"encoder.{key}" for key in load_file(encoders["bert"] / "model.safetensors")}
    for key, _ in model.named_parameters():
        assert key.startswith(NEW) != (key in pretrained), key


def test_the_baseline_has_no_pos_parameters(encoders: dict[str, Path]) -> None:
    model = make_model(encoders["bert"], BASELINE)
    assert not list(model.fusion.parameters())
    assert model.config.pos_tags == []


# --- checkpoints -----------------------------------------------------------------------------------------------------


def test_a_saved_model_is_loaded_unchanged(case: tuple[Path, Variant], tmp_path: Path) -> None:
    encoder, variant = case
    config = model_config(encoder, LABELS, variant, TAGS)
    config.pos_mean, config.pos_scale = [0.25] * len(TAGS), [0.1] * len(TAGS)
    model, batch = stir(fresh_model(encoder, config, 7, "eager")), make_batch(variant.feature)
    model.save_pretrained(tmp_path)
    torch.manual_seed(99)
    loaded = load_model(tmp_path, "eager")
    assert not loaded.training
    assert torch.equal(run(loaded, batch), run(model, batch))
    for key, value in model.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[key]), key
        assert loaded.state_dict()[key].dtype == torch.float32
    buffers = dict(loaded.named_buffers())
    for key, value in model.named_buffers():
        assert torch.equal(value, buffers[key]), key
    assert loaded.config.labels == list(LABELS)
    for key in ("fusion", "feature", "pos_embed_dim", "layer", "pos_tags", "pos_mean", "pos_scale"):
        assert getattr(loaded.config, key) == getattr(config, key), key
