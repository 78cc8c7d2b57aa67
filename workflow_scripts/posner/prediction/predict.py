"""Prediction: logits of every word, and the table of NER's; words that truncation took away are among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from posner.arrays import Floats, WordLogits
from posner.model.batching import Example, collate, sorted_batches
from posner.model.device import Device
from posner.model.modeling import PosNerModel

OUTSIDE_ID = 0  # the corpus puts O first among its labels


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


def prediction_table(
    split: str, examples: Sequence[Example], words: Sequence[WordLogits], labels: Sequence[str]
) -> pd.DataFrame:
    """A row a token: split, sentence, token, true and predicted label, and whether the encoder saw the word."""
    lengths = [len(e.labels) for e in examples]
    gold = np.concatenate([e.labels for e in examples])
    predicted = np.concatenate([w.labels(OUTSIDE_ID) for w in words])
    return pd.DataFrame(
        {
            "split": split,
            "sentence": np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
            "token": np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
            "gold": pd.Categorical.from_codes(gold, categories=pd.Index(labels)),
            "predicted": pd.Categorical.from_codes(predicted, categories=pd.Index(labels)),
            "seen": np.concatenate([w.seen for w in words]),
        }
    )
