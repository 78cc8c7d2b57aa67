"""NER predictions of one split: their table, and their scores. Words without a piece count as ``O``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from posner.arrays import Ids, WordLogits
from posner.corpora.corpus import OUTSIDE
from posner.evaluation.entities import EntityFinder
from posner.evaluation.scores import ner_scores
from posner.model.batching import Example
from posner.model.checkpoint import Checkpoint


@dataclass(frozen=True)
class NerPredictions:
    """Predictions of one split.

    Attributes:
        examples: the sentences with their true labels.
        words: the logits of the words of each sentence.
        names: label names by id.
    """

    examples: Sequence[Example]
    words: Sequence[WordLogits]
    names: Sequence[str]

    @classmethod
    def of(cls, checkpoint: Checkpoint, examples: Sequence[Example]) -> NerPredictions:
        """Predict `examples` with an NER model."""
        return cls(examples, checkpoint.predict(examples), checkpoint.config.labels)

    def label_ids(self) -> list[Ids]:
        """Predicted label ids ``[words]`` of each sentence."""
        outside = self.names.index(OUTSIDE)
        return [words.labels(outside) for words in self.words]

    def f1(self) -> float:
        """Micro-averaged entity F1, in 0..1."""
        finder = EntityFinder(self.names, [len(example.labels) for example in self.examples])
        predicted = np.concatenate(self.label_ids())
        true = np.concatenate([example.labels for example in self.examples])
        return finder.counts(finder.keys(true), finder.keys(predicted)).scores()[2]

    def scores(self) -> dict[str, Any]:
        """All scores of the split, see :func:`posner.evaluation.scores.ner_scores`."""
        true = [[self.names[i] for i in example.labels] for example in self.examples]
        predicted = [[self.names[i] for i in ids] for ids in self.label_ids()]
        lost = sum(example.pieces.lost for example in self.examples)
        truncated = sum(example.pieces.truncated for example in self.examples)
        return ner_scores(true, predicted, truncated, lost - truncated)

    def table(self, split: str) -> pd.DataFrame:
        """One row per token: split, sentence, token, true and predicted label, and whether the word had a piece."""
        lengths = [len(example.labels) for example in self.examples]
        categories = pd.Index(self.names)
        true = np.concatenate([example.labels for example in self.examples])
        return pd.DataFrame(
            {
                "split": split,
                "sentence": np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
                "token": np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
                "gold": pd.Categorical.from_codes(true, categories=categories),
                "predicted": pd.Categorical.from_codes(np.concatenate(self.label_ids()), categories=categories),
                "seen": np.concatenate([words.seen for words in self.words]),
            }
        )
