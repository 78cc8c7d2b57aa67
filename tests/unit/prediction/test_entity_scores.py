"""Scores of entities in new text."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from posner.arrays import Floats, WordLogits
from posner.prediction.annotate import Entity, find_entities

# --- scores ----------------------------------------------------------------------------------------------------------


def logits_of(*rows: list[float]) -> Floats:
    return np.array(rows, np.float32)


def test_a_score_is_the_probability_of_the_labels() -> None:
    logits = logits_of([0, 2, 1], [3, 0, 0], [0, 1, 4], [0, 0, 5])
    probability = torch.tensor(logits).softmax(dim=1).numpy()
    entities = find_entities(WordLogits(logits, np.ones(4, np.bool_)), ["B-LOC", "O", "I-PER", "I-PER"])
    assert entities == [
        Entity("LOC", 0, 0, pytest.approx(probability[0, 1])),
        Entity("PER", 2, 3, pytest.approx(probability[2, 2] * probability[3, 2])),
    ]
