"""Families of encoders that are accepted, their longest inputs, and that no code of their folder runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from checked_encoders import WORDS, change_weights, edit, prepared, refusal
from posner.config.encoders import ScratchEncoder
from posner.corpora.corpus import Sentence, write_split
from posner.errors import InputError
from posner.model.checkpoint import Checkpoint
from posner.model.encoder_checks import usable_positions
from posner.model.folders import load_tokenizer, longest_input
from posner.model.modeling import model_config
from posner.model.pretrained import prepare_encoder
from safetensors.torch import load_file, save_file
from tiny_models import BASELINE, BERT_LIKE, CPU, ENCODERS, LABELS, make_tokenizer, to_examples
from transformers import AutoConfig, AutoModel

# --- families --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("longformer", {"attention_window": 8, "pad_token_id": 1}, "read another number of word pieces"),
        ("fnet", {}, "ignores the attention mask"),
        ("ibert", {"pad_token_id": 1}, "has no embeddings of word pieces"),
        ("vit", {}, "has neither encoder.layer nor transformer.layer"),
    ],
)
def test_families_that_cannot_be_used_are_refused(
    tmp_path: Path, kind: str, settings: dict[str, Any], message: str
) -> None:
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **BERT_LIKE | settings)
    AutoModel.from_config(config).save_pretrained(tmp_path / "encoder")
    make_tokenizer().save_pretrained(tmp_path / "encoder")
    assert message in refusal(tmp_path / "encoder")


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
        Checkpoint.fresh(encoder, config, 1, CPU, longest + 1)
    checkpoint = Checkpoint.fresh(encoder, config, 1, CPU, longest)
    checkpoint.save(tmp_path / "model")
    again = Checkpoint.load(tmp_path / "model", CPU, max_length=256)
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


def test_an_encoder_of_a_few_positions_is_refused(folder: Path) -> None:
    edit(folder / "config.json", max_position_embeddings=4)
    change_weights(folder, lambda name, tensor: tensor[:4].clone() if "position_embeddings" in name else tensor)
    assert "its longest input has 4 word pieces, but 8 are needed" in refusal(folder)


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
