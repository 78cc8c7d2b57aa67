"""Predict the POS of an extra test, by the tagger that predicts the corpus's own test split."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from posner.commands.base import ModelCommand
from posner.config.base import Name
from posner.corpora.corpus import read_split
from posner.corpora.extra_tests import FOLDER, extra_test_files
from posner.model.device import resolve
from posner.model.examples import make_examples
from posner.model.modeling import load_model
from posner.model.pretrained import load_tokenizer, longest_input, model_files
from posner.pos.features import most_frequent
from posner.pos.predicted import FINAL, TaggerOutput, write_predicted
from posner.prediction.predict import predict
from posner.workflow.command import Folder


class TagExtraTest(ModelCommand):
    """Write the final tagger's predictions for an extra test, in the layout of predicted.parquet."""

    corpus: Folder
    """Folder of the corpus."""
    test: Name
    """Name of the extra test."""
    tagger: Folder
    """Folder of the final tagger's model."""
    max_length: int = Field(256, ge=8)
    """Longest input in word pieces, as in training."""
    eval_batch_size: int = Field(16, ge=1)
    """Sentences in a batch."""
    output: Path
    """Parquet file to write."""

    def execute(self) -> None:
        device = resolve(self.compute)
        model, tokenizer = load_model(self.tagger, device.attention), load_tokenizer(self.tagger)
        tags = model.config.labels
        sentences = read_split(self.corpus / FOLDER / f"{self.test}.parquet")
        max_length = min(self.max_length, longest_input(self.tagger))
        examples = make_examples(tokenizer, sentences, [s.pos for s in sentences], tags, max_length)
        words = predict(model, examples, tokenizer.pad_token_id, self.eval_batch_size, device)
        train = read_split(self.corpus / "train.parquet")
        output = TaggerOutput(
            FINAL,
            tags,
            most_frequent(train, tags),
            frozenset(range(len(train))),
            {self.test: list(range(len(sentences)))},
            {self.test: words},
        )
        write_predicted(self.output, output)

    def inputs(self) -> list[Path]:
        test = extra_test_files(self.corpus, self.test)
        return [*test, self.corpus / "train.parquet", *model_files(self.tagger)]

    def sidecar(self) -> Path:
        return self.output.with_suffix(".provenance.json")
