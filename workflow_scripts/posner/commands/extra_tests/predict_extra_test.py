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
from posner.model.device import resolve
from posner.model.examples import read_examples
from posner.model.modeling import load_model
from posner.model.pretrained import load_tokenizer, longest_input, model_files
from posner.pos.predicted import read_predicted
from posner.pos.provider import PosReader
from posner.prediction.predict import predict, prediction_table
from posner.workflow.command import Folder


class PredictExtraTest(ModelCommand):
    """Write a checkpoint's predictions for an extra test, with the kind of POS that its variant reads."""

    corpus: Folder
    """Folder of the corpus."""
    test: Name
    """Name of the extra test."""
    checkpoint: Folder
    """Folder of the trained model."""
    predicted: Path | None = None
    """Predicted POS of the test, for variants with predicted POS."""
    variant: Variant = Field(default_factory=Variant)
    """How POS is given."""
    max_length: int = Field(256, ge=8)
    """Longest input in word pieces, as in training."""
    eval_batch_size: int = Field(16, ge=1)
    """Sentences in a batch."""
    output: Path
    """Parquet file to write."""

    def execute(self) -> None:
        device = resolve(self.compute)
        model, tokenizer = load_model(self.checkpoint, device.attention), load_tokenizer(self.checkpoint)
        card = read_card(self.corpus / "corpus.json")
        predicted = read_predicted(self.predicted, card.pos_tags) if self.predicted else None
        reader = PosReader(self.variant, card, predicted, seed=0)
        max_length = min(self.max_length, longest_input(self.checkpoint))
        examples = read_examples(self.corpus / FOLDER, self.test, tokenizer, max_length, model.config, reader)
        words = predict(model, examples, tokenizer.pad_token_id, self.eval_batch_size, device)
        with atomic_path(self.output) as path:
            prediction_table(self.test, examples, words, model.config.labels).to_parquet(path, index=False)

    def inputs(self) -> list[Path]:
        predicted = [self.predicted] if self.predicted else []
        test = extra_test_files(self.corpus, self.test)
        return [self.corpus / "corpus.json", *test, *model_files(self.checkpoint), *predicted]

    def sidecar(self) -> Path:
        return self.output.with_name("provenance.json")
