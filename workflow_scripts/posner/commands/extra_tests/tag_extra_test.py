"""Predict the POS of an extra test, with the tagger that predicts the corpus's own test split."""

from __future__ import annotations

from pathlib import Path

from posner.commands.base import ModelCommand
from posner.config.base import Name
from posner.corpora.corpus import read_split
from posner.corpora.extra_tests import FOLDER, extra_test_files
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.model.folders import model_files
from posner.model.stored_pieces import pieces_files, read_pieces_card
from posner.pos.features import most_frequent
from posner.pos.tagger_output import FINAL, TaggerOutput, write_predicted
from posner.workflow.command import Folder, ModelFolder


class TagExtraTest(ModelCommand):
    """Predict the POS of an extra test with the final tagger, in the layout of predicted.parquet."""

    corpus: Folder
    """Folder of the corpus."""
    test: Name
    """Name of the extra test."""
    tagger: ModelFolder
    """Folder of the final tagger's model."""
    pieces: Path
    """Card of the word pieces of the test: tokenize_corpus writes it with --test, for the encoder and max_length of the
    model."""
    output: Path
    """Parquet file to write."""

    def execute(self) -> None:
        device = resolve(self.compute)
        tagger = Checkpoint.load(self.tagger, device, read_pieces_card(self.pieces).max_length)
        tags = tuple(tagger.config.labels)
        path = self.corpus / FOLDER / f"{self.test}.parquet"
        sentences = read_split(path)
        pieces = tagger.stored_pieces(self.pieces).read(path)
        words = tagger.predict(tagger.examples(pieces, [sentence.pos for sentence in sentences]))
        train = read_split(self.corpus / "train.parquet")
        output = TaggerOutput(
            tagger=FINAL,
            tags=tags,
            fallback=most_frequent(train, tags),
            trained_on=frozenset(range(len(train))),
            sentences={self.test: list(range(len(sentences)))},
            lengths={self.test: [len(sentence) for sentence in sentences]},
            words={self.test: words},
        )
        write_predicted(self.output, output)

    def fusion(self) -> str:
        return "none"

    def inputs(self) -> list[Path]:
        test = [*extra_test_files(self.corpus, self.test), *pieces_files(self.pieces, [self.test])]
        return [*test, self.corpus / "train.parquet", *model_files(self.tagger)]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
