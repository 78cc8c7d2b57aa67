"""Predict an extra test with a trained NER model."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from posner.commands.base import ModelCommand
from posner.config.base import Name
from posner.config.variants import Variant
from posner.corpora.corpus import read_card
from posner.corpora.extra_tests import FOLDER, extra_test_files
from posner.files import atomic_path
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.model.folders import model_files
from posner.model.stored_pieces import pieces_files, read_pieces_card
from posner.pos.predicted import read_predicted
from posner.pos.provider import PosProvider
from posner.prediction.ner_predictions import NerPredictions
from posner.workflow.command import Folder, ModelFolder


class PredictExtraTest(ModelCommand):
    """Predict an extra test with a trained NER model, which reads the kind of POS of its variant."""

    corpus: Folder
    """Folder of the corpus."""
    test: Name
    """Name of the extra test."""
    checkpoint: ModelFolder
    """Folder of the trained model."""
    predicted: Path | None = None
    """Predicted POS of the test; required by variants with predicted POS."""
    variant: Variant = Field(default_factory=Variant)
    """Source, form and place of the POS input."""
    pieces: Path
    """Card of the word pieces of the test: tokenize_corpus writes it with --test, for the encoder and max_length of the
    model."""
    output: Path
    """Parquet file to write."""

    def execute(self) -> None:
        device = resolve(self.compute)
        checkpoint = Checkpoint.load(self.checkpoint, device, read_pieces_card(self.pieces).max_length)
        card = read_card(self.corpus / "corpus.json")
        predicted = read_predicted(self.predicted, card.pos_tags) if self.predicted else None
        provider = PosProvider(self.variant, card, predicted, seed=0)
        sentences = self.corpus / FOLDER / f"{self.test}.parquet"
        examples = checkpoint.read_examples(sentences, checkpoint.stored_pieces(self.pieces), provider)
        with atomic_path(self.output) as path:
            NerPredictions.of(checkpoint, examples).table(self.test).to_parquet(path, index=False)

    def fusion(self) -> str:
        return self.variant.fusion

    def inputs(self) -> list[Path]:
        predicted = [self.predicted] if self.predicted else []
        test = [*extra_test_files(self.corpus, self.test), *pieces_files(self.pieces, [self.test])]
        return [self.corpus / "corpus.json", *test, *model_files(self.checkpoint), *predicted]

    def provenance_path(self) -> Path:
        return self.output.with_name("provenance.json")
