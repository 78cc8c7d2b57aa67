"""Read the weights of pretrained encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, PreTrainedModel


def read_weights(name: str | Path, **source: Any) -> tuple[PreTrainedModel, list[str], list[str]]:
    """An encoder in fp32, from safetensors only, and the names of weights that it lacks and of surplus ones.

    transformers initialises missing weights at random, so a caller has to refuse them. The pooler is left out: it is
    not used, and many checkpoints have none.

    Args:
        name: a folder, or an id on the Hub.
        source: options of ``from_pretrained`` on where to look.

    Raises:
        Exception: safetensors, json, the hub and transformers each raise their own for what they cannot read.
    """
    model, report = AutoModel.from_pretrained(
        name, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True, **source
    )
    missing = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    return model, missing, sorted(report["unexpected_keys"])
