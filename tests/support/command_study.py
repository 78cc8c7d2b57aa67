"""A small study by hand: the options of its commands, and the folder in which they have run one after another."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
from posner.commands.names import class_name, module_names
from posner.workflow.command import Command, run

GENERATED = (
    "--corpus.source generated --corpus.train 120 --corpus.validation 30 --corpus.test 40 --corpus.ambiguity 0.5"
)
SCRATCH = (
    "--encoder.source scratch --encoder.vocab-size 300 --encoder.hidden-size 16 --encoder.num-hidden-layers 2"
    " --encoder.num-attention-heads 2 --encoder.intermediate-size 32 --encoder.max-position-embeddings 64"
)
CPU = "--compute.device cpu --compute.precision fp32 --compute.threads 1 --compute.attention eager"
QUICK = (
    "--training.epochs 1 --training.train-batch-size 8"
    " --training.learning-rate 0.003 --training.new-learning-rate 0.03 --training.max-length 64 --seed 1"
)
TAGGER = QUICK.replace("epochs 1", "epochs 4")
NER = QUICK.replace("epochs 1", "epochs 8").replace("0.03 ", "0.1 ") + " --training.eval-steps 30"
LATE = "--variant.fusion late --variant.pos gold --variant.feature one_hot"
EARLIEST = (
    "--variant.fusion encoder --variant.pos predicted --variant.feature trainable_embed"
    " --variant.inject-layer-offset-from-end earliest"
)
LOGITS = "--variant.fusion late --variant.pos predicted --variant.feature logits"
SWEEP = "--corruption.draws 2 --corruption.seed 3"


def command(script: str) -> type[Command]:
    """The class of a command."""
    return getattr(importlib.import_module(module_names()[script]), class_name(script))


def call(script: str, *arguments: str | Path) -> None:
    """Run a command; text arguments may contain several options."""
    words = [word for part in arguments for word in (part.split(" ") if isinstance(part, str) else [str(part)])]
    run(command(script), words)


class Study:
    """A folder in which the commands have run, one after another."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.corpus, self.encoder, self.pieces = root / "corpus", root / "encoder", root / "pieces" / "pieces.json"
        self.folds, self.taggers = self.corpus / "folds.json", root / "pos"
        self.predicted, self.confusion = self.taggers / "predicted.parquet", self.taggers / "confusion_matrix.json"

    def is_complete(self) -> bool:
        """Whether the last of :func:`run_commands` has written its results."""
        return (self.root / "ner" / "logits" / "metrics.json").is_file()

    def train_ner(self, name: str, *more: str | Path) -> Path:
        output = self.root / "ner" / name
        files = ("--corpus", self.corpus, "--encoder", self.encoder, "--pieces", self.pieces)
        call("train_ner", *files, NER, CPU, *more, "--output", output)
        return output

    def sweep(self, name: str, *more: str | Path) -> pd.DataFrame:
        folder = self.root / "corruption" / name
        call(
            "sweep_corruption", "--corpus", self.corpus, "--pieces", self.pieces,
            "--checkpoint", self.root / "ner" / name / "model",
            "--confusion", self.confusion, "--predicted", self.predicted, SWEEP, "--corruption.rates", "[0,0.5,1]", CPU,
            *more, "--output", folder / "seed-1.parquet", "--changes", folder / "seed-1.changes.parquet",
        )  # fmt: skip
        return pd.read_parquet(folder / "seed-1.parquet")


def run_commands(study: Study) -> None:
    """Run the commands of a study up to the trainings of four variants."""
    call("prepare_corpus", GENERATED, "--output", study.corpus)
    call("prepare_encoder", SCRATCH, "--train", study.corpus / "train.parquet", "--output", study.encoder)
    files = ("--corpus", study.corpus, "--encoder", study.encoder)
    call("tokenize_corpus", *files, "--max-length 64 --output", study.pieces)
    call("assign_folds", "--train", study.corpus / "train.parquet", "--folds 2 --fold-seed 1 --output", study.folds)
    for tagger in ("fold-0", "fold-1", "final"):
        settings = ("--folds", study.folds, f"--tagger {tagger}", TAGGER, CPU)
        call("train_tagger", *files, "--pieces", study.pieces, *settings, "--output", study.taggers / tagger)
    call("merge_pos", "--corpus", study.corpus, "--taggers", study.taggers, "--folds 2 --output", study.predicted)
    call("score_pos", "--corpus", study.corpus, "--predicted", study.predicted, "--output", study.confusion)
    study.train_ner("baseline")
    study.train_ner("late", LATE)
    study.train_ner("encoder", EARLIEST, "--predicted", study.predicted)
    study.train_ner("logits", LOGITS, "--predicted", study.predicted)
