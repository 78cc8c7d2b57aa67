"""A batch of sentences, and a model's logits on it."""

from __future__ import annotations

import torch
from posner.model.batching import IGNORED, Batch
from posner.model.modeling import PosNerModel
from tiny_models import LABELS, TAGS
from torch import Tensor, nn


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
    return Batch(torch.zeros_like(ids), mask.bool(), ids, labels, pos * has_word[..., None])


def run(model: PosNerModel, batch: Batch) -> Tensor:
    """Logits without dropout."""
    with torch.inference_mode():
        return model.eval()(batch.input_ids, batch.attention_mask, batch.pos).logits
