"""The model: a POS variant starts bit-identical to its baseline, and POS affects only what it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from posner.config.variants import Variant
from posner.errors import InputError
from posner.model.batching import IGNORED, Batch
from posner.model.device import Device
from posner.model.fusion.encoder import injection_layer
from posner.model.hooks import before_layer, encoder_layers
from posner.model.modeling import NEW, PosNerModel, fresh_model, load_model, model_config
from posner.prediction.partial_passes import record_input, skip_layers
from safetensors.torch import load_file
from tiny_models import (
    BASELINE,
    EARLIEST,
    ENCODERS,
    LABELS,
    LAST_LAYER,
    LATE,
    LAYERS,
    TAGS,
    build_model,
    make_model,
    save_encoder,
    stir,
)
from torch import Tensor, nn

KINDS = list(ENCODERS)
FEATURES = ["one_hot", "logits", "trainable_embed"]
PLACES: list[dict[str, Any]] = [
    {"fusion": "late"},
    {"fusion": "encoder", "inject_layer_offset_from_end": 1},
    {"fusion": "encoder", "inject_layer_offset_from_end": "earliest"},
]
VARIANTS = [
    Variant(**place, feature=feature, pos="predicted", pos_embed_dim=5) for place in PLACES for feature in FEATURES
]


def name(variant: Variant) -> str:
    return f"{variant.fusion}-{variant.inject_layer_offset_from_end}-{variant.feature}"


# Every fusion in every encoder; the features are computed before the encoder.
CASES = [(kind, variant) for kind in KINDS for variant in (VARIANTS if kind == "bert" else VARIANTS[2::3])]


@pytest.fixture(params=KINDS)
def encoder(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> Path:
    return encoders[request.param]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{name(case[1])}")
def case(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> tuple[Path, Variant]:
    """An encoder and a variant over it."""
    kind, variant = request.param
    return encoders[kind], variant


def make_batch(feature: str = "one_hot", seed: int = 0) -> Batch:
    """Three sentences of different length with padding, labels on some pieces and POS on all but special tokens."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 100, (3, 9), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    mask[2, 3:] = 0
    ids[mask == 0] = 0
    has_word = mask.clone()
    has_word[:, 0] = 0
    labels = torch.randint(0, len(LABELS), ids.shape, generator=generator)
    labels[(has_word == 0) | (torch.rand(ids.shape, generator=generator) < 0.3)] = IGNORED
    tags = torch.randint(0, len(TAGS), ids.shape, generator=generator)
    pos = nn.functional.one_hot(tags, len(TAGS)).float()
    if feature == "logits":
        pos = torch.randn(pos.shape, generator=generator)
    return Batch(ids, mask, labels, pos * has_word[..., None])


def shared(model: PosNerModel) -> dict[str, nn.Parameter]:
    """Parameters that the baseline has, too."""
    return {key: value for key, value in model.named_parameters() if not key.startswith("fusion.")}


