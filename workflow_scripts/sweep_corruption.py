"""Sweep one checkpoint over corrupted POS."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .posner.artifacts import atomic_path
from .posner.cli import Command, run
from .posner.config import Compute, Corruption
from .posner.corpus import corpus_files, read_split
from .posner.corruption import Donors, PosSource
from .posner.device import name_of, resolve
from .posner.encoders import load_tokenizer, longest_input, model_files
from .posner.errors import InputError
from .posner.examples import make_examples
from .posner.model import PosNerConfig, load_model
from .posner.ner_data import standardisation
from .posner.pos_features import one_hot_table, tag_ids
from .posner.predicted_pos import read_predicted
from .posner.sweep import Text, sweep

log = logging.getLogger(__name__)


class SweepCorruption(Command):
    """Corrupt the test split's POS at each rate with the tagger's own errors, and score what NER makes of it."""

    corpus: Path = Field(description="Folder of the corpus.")
    checkpoint: Path = Field(description="Folder of the trained model.")
    confusion: Path = Field(description="confusion_matrix.json; its out-of-fold counts are used.")
    predicted: Path | None = Field(None, description="predicted.parquet: donors of logits, for logit features.")
    corruption: Corruption = Field(default_factory=Corruption, description="The sweep.")
    max_length: int = Field(256, ge=8, description="Longest input in word pieces, as in training.")
    eval_batch_size: int = Field(16, ge=1, description="Sentences in a batch.")
    compute: Compute = Field(default_factory=Compute, description="Device and precision.")
    output: Path = Field(description="Parquet file to write.")

    def cli_cmd(self) -> None:
        device = resolve(self.compute)
        model = load_model(self.checkpoint, device.attention)
        tokenizer = load_tokenizer(self.checkpoint)
        sentences = read_split(self.corpus / "test.parquet")
        examples = make_examples(
            tokenizer,
            sentences,
            [s.ner for s in sentences],
            model.config.labels,
            min(self.max_length, longest_input(self.checkpoint)),
        )
        text = Text(examples, model.config.labels.index("O"), tokenizer.pad_token_id, self.eval_batch_size)
        source = self.pos_source(model.config)
        clean = tag_ids(sentences, model.config.pos_tags)
        table = sweep(model, text, clean, read_confusion(self.confusion), source, self.corruption, device)
        if source.donors is not None:
            log.info("%d tokens had no donor with their own tag", source.donors.fallbacks)
        with atomic_path(self.output) as path:
            table.to_parquet(path, index=False)

    def inputs(self) -> list[Path]:
        predicted = [self.predicted] if self.predicted else []
        return [*corpus_files(self.corpus), *model_files(self.checkpoint), self.confusion, *predicted]

    def device_name(self) -> str:
        return name_of(resolve(self.compute))

    def sidecar(self) -> Path:
        return self.output.with_suffix(".provenance.json")

    def pos_source(self, config: PosNerConfig) -> PosSource:
        """One-hot rows, or the out-of-fold logits of donors."""
        if config.feature != "logits":
            return PosSource(one_hot_table(len(config.pos_tags)), None)
        if self.predicted is None:
            raise InputError("--predicted: a model that reads logits needs them for its donors")
        predicted = read_predicted(self.predicted)
        gold = tag_ids(read_split(self.corpus / "train.parquet"), config.pos_tags)
        table = standardisation(config).apply(predicted.logits["train"])
        return PosSource(table, Donors(gold, predicted.ids["train"], len(config.pos_tags)))


def read_confusion(path: Path) -> npt.NDArray[np.int64]:
    """Out-of-fold counts ``[true tags, predicted tags]`` of ``confusion_matrix.json``."""
    try:
        counts = np.array(json.loads(path.read_text(encoding="utf-8"))["splits"]["train"]["counts"], dtype=np.int64)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise ValueError(f"counts of shape {counts.shape}")
        return counts
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a confusion matrix ({error}); delete it and run again") from error


if __name__ == "__main__":
    run(SweepCorruption)
