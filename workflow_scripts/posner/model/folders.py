"""Folders of prepared encoders and trained checkpoints: their files, their tokenizer and their longest input."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.config.encoders import CARD
from posner.errors import InputError, first_line
from posner.files import Json, require_replaceable

WEIGHTS = "model.safetensors"
TOKENIZER_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")  # config.json has the longest input
MODEL_FILES = (*TOKENIZER_FILES, WEIGHTS)
LONGEST = 10**7  # word pieces; a model that states more has a damaged config
# What the folder of an encoder or model may hold: these files, those that some tokenizers add, and what is written into
# it later.
WRITTEN = frozenset(
    {*MODEL_FILES, CARD, "README.md", "history.csv", "special_tokens_map.json", "added_tokens.json"}
    | {"vocab.txt", "vocab.json", "merges.txt", "bpe.codes", "spiece.model", "spm.model", "tokenizer.model"}
    | {"sentencepiece.bpe.model", "chat_template.jinja", "generation_config.json"}
)


def model_files(folder: Path) -> list[Path]:
    """Files of a prepared encoder or of a checkpoint.

    Raises:
        InputError: a file is missing.
    """
    return existing_files(folder, MODEL_FILES)


def tokenizer_files(folder: Path) -> list[Path]:
    """Files that determine how the encoder in `folder` splits words.

    Raises:
        InputError: a file is missing.
    """
    return existing_files(folder, TOKENIZER_FILES)


def existing_files(folder: Path, names: Sequence[str]) -> list[Path]:
    """Files of an encoder or model.

    Raises:
        InputError: a file is missing.
    """
    files = [folder / name for name in names]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is missing; give the folder of a prepared encoder or of a trained model")
    return files


def require_own_folder(folder: Path, is_own: Callable[[Json], bool]) -> None:
    """Make sure that a folder may be replaced by an encoder or model, before the work that makes it.

    Args:
        is_own: whether a model with this config is of the kind that replaces it.

    Raises:
        InputError: it holds other files, or another model.
    """
    require_replaceable(folder, WRITTEN)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        is_other = not is_own(read_config(folder))
    except InputError:  # a file is missing or damaged, which makes the model again
        is_other = not any((folder / name).is_file() for name in MODEL_FILES)
    if is_other:
        raise InputError(f"{folder}: holds other files, and would be replaced as a whole; give a new folder")


def is_prepared(config: Json) -> bool:
    """Whether the config is that of an encoder which :func:`posner.model.pretrained.prepare_encoder` wrote."""
    return "longest_input" in config


def is_trained(config: Json) -> bool:
    """Whether the config is that of a trained model."""
    return config.get("model_type") == "posner"


def read_config(folder: Path) -> dict[str, Any]:
    """The ``config.json`` of an encoder or model.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not the config of a model ({first_line(error)}); make the model again") from error
    if not isinstance(config, dict):
        raise InputError(f"{path}: not the config of a model, but {type(config).__name__}; make the model again")
    return config


def fusion_of(checkpoint: Path) -> str:
    """The fusion of a trained model, as in the config.

    Raises:
        InputError: its config cannot be read.
    """
    return str(read_config(checkpoint).get("fusion", "none"))


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

    Raises:
        InputError: the config cannot be read, or states no length.
    """
    config = read_config(folder)
    try:
        config = config.get("encoder", config)
        length = config["longest_input"] if "longest_input" in config else derived_length(config)
        if not isinstance(length, int) or not 2 < length <= LONGEST:
            raise ValueError(f"its longest input is {length!r}")
    except (AttributeError, ValueError, TypeError) as error:
        raise InputError(
            f"{folder / 'config.json'}: not the config of a model ({first_line(error)}); make the model again"
        ) from error
    return length


def require_length(encoder: Path, max_length: int) -> None:
    """Make sure that the encoder in a folder can read `max_length` word pieces.

    Raises:
        InputError: it cannot, or its config cannot be read.
    """
    if (longest := longest_input(encoder)) < max_length:
        raise InputError(
            f"max_length {max_length} is more than the encoder in {encoder} can read, which is {longest} word pieces"
        )


def derived_length(config: Json) -> int:
    """Longest input by the config of a pretrained encoder."""
    positions = int(config.get("max_position_embeddings", 512))
    # RoBERTa numbers positions from pad_token_id + 1, so that many of its position embeddings are never used.
    is_offset = "roberta" in config.get("model_type", "") or config.get("model_type") == "camembert"
    return positions - (int(config.get("pad_token_id") or 1) + 1 if is_offset else 0)