def run(model: PosNerModel, batch: Batch) -> Tensor:
    """Logits without dropout."""
    with torch.inference_mode():
        return model.eval()(batch.input_ids, batch.attention_mask, batch.pos).logits


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
    for each in (baseline, model):
        torch.manual_seed(3)
        with device.autocast():
            losses.append(each.train()(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss)
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


def test_a_logit_that_never_varies_is_no_feature() -> None:
    from posner.pos.features import Standardisation

    logits = np.array([[1, 2, 3], [1, 4, 9]], dtype=np.float32)
    applied = Standardisation.of(logits).apply(logits)
    assert np.isfinite(applied).all()
    assert applied[:, 0].tolist() == [0, 0]
    assert applied.dtype == np.float32


# --- POS reaches what it should --------------------------------------------------------------------------------------


def test_pos_reaches_the_output_once_the_projection_is_learned(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    model = stir(make_model(encoder, variant))
    first, second = make_batch(variant.feature), make_batch(variant.feature, seed=1)
    swapped = Batch(first.input_ids, first.attention_mask, first.labels, second.pos)
    changed = (run(model, first) != run(model, swapped)).any(dim=-1)
    assert first.pos is not None
    assert second.pos is not None
    different = (first.pos != second.pos).any(dim=-1) & (first.attention_mask == 1)
    assert changed[different].all()
    if variant.fusion == "late":
        assert not changed[~different].any(), "late fusion decides for each piece by its own POS"


def test_special_tokens_and_padding_have_no_pos_of_their_own(encoder: Path) -> None:
    model, batch = stir(make_model(encoder, LATE)), make_batch()
    assert batch.pos is not None
    without = Batch(batch.input_ids, batch.attention_mask, batch.labels, torch.zeros_like(batch.pos))
    has_none = ~batch.pos.any(dim=-1)
    assert torch.equal(run(model, batch)[has_none], run(model, without)[has_none])


def test_a_model_does_not_see_beyond_the_mask(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    model, batch = stir(make_model(encoder, variant)), make_batch(variant.feature)
    assert batch.pos is not None
    alone = run(model, Batch(batch.input_ids[2:, :3], batch.attention_mask[2:, :3], batch.labels, batch.pos[2:, :3]))
    assert torch.allclose(run(model, batch)[2:, :3], alone, atol=1e-5)


def test_a_pos_variant_refuses_to_run_without_pos(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    batch = make_batch()
    with pytest.raises(ValueError, match="POS"):
        make_model(encoder, variant)(batch.input_ids, batch.attention_mask)


@pytest.mark.parametrize("offset", [1, 2, 3, "earliest"])
def test_encoder_fusion_touches_only_the_layers_above(encoder: Path, offset: int | str) -> None:
    variant_at = Variant(fusion="encoder", pos="gold", feature="one_hot", inject_layer_offset_from_end=offset)
    model, batch = stir(make_model(encoder, variant_at)), make_batch()
    assert batch.pos is not None
    clean = Batch(batch.input_ids, batch.attention_mask, batch.labels, torch.zeros_like(batch.pos))
    outputs = {}
    for key, read in (("pos", batch), ("none", clean)):
        seen: list[Tensor] = []
        handles = [
            layer.register_forward_hook(lambda _, __, output, seen=seen: seen.append(first(output)))
            for layer in encoder_layers(model.encoder)
        ]
        run(model, read)
        outputs[key] = seen
        for handle in handles:
            handle.remove()
    same = [torch.equal(a, b) for a, b in zip(outputs["pos"], outputs["none"], strict=True)]
    layer = LAYERS - offset if isinstance(offset, int) else 0
    assert same == [i < layer for i in range(LAYERS)]


def first(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


def test_no_hook_is_left_in_the_encoder(encoder: Path) -> None:
    model, batch = make_model(encoder, EARLIEST), make_batch()
    run(model, batch)
    with pytest.raises(ValueError, match="POS"):
        model(batch.input_ids, batch.attention_mask)
    for module in model.modules():
        assert not module._forward_pre_hooks
        assert not module._forward_hooks


def test_the_whole_encoder_is_the_deepest_offset() -> None:
    assert [injection_layer(k, 6) for k in (1, 2, 6, "earliest")] == [5, 4, 0, 0]


@pytest.mark.parametrize("offset", [LAYERS + 1, 99])
def test_an_offset_deeper_than_the_encoder_is_refused(encoder: Path, offset: int) -> None:
    deep = Variant(fusion="encoder", pos="gold", feature="one_hot", inject_layer_offset_from_end=offset)
    with pytest.raises(InputError, match=rf"{offset} is deeper than the encoder, which has {LAYERS} layers"):
        model_config(encoder, LABELS, deep, TAGS)


@pytest.mark.parametrize(("kind", "key"), [("bert", "hidden_dropout_prob"), ("distilbert", "dropout")])
def test_the_classifier_has_the_encoders_dropout(tmp_path: Path, kind: str, key: str) -> None:
    card = save_encoder(tmp_path, kind) / "config.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {key: 0.3}))
    assert build_model(tmp_path).dropout.p == 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_every_encoder_runs_with_sdpa_attention(encoders: dict[str, Path], kind: str) -> None:
    model = make_model(encoders[kind], EARLIEST, attention="sdpa")
    eager, batch = make_model(encoders[kind], EARLIEST, attention="eager"), make_batch()
    seen = batch.attention_mask == 1
    assert torch.allclose(run(model, batch)[seen], run(eager, batch)[seen], atol=1e-5)


def test_an_encoder_that_is_not_bert_like_is_refused() -> None:
    with pytest.raises(InputError, match="use a BERT-like encoder"):
        encoder_layers(nn.Linear(2, 2))


def test_the_loss_is_the_mean_over_labelled_pieces(encoder: Path) -> None:
    model, batch = make_model(encoder), make_batch()
    with torch.inference_mode():
        output = model.eval()(batch.input_ids, batch.attention_mask, None, batch.labels)
    chances = output.logits.log_softmax(-1)
    labelled = [
        -float(chances[row, place, label])
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


# --- stepping into the encoder ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", range(LAYERS))
def test_recorded_states_give_the_same_output(encoder: Path, layer: int) -> None:
    model, batch = make_model(encoder), make_batch()
    with record_input(model.encoder, layer) as seen:
        whole = run(model, batch)
    kept = list(encoder_layers(model.encoder))
    (state,) = seen.states
    with skip_layers(model.encoder, layer, seen.in_tuple), before_layer(kept[layer], lambda _: state):
        assert torch.equal(run(model, batch), whole)
    assert list(encoder_layers(model.encoder)) == kept


def test_layers_come_back_after_an_error(encoder: Path) -> None:
    model = make_model(encoder)
    kept = list(encoder_layers(model.encoder))
    with pytest.raises(IndexError), skip_layers(model.encoder, 2, in_tuple=False):
        model(torch.tensor([[10**6]]))  # no such piece
    assert list(encoder_layers(model.encoder)) == kept


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


def test_new_parameters_are_the_classifier_and_the_pos_path(encoders: dict[str, Path]) -> None:
    model = make_model(encoders["bert"], LAST_LAYER)
    pretrained = {f"encoder.{key}" for key in load_file(encoders["bert"] / "model.safetensors")}
    for key, _ in model.named_parameters():
        assert key.startswith(NEW) != (key in pretrained), key


def test_the_baseline_has_no_pos_parameters(encoders: dict[str, Path]) -> None:
    model = make_model(encoders["bert"], BASELINE)
    assert not list(model.fusion.parameters())
    assert model.config.pos_tags == []
