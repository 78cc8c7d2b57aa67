"""The encoder: a pretrained or fresh BERT-like model, brought into one local layout that `transformers` loads."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import BertWordPieceTokenizer
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizerFast, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.config.encoders import HubEncoder, PackageEncoder, PathEncoder, ScratchEncoder
from posner.errors import InputError, first_line
from posner.files import atomic_path, sha256, write_json
from posner.model.hooks import encoder_layers

AnyEncoder = HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder
WEIGHTS = "model.safetensors"
CARD = "encoder.json"
MODEL_FILES = ("config.json", WEIGHTS, "tokenizer.json", "tokenizer_config.json")


def prepare_encoder(settings: AnyEncoder, words: Iterable[str], target: Path) -> None:
    """Write config, tokenizer and safetensors of an encoder into the folder `target`.

    Args:
        settings: where the encoder comes from.
        words: tokens of the train split, from which `scratch` learns its vocabulary.

    Raises:
        InputError: the encoder is not there, is no safetensors, or is not what the config pins.
    """
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    match settings:
        case ScratchEncoder():
            model, tokenizer = scratch(settings, words)
        case HubEncoder():
            model, tokenizer = load(settings.id, settings.revision)
        case PackageEncoder():
            model, tokenizer = load(str(package_folder(settings)))
        case PathEncoder():
            model, tokenizer = load(str(local_folder(settings.path)))
    encoder_layers(model)  # refuses what is not BERT-like before anything is written
    with atomic_path(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_json(folder / CARD, card(settings, model, folder))


def card(settings: AnyEncoder, model: PreTrainedModel, folder: Path) -> dict[str, Any]:
    """What the encoder in `folder` is, with the sha256 of its files: whatever depends on the card depends on them."""
    return {
        **settings.model_dump(mode="json"),
        "model_type": model.config.model_type,
        "layers": len(encoder_layers(model)),
        "hidden_size": model.config.hidden_size,
        "parameters": model.num_parameters(),
        "files": {name: sha256(folder / name) for name in MODEL_FILES},
    }


def load(name: str, revision: str | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Encoder and fast tokenizer, safetensors only.

    Raises:
        InputError: they cannot be had; the message says how to use local files instead.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, use_fast=True, add_prefix_space=True)
        model, report = AutoModel.from_pretrained(
            name, revision=revision, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # safetensors, json, the hub and transformers each have their own
        raise InputError(
            f"encoder {name!r} cannot be loaded: {first_line(error)}\n"
            "without a network, copy a folder with config, tokenizer and model.safetensors and use `source: path`"
        ) from error
    # transformers would draw them at random. Nothing reads the pooler, which many checkpoints lack.
    if missing := sorted(key for key in report["missing_keys"] if not key.startswith("pooler.")):
        raise InputError(
            f"encoder {name!r} has no weights for {missing[0]} and {len(missing) - 1} others; save the bare encoder, "
            "without what was built around it, by its save_pretrained"
        )
    if not tokenizer.is_fast:
        raise InputError(f"encoder {name!r} has no fast tokenizer, which the alignment of words and pieces needs")
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # nothing reads it; weights without a gradient only cost memory and time
    return model, tokenizer


def local_folder(path: Path) -> Path:
    """`path`, if it is a folder that holds a readable model."""
    if not (path / "config.json").is_file():
        raise InputError(f"encoder: {path}/config.json is not there; `path` is a folder written by save_pretrained")
    return path


def package_folder(settings: PackageEncoder) -> Path:
    """The model folder inside an installed package, found without importing the package."""
    spec = importlib.util.find_spec(settings.package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"encoder: no package {settings.package!r} is installed; see requirements-minilm.txt for how to install it"
        )
    folder = Path(spec.submodule_search_locations[0]) / settings.folder
    weights = local_folder(folder) / WEIGHTS
    if not weights.is_file() or (found := sha256(weights)) != settings.sha256:
        raise InputError(
            f"encoder: {settings.package} ships a {WEIGHTS} with sha256 {found if weights.is_file() else 'none'}, "
            f"and the config pins {settings.sha256}"
        )
    return folder


def scratch(settings: ScratchEncoder, words: Iterable[str]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A small BERT with fresh weights and a cased WordPiece vocabulary of `words`."""
    tokenizer = BertTokenizerFast(
        tokenizer_object=word_pieces(list(words), settings.vocab_size)._tokenizer,
        do_lower_case=False,
        model_max_length=settings.max_position_embeddings,
    )
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        num_hidden_layers=settings.num_hidden_layers,
        num_attention_heads=settings.num_attention_heads,
        intermediate_size=settings.intermediate_size,
        max_position_embeddings=settings.max_position_embeddings,
        hidden_dropout_prob=settings.dropout,
        attention_probs_dropout_prob=settings.dropout,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(settings.seed)
    return BertModel(config, add_pooling_layer=False), tokenizer


def word_pieces(words: Sequence[str], vocab_size: int) -> BertWordPieceTokenizer:
    """A cased WordPiece tokenizer of `words`, the same from the same words.

    The trainer numbers the continuations of letters (``##a``) as it meets them, in the order of a hash map, and breaks
    ties by these numbers. Given as special tokens they are numbered beforehand; the vocabulary is then used without
    that mark.
    """
    letters = sorted(set("".join(words)))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    trainer.train_from_iterator(
        words,
        vocab_size=vocab_size,
        min_frequency=1,
        special_tokens=[*special, *letters, *(f"##{letter}" for letter in letters)],
        show_progress=False,
    )
    return BertWordPieceTokenizer(vocab=trainer.get_vocab(), lowercase=False, strip_accents=False)


def model_files(folder: Path) -> list[Path]:
    """Files of a prepared encoder or of a checkpoint.

    Raises:
        InputError: one is not there.
    """
    files = [folder / name for name in MODEL_FILES]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is not there")
    return files


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a prepared encoder or of a checkpoint.

    Raises:
        InputError: there is none.
    """
    try:
        return AutoTokenizer.from_pretrained(str(local_folder(folder)), local_files_only=True)
    except InputError:
        raise
    except Exception as error:  # tokenizers, json and transformers each have their own for a damaged file
        raise InputError(f"{folder}: no readable tokenizer ({first_line(error)}); delete it and run again") from error


def longest_input(folder: Path) -> int:
    """Most pieces, special tokens included, that the encoder in `folder` takes."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("encoder", config)
    positions = int(config.get("max_position_embeddings", 512))
    # RoBERTa numbers positions from pad_token_id + 1 on, so that its last ones cannot be used.
    is_offset = "roberta" in config.get("model_type", "") or config.get("model_type") == "camembert"
    return positions - (int(config.get("pad_token_id") or 1) + 1 if is_offset else 0)
