"""Evaluate one trained model under corrupted POS tags of test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from posner.arrays import Ids
from posner.commands.base import ModelCommand
from posner.config.corruption import Corruption
from posner.corpora.corpus import corpus_files, read_card, read_split
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.files import atomic_path
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.model.examples import standardisation
from posner.model.folders import fusion_of, model_files
from posner.model.modeling import PosNerConfig
from posner.model.stored_pieces import pieces_files, read_pieces_card
from posner.pos.corruption import TaggedText
from posner.pos.donors import DonatedLogits, Donors, OneHot, TagFeatures
from posner.pos.features import one_hot_table, tag_ids, with_zeros
from posner.pos.predicted import PredictedPos, read_predicted
from posner.prediction.sweep_results import run_sweep
from posner.workflow.command import Folder, ModelFolder


class SweepCorruption(ModelCommand):
    """Predict the test split under corrupted POS tags, and score the predictions."""

    corpus: Folder
    """Folder of the corpus."""
    checkpoint: ModelFolder
    """Folder of the trained model."""
    confusion: Path
    """confusion_matrix.json; only its out-of-fold counts are used."""
    predicted: Path
    """predicted.parquet of the corpus: the tagger's own tags of test, and logits of replaced tags."""
    corruption: Corruption = Field(default_factory=Corruption)
    """Settings of the sweep."""
    pieces: Path
    """Card of the word pieces, pieces.json: tokenize_corpus writes it for the corpus, and the encoder and max_length of
    the model."""
    output: Path
    """Parquet file to write: scores, one row per mode, level and draw."""
    changes: Path
    """Parquet file to write: tag replacements, and the entities that they change."""

    def execute(self) -> None:
        max_length = read_pieces_card(self.pieces).max_length
        checkpoint = Checkpoint.load(self.checkpoint, resolve(self.compute), max_length)
        tags = checkpoint.config.pos_tags
        path = self.corpus / "test.parquet"
        sentences = read_split(path)
        pieces = checkpoint.stored_pieces(self.pieces).read(path)
        text = checkpoint.examples(pieces, [sentence.ner for sentence in sentences])
        predicted = read_predicted(self.predicted, tags)
        tokens = read_card(self.corpus / "corpus.json").tokens["train"]
        tagged = TaggedText(
            clean=tag_ids(sentences, tags),
            predicted=predicted.ids["test"],
            lengths=text.pieces.word_lengths,
            confusion=read_confusion(self.confusion, tags, tokens),
        )
        units = ResamplingUnits.of(sentences)
        features = self.features(checkpoint.config, predicted)
        tables = run_sweep(checkpoint, text, tagged, units.of_sentence, features, self.corruption)
        for target, table in ((self.output, tables.rows), (self.changes, tables.changes)):
            with atomic_path(target) as path:
                table.to_parquet(path, index=False)

    def fusion(self) -> str:
        return fusion_of(self.checkpoint)

    def inputs(self) -> list[Path]:
        pieces = pieces_files(self.pieces, ["test"])
        return [*corpus_files(self.corpus), *model_files(self.checkpoint), *pieces, self.confusion, self.predicted]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")

    def features(self, config: PosNerConfig, predicted: PredictedPos) -> TagFeatures:
        """One-hot rows, or standardised logits: of out-of-fold donors, and the tagger's own of test."""
        n_tags = len(config.pos_tags)
        if config.feature != "logits":
            return OneHot(one_hot_table(n_tags))
        gold = tag_ids(read_split(self.corpus / "train.parquet"), config.pos_tags)
        logits = [standardisation(config).apply(predicted.logits[split]) for split in ("train", "test")]
        return DonatedLogits(with_zeros(np.concatenate(logits)), Donors(gold, predicted.ids["train"], n_tags))


def read_confusion(path: Path, tags: Sequence[str], tokens: int) -> Ids:
    """Out-of-fold counts ``[true tags, predicted tags]`` of ``confusion_matrix.json``.

    Raises:
        InputError: the file cannot be read, has other tags than the model's `tags`, or does not count the `tokens` of
            train. Confusions of test must not be used on test.
    """
    try:
        matrix = json.loads(path.read_text(encoding="utf-8"))
        counts = np.array(matrix["splits"]["train"]["counts"], dtype=np.int64)
        if matrix["tags"] != list(tags) or counts.shape != (len(tags), len(tags)):
            raise ValueError(f"counts of shape {counts.shape}, not of the model's {len(tags)} tags")
        if counts.sum() != tokens:
            raise ValueError(f"it counts {counts.sum()} tokens as train's, but train has {tokens}")
        return counts
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a confusion matrix ({error}); delete it and run again") from error
