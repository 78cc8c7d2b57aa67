"""NER predictions of one split: their table, and their scores. Words without a piece count as ``O``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from posner.arrays import Ids, WordLogits
from posner.corpora.corpus import OUTSIDE
from posner.evaluation.entities import EntityFinder
from posner.evaluation.scores import ner_scores
from posner.model.batching import Examples
from posner.model.checkpoint import Checkpoint

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

    def f1(self) -> float:
        """Micro-averaged entity F1, in 0..1."""
        finder = EntityFinder(self.names, self.examples.pieces.word_lengths.tolist())
        return finder.counts(finder.keys(self.examples.labels), finder.keys(self.label_ids())).scores()[2]

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
