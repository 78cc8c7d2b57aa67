"""Encoders that cannot be trained are refused before anything is written, and no code of their folder runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from checked_encoders import WORDS, change_weights, edit, prepared, refusal
from posner.commands.corpus.prepare_encoder import PrepareEncoder
from posner.config.encoders import PathEncoder
from posner.corpora.corpus import Sentence, write_split
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.modeling import model_config
from posner.model.pretrained import prepare_encoder
from posner.model.tokenizer_checks import MOST_UNKNOWN
from safetensors.torch import load_file, save_file
from tiny_models import BASELINE, CPU, LABELS, make_tokenizer, to_examples
from torch import Tensor


def test_a_folder_without_a_tokenizer_is_refused(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    assert "has no tokenizer (tokenizer.json, or a vocabulary" in refusal(folder)


def test_a_tokenizer_that_does_not_know_the_words_is_refused(folder: Path) -> None:
    message = refusal(folder, ["Ann", "Ж", "Ж", "日"])
    assert "does not know 75% of the words of train, e.g. 'Ж', '日'" in message
    assert "at most 10%" in message


def test_words_without_pieces_are_unknown_words(folder: Path) -> None:
    assert "does not know 50% of the words" in refusal(folder, ["Ann", "\u200b"])


def test_a_few_unknown_words_are_accepted(folder: Path) -> None:
    known = round(1 / MOST_UNKNOWN) - 1
    prepared(folder, ["Ann"] * known + ["Ж"])
    assert "does not know" in refusal_of_rest(folder, known)


def refusal_of_rest(folder: Path, known: int) -> str:
    """The refusal with one known word fewer."""
    with pytest.raises(InputError) as caught:
        prepare_encoder(PathEncoder(source="path", path=folder), ["Ann"] * (known - 1) + ["Ж"], folder.parent / "other")
    return str(caught.value)


def test_a_tokenizer_with_more_pieces_than_embeddings_is_refused(folder: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.add_tokens([f"word{i}" for i in range(100)])
    tokenizer.save_pretrained(folder)
    assert "word pieces up to number 159, but the encoder has only 100 embeddings" in refusal(folder)


def save_tokenizer(folder: Path, pieces: int) -> None:
    tokenizer = make_tokenizer()
    tokenizer.add_tokens([f"word{i}" for i in range(pieces - len(tokenizer))])
    tokenizer.save_pretrained(folder)


def test_every_piece_of_the_tokenizer_needs_an_embedding(folder: Path) -> None:
    save_tokenizer(folder, 101)
    assert "up to number 100, but the encoder has only 100" in refusal(folder)


def test_as_many_pieces_as_embeddings_are_accepted(folder: Path) -> None:
    save_tokenizer(folder, 100)
    prepared(folder)


def test_a_tokenizer_without_padding_is_refused(folder: Path) -> None:
    edit(folder / "tokenizer_config.json", pad_token=None)
    assert "no padding token" in refusal(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(folder: Path, value: float) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["encoder.layer.1.output.dense.weight"][3, 4] = value
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert "weights encoder.layer.1.output.dense.weight are not finite" in refusal(folder)


def test_hidden_states_that_are_not_finite_are_refused(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["encoder.layer.1.output.dense.weight"] += 3e38  # finite, but sums of it are not
    tensors["encoder.layer.1.output.dense.bias"] += 3e38
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert "hidden states are not finite" in refusal(folder)


# --- tokenizers ------------------------------------------------------------------------------------------------------


def edit_tokenizer(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the contents of tokenizer.json, of a class that reads all of it."""
    edit(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("unknown", [None, "[MASK]"])
def test_the_unknown_piece_of_the_model_counts_whatever_the_tokenizer_states(folder: Path, unknown: str | None) -> None:
    edit(folder / "tokenizer_config.json", unk_token=unknown, tokenizer_class="PreTrainedTokenizerFast")
    assert "does not know 75% of the words of train" in refusal(folder, ["Ann", "Ж", "Ж", "日"])


def test_words_inside_entities_have_a_limit_of_their_own(folder: Path) -> None:
    """As with a lower-case vocabulary: names are few, and exactly they are unknown."""
    words = ["the"] * 99 + ["Ж"]
    encoder = PathEncoder(source="path", path=folder)
    with pytest.raises(InputError, match=r"not know 50% of the words of train that are inside entities, e.g. 'Ж'"):
        prepare_encoder(encoder, words, folder.parent / "prepared", ["the", "Ж"])
    prepare_encoder(encoder, words, folder.parent / "prepared", ["the"] * 9 + ["Ж"])


def test_the_command_gives_the_words_inside_entities(folder: Path, tmp_path: Path) -> None:
    sentences = [Sentence(("the",) * 99 + ("Ж",), ("NN",) * 100, ("O",) * 99 + ("B-PER",))]
    write_split(tmp_path / "train.parquet", sentences)
    encoder = PathEncoder(source="path", path=folder)
    with pytest.raises(InputError, match="not know 100% of the words of train that are inside entities"):
        PrepareEncoder(encoder=encoder, train=tmp_path / "train.parquet", output=tmp_path / "prepared").execute()


def test_a_normalizer_that_makes_all_words_equal_is_refused(folder: Path) -> None:
    normalizer = {"type": "Replace", "pattern": {"Regex": "\\w+"}, "content": "x"}
    edit_tokenizer(folder, lambda content: content.update(normalizer=normalizer))
    assert "only 1 different inputs for 4 different words" in refusal(folder)


def test_a_tokenizer_that_splits_at_random_is_refused(folder: Path) -> None:
    model = {"type": "BPE", "dropout": 0.1, "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1, "a": 2}}
    edit_tokenizer(folder, lambda content: content.update(model={"merges": [], **model}))
    assert "splits words at random (BPE dropout); set dropout to null in tokenizer.json" in refusal(folder, ["a"])


def test_a_tokenizer_without_a_piece_for_unknown_text_is_refused(folder: Path) -> None:
    edit_tokenizer(folder, lambda content: content["model"]["vocab"].pop("[UNK]"))
    assert "Missing [UNK] token" in refusal(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"])
def test_a_git_lfs_pointer_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
    assert f"{name} is a Git LFS pointer, not the file; run git lfs pull there" in refusal(folder)


# --- weights that carry nothing --------------------------------------------------------------------------------------


def is_word_embedding(name: str) -> bool:
    return "word_embeddings" in name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, tensor: torch.zeros_like(tensor), "are all whole numbers"),
        (lambda name, tensor: tensor * (not is_word_embedding(name)), "word_embeddings.weight are all whole numbers"),
        (lambda _, tensor: (tensor / tensor.abs().max().clamp(min=1) * 127).round(), "are all whole numbers"),
        (lambda _, tensor: torch.full_like(tensor, 0.01), "different words have the same hidden states"),
        (lambda name, tensor: tensor * ("LayerNorm.weight" not in name), "different words have the same hidden states"),
        (lambda _, tensor: tensor * 1e6, "its hidden states reach"),
    ],
)
def test_weights_that_carry_nothing_are_refused(
    folder: Path, change: Callable[[str, Tensor], Tensor], message: str
) -> None:
    change_weights(folder, change)
    assert message in refusal(folder)


