"""Prediction: logits of every word, also of those that truncation took from the encoder's sight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from tqdm import tqdm

from .arrays import Floats, WordLogits
from .batching import Example, collate, sorted_batches
from .device import Device
from .model import PosNerModel


@torch.inference_mode()
def predict(
    model: PosNerModel, examples: Sequence[Example], pad_id: int, batch_size: int, device: Device
) -> list[WordLogits]:
    """Logits for each example, in the order given."""
    model.to(device.device).eval()
    batches = sorted_batches([len(e.pieces) for e in examples], batch_size)
    found: dict[int, WordLogits] = {}
    with device.autocast():
        for indices in tqdm(batches, desc="predicting", unit="batch", disable=None, leave=False):
            batch = collate([examples[i] for i in indices], pad_id).to(device.device)
            logits = model(batch.input_ids, batch.attention_mask, batch.pos).logits.cpu().numpy()
            found |= {i: word_logits(examples[i], rows) for i, rows in zip(indices, logits, strict=True)}
    return [found[i] for i in range(len(examples))]


def word_logits(example: Example, logits: Floats) -> WordLogits:
    """Logits ``[words, labels]`` at the words' first pieces, from those of the pieces ``[pieces, labels]``."""
    first = example.pieces.first
    seen = first >= 0
    return WordLogits(np.where(seen[:, None], logits[first], 0).astype(np.float32), seen)
