"""What POS changes: the outputs at pieces with POS, from the fused layer on, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from forward import make_batch, run
from posner.config.variants import Variant
from posner.errors import InputError
from posner.model.fusion.encoder import injection_layer
from posner.model.hooks import encoder_layers
from posner.model.modeling import model_config
from tiny_models import LABELS, LATE, LAYERS, TAGS, make_model, stir
from torch import Tensor


def test_pos_reaches_the_output_once_the_projection_is_learned(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    model = stir(make_model(encoder, variant))
    first, second = make_batch(variant.feature), make_batch(variant.feature, seed=1)
    swapped = replace(first, pos=second.pos)
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
    without = replace(batch, pos=torch.zeros_like(batch.pos))
    has_none = ~batch.pos.any(dim=-1)
    assert torch.equal(run(model, batch)[has_none], run(model, without)[has_none])


def test_a_model_does_not_see_beyond_the_mask(case: tuple[Path, Variant]) -> None:
    encoder, variant = case
    model, batch = stir(make_model(encoder, variant)), make_batch(variant.feature)
    assert batch.pos is not None
    shorter = replace(batch, input_ids=batch.input_ids[2:, :3], is_piece=batch.is_piece[2:, :3], pos=batch.pos[2:, :3])
    alone = run(model, shorter)
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
    clean = replace(batch, pos=torch.zeros_like(batch.pos))
    states = {}
    for key, inputs in (("pos", batch), ("none", clean)):
        seen: list[Tensor] = []
        handles = [
            layer.register_forward_hook(lambda _, __, output, seen=seen: seen.append(hidden_states(output)))
            for layer in encoder_layers(model.encoder)
        ]
        run(model, inputs)
        states[key] = seen
        for handle in handles:
            handle.remove()
    same = [torch.equal(a, b) for a, b in zip(states["pos"], states["none"], strict=True)]
    layer = LAYERS - offset if isinstance(offset, int) else 0
    assert same == [i < layer for i in range(LAYERS)]


def hidden_states(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


def test_the_whole_encoder_is_the_deepest_offset() -> None:
    assert [injection_layer(k, 6) for k in (1, 2, 6, "earliest")] == [5, 4, 0, 0]


@pytest.mark.parametrize("offset", [LAYERS + 1, 99])
def test_an_offset_deeper_than_the_encoder_is_refused(encoder: Path, offset: int) -> None:
    deep = Variant(fusion="encoder", pos="gold", feature="one_hot", inject_layer_offset_from_end=offset)
    with pytest.raises(InputError, match=rf"{offset} is deeper than the encoder, which has {LAYERS} layers"):
        model_config(encoder, LABELS, deep, TAGS)
