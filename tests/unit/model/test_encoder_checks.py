"""Encoders that cannot be trained are refused before anything is written, and no code of their folder runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from posner.config.encoders import PathEncoder, ScratchEncoder
from posner.corpora.corpus import Sentence, write_split
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.encoder_checks import MOST_UNKNOWN, usable_positions
from posner.model.folders import load_tokenizer, longest_input
from posner.model.modeling import model_config
from posner.model.pretrained import prepare_encoder
from safetensors.torch import load_file, save_file
from tiny_models import BASELINE, BERT_LIKE, CPU, ENCODERS, LABELS, make_tokenizer, save_encoder, to_examples
from transformers import AutoConfig, AutoModel

WORDS = ("Ann", "ran", "to", "Rome")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder that nothing is wrong with."""
    save_encoder(tmp_path / "encoder", "bert")
    make_tokenizer().save_pretrained(tmp_path / "encoder")
    return tmp_path / "encoder"


def prepared(folder: Path, words: Sequence[str] = WORDS) -> Path:
    target = folder.parent / "prepared"
    prepare_encoder(PathEncoder(source="path", path=folder), words, target)
    return target


def refusal(folder: Path, words: Sequence[str] = WORDS) -> str:
    """The one line that an encoder is refused with."""
    with pytest.raises(InputError) as caught:
        prepared(folder, words)
    assert not (folder.parent / "prepared").exists()
    message = str(caught.value)
    assert "\n" not in message
    return message


def edit(path: Path, **changes: Any) -> None:
    """Change keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


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


# --- the longest input ----------------------------------------------------------------------------------------------

FAMILIES = {
    **{kind: (ENCODERS[kind], 64) for kind in ("bert", "distilbert", "electra", "deberta-v2")},
    "roberta": (BERT_LIKE | {"pad_token_id": 1}, 62),
    "xlm-roberta": (BERT_LIKE | {"pad_token_id": 1}, 62),
    "camembert": (BERT_LIKE | {"pad_token_id": 1}, 62),
    "mpnet": (BERT_LIKE | {"pad_token_id": 1}, 62),
}


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_longest_input_of_every_family_can_be_read_and_no_longer_one(tmp_path: Path, kind: str) -> None:
    settings, longest = FAMILIES[kind]
    torch.manual_seed(0)
    model = AutoModel.from_config(AutoConfig.for_model(kind, **settings))
    assert usable_positions(model) == longest
    model.save_pretrained(tmp_path / "encoder")
    make_tokenizer().save_pretrained(tmp_path / "encoder")
    encoder = prepared(tmp_path / "encoder")
    assert longest_input(encoder) == longest
    config = model_config(encoder, LABELS, BASELINE)
    with pytest.raises(InputError, match=f"max_length {longest + 1} is more than .* read, which is {longest} word"):
        Checkpoint.fresh(encoder, config, 1, CPU, 4, longest + 1)
    checkpoint = Checkpoint.fresh(encoder, config, 1, CPU, 4, longest)
    checkpoint.save(tmp_path / "model")
    again = Checkpoint.load(tmp_path / "model", CPU, 4, max_length=256)
    long = [Sentence(("a",) * 300, ("NN",) * 300, ("O",) * 300)]
    for current in (checkpoint, again):
        assert current.max_length == longest
        words = current.predict(to_examples(long, with_pos=False, max_length=current.max_length))
        assert words.seen.sum() == longest - 2, "all but [CLS] and [SEP]"


def test_an_encoder_with_fewer_positions_than_it_states_is_refused(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["embeddings.position_embeddings.weight"] = tensors["embeddings.position_embeddings.weight"][:20].clone()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="cannot be loaded"):
        prepared(folder)
    assert not (folder.parent / "prepared").exists()


def test_encoders_with_random_weights_are_accepted(tmp_path: Path) -> None:
    settings = ScratchEncoder(source="scratch", vocab_size=60, max_position_embeddings=24)
    prepare_encoder(settings, WORDS, tmp_path / "prepared")
    assert longest_input(tmp_path / "prepared") == 24
    assert load_tokenizer(tmp_path / "prepared").pad_token == "[PAD]"


# --- no code from the folder ----------------------------------------------------------------------------------------


def with_code(folder: Path, marker: Path) -> None:
    """Add a Python file that creates `marker` when it is imported."""
    (folder / "evil.py").write_text(
        f"open({str(marker)!r}, 'w').close()\n"
        "from transformers import BertConfig, BertModel, BertTokenizerFast\n"
        "class Config(BertConfig):\n    model_type = 'never-heard-of'\n"
        "class Model(BertModel):\n    config_class = Config\n"
        "class Tokenizer(BertTokenizerFast):\n    pass\n"
    )


@pytest.mark.parametrize("place", ["config", "model of a known type", "tokenizer"])
def test_code_in_the_folder_of_an_encoder_never_runs(folder: Path, tmp_path: Path, place: str) -> None:
    marker = tmp_path / "marker"
    with_code(folder, marker)
    if place == "tokenizer":
        edit(
            folder / "tokenizer_config.json",
            tokenizer_class="Tokenizer",
            auto_map={"AutoTokenizer": ["evil.Tokenizer", "evil.Tokenizer"]},
        )
    else:
        known = {} if place.startswith("model") else {"model_type": "never-heard-of"}
        edit(folder / "config.json", auto_map={"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}, **known)
    write_split(tmp_path / "train.parquet", [Sentence(WORDS, ("NN",) * 4, ("O",) * 4)])
    options = ["--encoder.source=path", f"--encoder.path={folder}", f"--train={tmp_path / 'train.parquet'}"]
    done = subprocess.run(
        [sys.executable, "-m", "posner", "prepare_encoder", *options, f"--output={tmp_path / 'prepared'}"],
        input="y\n" * 10,
        capture_output=True,
        text=True,
    )
    assert not marker.exists()
    assert done.returncode == (2 if place == "config" else 0), done.stderr
    assert ("needs Python code from its own folder, which is never run" in done.stderr) == (place == "config")
    assert "Do you wish to run" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
