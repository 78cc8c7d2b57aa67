"""The layers of an encoder: their inputs are recorded, or layers skipped, and the encoder is as before afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from forward import make_batch, run
from posner.errors import InputError
from posner.model.hooks import before_layer, encoder_layers
from posner.prediction.partial_passes import record_input, skip_layers
from tiny_models import EARLIEST, LAYERS, make_model
from torch import nn


def test_an_encoder_that_is_not_bert_like_is_refused() -> None:
    with pytest.raises(InputError, match="use a BERT-like encoder"):
        encoder_layers(nn.Linear(2, 2))


def test_no_hook_is_left_in_the_encoder(encoder: Path) -> None:
    model, batch = make_model(encoder, EARLIEST), make_batch()
    run(model, batch)
    with pytest.raises(ValueError, match="POS"):
        model(batch.input_ids, batch.attention_mask)
    for module in model.modules():
        assert not module._forward_pre_hooks
        assert not module._forward_hooks


@pytest.mark.parametrize("layer", range(LAYERS))
def test_recorded_states_give_the_same_output(encoder: Path, layer: int) -> None:
    model, batch = make_model(encoder), make_batch()
    with record_input(model.encoder, layer) as recording:
        expected = run(model, batch)
    layers = list(encoder_layers(model.encoder))
    (state,) = recording.states
    with skip_layers(model.encoder, layer, recording.in_tuple), before_layer(layers[layer], lambda _: state):
        assert torch.equal(run(model, batch), expected)
    assert list(encoder_layers(model.encoder)) == layers


def test_layers_come_back_after_an_error(encoder: Path) -> None:
    model = make_model(encoder)
    layers = list(encoder_layers(model.encoder))
    with pytest.raises(IndexError), skip_layers(model.encoder, 2, in_tuple=False):
        model(torch.tensor([[10**6]]))  # no such piece
    assert list(encoder_layers(model.encoder)) == layers
