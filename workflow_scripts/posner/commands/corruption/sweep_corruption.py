"""Sweep one checkpoint over corrupted POS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import Field

from posner.commands.base import ModelCommand
from posner.config.corruption import Corruption
from posner.corpora.corpus import corpus_files, read_card, read_split
from posner.corpora.documents import texts_of
from posner.errors import InputError
from posner.files import atomic_path
from posner.model.device import resolve
from posner.model.examples import make_examples, standardisation
from posner.model.modeling import PosNerConfig, load_model
from posner.model.pretrained import load_tokenizer, longest_input, model_files
from posner.pos.corruption import TaggedText
from posner.pos.donors import DonatedLogits, Donors, OneHot, PosSource
from posner.pos.features import one_hot_table, tag_ids
from posner.pos.predicted import PredictedPos, read_predicted
from posner.prediction.sweep import Text
from posner.prediction.sweep_results import sweep
from posner.workflow.command import Folder


class SweepCorruption(ModelCommand):
    """Give the test split other POS, from the tagger's own errors to none, and score what NER makes of it."""

    corpus: Folder
    """Folder of the corpus."""
    checkpoint: Folder
    """Folder of the trained model."""
    confusion: Path
    """confusion_matrix.json; its out-of-fold counts are used."""
    predicted: Path
    """predicted.parquet: the tagger's own tags of test, and donors of logits."""
    corruption: Corruption = Field(default_factory=Corruption)
    """The sweep."""
    max_length: int = Field(256, ge=8)
    """Longest input in word pieces, as in training."""
    eval_batch_size: int = Field(16, ge=1)
    """Sentences in a batch."""
    output: Path
    """Parquet file to write: a row for each mode, level and draw."""
    changes: Path
    """Parquet file to write: where tags were changed, and what happened there."""

    def execute(self) -> None:
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
        card = read_card(self.corpus / "corpus.json")
        predicted = read_predicted(self.predicted, model.config.pos_tags)
        tagged = TaggedText(
            clean=tag_ids(sentences, model.config.pos_tags),
            predicted=predicted.ids["test"],
            lengths=np.array(text.lengths),
            confusion=read_confusion(self.confusion, model.config.pos_tags, card.tokens["train"]),
        )
        text_of, _ = texts_of([sentence.document for sentence in sentences])
        source = self.pos_source(model.config, predicted)
        made = sweep(model, text, tagged, text_of, source, self.corruption, device)
        for target, table in ((self.output, made.rows), (self.changes, made.changes)):
            with atomic_path(target) as path:
                table.to_parquet(path, index=False)

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), *model_files(self.checkpoint), self.confusion, self.predicted]

    def sidecar(self) -> Path:
        return self.output.with_suffix(".provenance.json")

    def pos_source(self, config: PosNerConfig, predicted: PredictedPos) -> PosSource:
        """One-hot rows, or logits: of out-of-fold donors, and the tagger's own of test."""
        n_tags = len(config.pos_tags)
        if config.feature != "logits":
            return OneHot(one_hot_table(n_tags))
        gold = tag_ids(read_split(self.corpus / "train.parquet"), config.pos_tags)
        logits = [standardisation(config).apply(predicted.logits[split]) for split in ("train", "test")]
        table = np.concatenate([*logits, np.zeros((1, n_tags), dtype=np.float32)])
        return DonatedLogits(table, Donors(gold, predicted.ids["train"], n_tags))


def read_confusion(path: Path, tags: Sequence[str], tokens: int) -> npt.NDArray[np.int64]:
    """Out-of-fold counts ``[true tags, predicted tags]`` of ``confusion_matrix.json``.

    Raises:
        InputError: they cannot be read, are of other tags than the model's `tags`, or are not of train's `tokens`: what
            test shows of the tagger's errors must not be used on it.
    """
    try:
        matrix = json.loads(path.read_text(encoding="utf-8"))
        counts = np.array(matrix["splits"]["train"]["counts"], dtype=np.int64)
        if matrix["tags"] != list(tags) or counts.shape != (len(tags), len(tags)):
            raise ValueError(f"counts of shape {counts.shape}, not of the model's {len(tags)} tags")
        if counts.sum() != tokens:
            raise ValueError(f"it counts {counts.sum()} tokens as train's, which has {tokens}")
        return counts
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a confusion matrix ({error}); delete it and run again") from error
