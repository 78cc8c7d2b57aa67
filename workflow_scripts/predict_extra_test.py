"""Predict an extra test with a trained NER model."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .posner.artifacts import atomic_path
from .posner.cli import Folder, run
from .posner.config import Variant
from .posner.corpus import read_card
from .posner.device import resolve
from .posner.encoders import load_tokenizer, longest_input, model_files
from .posner.extra_tests import FOLDER, extra_test_files
from .posner.model import load_model
from .posner.model_command import ModelCommand
from .posner.ner_data import PosReader, read_examples
from .posner.predicted_pos import read_predicted
from .posner.prediction import predict, prediction_table
from .posner.settings import Name


class PredictExtraTest(ModelCommand):
    """Write a checkpoint's predictions for an extra test, with the kind of POS that its variant reads."""

    corpus: Folder = Field(description="Folder of the corpus.")
    test: Name = Field(description="Name of the extra test.")
    checkpoint: Folder = Field(description="Folder of the trained model.")
    predicted: Path | None = Field(None, description="Predicted POS of the test, for variants with predicted POS.")
    variant: Variant = Field(default_factory=Variant, description="How POS is given.")
    max_length: int = Field(256, ge=8, description="Longest input in word pieces, as in training.")
    eval_batch_size: int = Field(16, ge=1, description="Sentences in a batch.")
    output: Path = Field(description="Parquet file to write.")

    def cli_cmd(self) -> None:
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


if __name__ == "__main__":
    run(PredictExtraTest)
