"""A command that trains an NER model for some seconds, and the comparison of what two runs of it wrote."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from posner.config.compute import Compute
from posner.config.corpora import GeneratedCorpus
from posner.config.training import NerTraining
from posner.corpora.corpus import corpus_files, write_corpus
from posner.corpora.sources import load_corpus
from posner.model.folders import load_tokenizer
from posner.model.stored_pieces import write_pieces
from posner.workflow.options import flags
from tiny_models import LATE, make_tokenizer, save_encoder

LONG = NerTraining(epochs=6, train_batch_size=8, learning_rate=5e-3, new_learning_rate=2e-2, eval_steps=25)
COMPARED = ["model/model.safetensors", "model/config.json", "predictions.parquet", "metrics.json"]


def training_command(folder: Path) -> Callable[..., list[str]]:
    """The command line of a training that writes to a given folder; corpus and encoder are made in `folder`."""
    write_corpus(
        folder / "corpus", *load_corpus(GeneratedCorpus(source="generated", train=300, validation=40, test=40, seed=0))
    )
    make_tokenizer().save_pretrained(save_encoder(folder / "encoder", "bert"))
    tokenizer = load_tokenizer(folder / "encoder")
    write_pieces(folder / "pieces.json", corpus_files(folder / "corpus")[1:], tokenizer, max_length=64)
    settings = flags(
        seed=1,
        variant=LATE,
        training=LONG.model_copy(update={"max_length": 64}),
        compute=Compute(device="cpu", precision="fp32", threads=1),
    )

    def command_line(output: Path, *more: str) -> list[str]:
        paths = {name: folder / name for name in ("corpus", "encoder")}
        paths |= {"pieces": folder / "pieces.json", "output": output}
        return [
            *(sys.executable, "-m", "posner", "train_ner", *settings, *more),
            *(f"--{name}={path}" for name, path in paths.items()),
        ]

    return command_line


def assert_same_results(one: Path, other: Path) -> None:
    for name in COMPARED:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    histories = [pd.read_csv(folder / "model" / "history.csv").drop(columns="seconds") for folder in (one, other)]
    pd.testing.assert_frame_equal(*histories, check_exact=True)
