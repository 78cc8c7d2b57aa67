"""Corpora of the tests."""

from __future__ import annotations

import pytest
from posner.config.corpora import GeneratedCorpus
from posner.corpora.grammar import generate
from small_corpus import Splits


@pytest.fixture(scope="module")
def generated() -> Splits:
    """A corpus that is large enough for shares to be judged."""
    return generate(GeneratedCorpus(source="generated", train=400, validation=120, test=120, ambiguity=0.5))[0]
