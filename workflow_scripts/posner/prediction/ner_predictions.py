"""NER predictions of one split: their table, and their scores. Words without a piece count as ``O``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from posner.arrays import Ids, WordLogits
from posner.corpora.corpus import OUTSIDE
from posner.evaluation.entities import EntityFinder, Keys
from posner.evaluation.scores import ner_scores
from posner.model.batching import Collator, Examples
from posner.model.checkpoint import Checkpoint
from posner.model.tokenization import Pieces

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class NerPredictions:
    """Predictions of one split.

    Attributes:
        examples: the sentences with their true labels.
        words: the logits of their words.
        names: label names by id.
    """

    examples: Examples
    words: WordLogits
    names: list[str]

    @classmethod
    def of(cls, checkpoint: Checkpoint, examples: Examples) -> NerPredictions:
        """Predict `examples` with an NER model."""
        return cls(examples, checkpoint.predict(examples), checkpoint.config.labels)

    def label_ids(self) -> Ids:
        """Predicted label ids ``[words]``."""
        return self.words.labels(self.names.index(OUTSIDE))

    def scores(self) -> dict[str, Any]:
        """All scores of the split, see :func:`posner.evaluation.scores.ner_scores`."""
        pieces = self.examples.pieces
        true, predicted = (self.rows(ids) for ids in (self.examples.labels, self.label_ids()))
        return ner_scores(true, predicted, pieces.truncated, pieces.lost - pieces.truncated)

    def rows(self, ids: Ids) -> list[list[str]]:
        """Label names of each sentence, from label ids ``[words]``."""
        names = [self.names[i] for i in ids]
        return [names[start:end] for start, end in pairwise(self.examples.pieces.word_bounds)]

    def table(self, split: str) -> pd.DataFrame:
        """One row per token: split, sentence, token, true and predicted label, and whether the word had a piece."""
        import pandas as pd  # here, because it is slow to import, and a training needs it at its end only

        pieces, categories = self.examples.pieces, pd.Index(self.names)
        sentence = np.repeat(np.arange(len(self.examples), dtype=np.int32), pieces.word_lengths)
        return pd.DataFrame(
            {
                "split": split,
                "sentence": sentence,
                "token": (np.arange(len(sentence)) - pieces.word_bounds[sentence]).astype(np.int32),
                "gold": pd.Categorical.from_codes(self.examples.labels, categories=categories),
                "predicted": pd.Categorical.from_codes(self.label_ids(), categories=categories),
                "seen": self.words.seen,
            }
        )


@dataclass(frozen=True)
class Validation:
    """Sentences on which a model is evaluated while it is trained; their arrays stay on its device.

    Attributes:
        pieces: their word pieces.
        collate: makes their batches.
        finder: finds entities in them.
        true: keys of the true entities.
        outside: id of the label ``O``.
    """

    pieces: Pieces
    collate: Collator
    finder: EntityFinder
    true: Keys
    outside: int

    @classmethod
    def of(cls, checkpoint: Checkpoint, examples: Examples) -> Validation:
        """The evaluation of a model on `examples`."""
        names = checkpoint.config.labels
        finder = EntityFinder(names, examples.pieces.word_lengths.tolist())
        collate, true = checkpoint.collator(examples), finder.keys(examples.labels)
        return cls(examples.pieces, collate, finder, true, names.index(OUTSIDE))

    def f1(self, checkpoint: Checkpoint) -> float:
        """Micro-averaged entity F1, in 0..1, of the model with its current weights."""
        by_piece = checkpoint.predict_labels(self.collate)
        words = np.where(self.pieces.has_piece, by_piece[self.pieces.first], self.outside)
        return self.finder.counts(self.true, self.finder.keys(words)).scores()[2]