def test_embeddings_of_segments_may_be_zero(folder: Path) -> None:
    """Those of RoBERTa are."""
    change_weights(folder, lambda name, tensor: tensor * ("token_type" not in name))
    prepared(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_hidden_layers": 2}, "has weights of more layers than its config.json states (2), e.g. encoder.layer.2."),
        ({"num_hidden_layers": 0}, "has weights of more layers than its config.json states (0)"),
        ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob is 1.0 in its config.json"),
        ({"is_decoder": True}, "reads from left to right only"),
    ],
)
def test_settings_that_take_the_use_of_the_weights_are_refused(
    folder: Path, settings: dict[str, Any], message: str
) -> None:
    edit(folder / "config.json", **settings)
    assert message in refusal(folder)


def test_an_encoder_without_layers_is_refused(folder: Path) -> None:
    edit(folder / "config.json", num_hidden_layers=0)
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if ".layer." not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    assert "it has no layers" in refusal(folder)


def test_outputs_that_a_config_asks_for_are_left_out(folder: Path) -> None:
    edit(folder / "config.json", return_dict=False, output_attentions=True, output_hidden_states=True)
    checkpoint = Checkpoint.fresh(
        prepared(folder), model_config(folder.parent / "prepared", LABELS, BASELINE), 1, CPU, 64
    )
    assert checkpoint.predict(to_examples([Sentence(WORDS, ("NN",) * 4, ("O",) * 4)], with_pos=False)).seen.all()
