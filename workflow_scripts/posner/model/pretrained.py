"""Prepare encoders: write a pretrained or new BERT-like model into a local folder that `transformers` loads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import BertWordPieceTokenizer
from transformers import AutoTokenizer, BertConfig, BertModel, BertTokenizerFast, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.config.encoders import CARD, HubEncoder, PackageEncoder, PathEncoder, ScratchEncoder, installed_folder
from posner.config.hub import refuse_local_path
from posner.errors import InputError, first_line
from posner.files import atomic_path, sha256, write_json
from posner.model.encoder_checks import check_encoder, refuse_dropped_layers
from posner.model.folders import MODEL_FILES, WEIGHTS, WRITTEN, is_prepared, require_own_folder
from posner.model.hooks import encoder_layers
from posner.model.tokenizer_checks import check_folder
from posner.model.weights import read_weights

AnyEncoder = HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder


def prepare_encoder(settings: AnyEncoder, words: Iterable[str], target: Path, of_entities: Iterable[str] = ()) -> None:
    """Write config, tokenizer and weights (safetensors) of an encoder into the folder `target`.

    Args:
        settings: where the encoder comes from.
        words: tokens of the train split; a scratch encoder learns its vocabulary from them.
        of_entities: those of them that are inside entities.

    Raises:
        InputError: the encoder is missing, has no safetensors, differs from the pinned hash, or cannot be trained on
            these words, see :func:`posner.model.encoder_checks.check_encoder`; or `target` holds something else.
    """
    require_own_folder(target, is_prepared)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    tokens = list(words)
    with without_stdin():
        match settings:
            case ScratchEncoder():
                model, tokenizer = scratch_encoder(settings, tokens)
            case HubEncoder():
                refuse_local_path(settings.id, "path")
                model, tokenizer = load_encoder(settings.id, settings.revision)
            case PackageEncoder():
                model, tokenizer = load_encoder(str(package_folder(settings)))
            case PathEncoder():
                model, tokenizer = load_encoder(str(local_folder(settings.path)))
    # read by posner.model.folders.longest_input
    model.config.longest_input = check_encoder(model, tokenizer, tokens, of_entities)
    tokenizer.backend_tokenizer.no_truncation()  # what a check has set would be written into tokenizer.json
    with atomic_path(target, WRITTEN) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_json(folder / CARD, describe_encoder(settings, model, folder))


@contextmanager
def without_stdin() -> Iterator[None]:
    """A context without standard input, so that no question of a library, such as to run code, can be answered."""
    before = sys.stdin
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = before


def describe_encoder(settings: AnyEncoder, model: PreTrainedModel, folder: Path) -> dict[str, Any]:
    """Settings, size and file hashes (SHA-256) of the encoder in `folder`; rules depend on these only."""
    return {
        **settings.model_dump(mode="json"),
        "model_type": model.config.model_type,
        "layers": len(encoder_layers(model)),
        "hidden_size": model.config.hidden_size,
        "longest_input": model.config.longest_input,
        "parameters": model.num_parameters(),
        "files": {name: sha256(folder / name) for name in MODEL_FILES},
    }


def load_encoder(name: str, revision: str | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Encoder and fast tokenizer, from safetensors only; no code of the model's folder runs.

    Raises:
        InputError: they cannot be loaded; the message explains how to use local files instead.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            name, revision=revision, use_fast=True, add_prefix_space=True, trust_remote_code=False
        )
        model, missing, unexpected = read_weights(name, revision=revision)
    except Exception as error:  # safetensors, json, the hub and transformers each raise their own
        if "custom code" in str(error):
            raise InputError(
                f"encoder {name!r} needs Python code from its own folder, which is never run; use an encoder whose "
                "model type is part of transformers"
            ) from error
        raise InputError(
            f"encoder {name!r} cannot be loaded: {first_line(error)}\n"
            "without network access, copy a folder with config, tokenizer and model.safetensors, and use `source: path`"
        ) from error
    if missing:
        raise InputError(
            f"encoder {name!r} lacks {len(missing)} weights, the first is {missing[0]}; save the bare encoder, "
            "without a task head, with its save_pretrained"
        )
    refuse_dropped_layers(name, len(encoder_layers(model)), unexpected)
    if not tokenizer.is_fast:
        raise InputError(f"encoder {name!r} has no fast tokenizer, which is needed to align words and word pieces")
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # token classification does not use it
    return model, tokenizer


def local_folder(path: Path) -> Path:
    """`path`, if it is the folder of a model.

    Raises:
        InputError: it has no ``config.json`` or no tokenizer, or a file is a Git LFS pointer.
    """
    if not (path / "config.json").is_file():
        raise InputError(f"encoder: {path}/config.json is missing; give a folder written by save_pretrained")
    check_folder(path)
    return path


def package_folder(settings: PackageEncoder) -> Path:
    """The model folder of an installed package; the package is not imported.

    Raises:
        InputError: the package is not installed, has no such folder, or its weights differ from the pinned hash.
    """
    package = installed_folder(settings.package)
    if package is None:
        raise InputError(
            f"encoder: package {settings.package!r} is not installed; requirements-minilm.txt shows how to install it"
        )
    folder = package / settings.folder
    weights = local_folder(folder) / WEIGHTS
    if not weights.is_file() or (digest := sha256(weights)) != settings.sha256:
        raise InputError(
            f"encoder: {settings.package} ships a {WEIGHTS} with sha256 {digest if weights.is_file() else 'none'}, "
            f"but the config pins {settings.sha256}"
        )
    return folder


def scratch_encoder(settings: ScratchEncoder, words: Iterable[str]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A small BERT with random weights and a cased WordPiece vocabulary learned from `words`."""
    tokenizer = BertTokenizerFast(
        tokenizer_object=train_word_pieces(list(words), settings.vocab_size)._tokenizer,
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


def train_word_pieces(words: Sequence[str], vocab_size: int) -> BertWordPieceTokenizer:
    """A cased WordPiece tokenizer trained on `words`; the same words give the same tokenizer.

    The trainer numbers letter continuations (``##a``) in the order of a hash map, and breaks ties by these numbers.
    Passing them as special tokens fixes their numbers; the final tokenizer uses the vocabulary without that mark.
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
