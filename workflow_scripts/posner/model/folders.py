"""Folders of prepared encoders and trained checkpoints: their files, their tokenizer and their longest input."""

from __future__ import annotations

import json
from pathlib import Path

from transformers import AutoTokenizer
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.errors import InputError, first_line

WEIGHTS = "model.safetensors"
MODEL_FILES = ("config.json", WEIGHTS, "tokenizer.json", "tokenizer_config.json")


def model_files(folder: Path) -> list[Path]:
    """Files of a prepared encoder or of a checkpoint.

    Raises:
        InputError: a file is missing.
    """
    files = [folder / name for name in MODEL_FILES]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is missing; give the folder of a prepared encoder or of a trained model")
    return files


def fusion_of(checkpoint: Path) -> str:
    """The fusion of a trained model, as in the config."""
    return str(json.loads((checkpoint / "config.json").read_text(encoding="utf-8")).get("fusion", "none"))


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a prepared encoder or of a checkpoint.

    Raises:
        InputError: the folder has no readable tokenizer.
    """
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: no prepared encoder or checkpoint is there")
    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # tokenizers, json and transformers each have their own for a damaged file
        raise InputError(f"{folder}: no readable tokenizer ({first_line(error)}); delete it and run again") from error


def longest_input(folder: Path) -> int:
    """Longest input of the encoder in `folder`, in word pieces, special tokens included.

    :func:`posner.model.pretrained.prepare_encoder` measures it. For other folders it is derived from their config.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("encoder", config)
    if "longest_input" in config:
        return int(config["longest_input"])
    positions = int(config.get("max_position_embeddings", 512))
    # RoBERTa numbers positions from pad_token_id + 1, so that many of its position embeddings are never used.
    is_offset = "roberta" in config.get("model_type", "") or config.get("model_type") == "camembert"
    return positions - (int(config.get("pad_token_id") or 1) + 1 if is_offset else 0)
