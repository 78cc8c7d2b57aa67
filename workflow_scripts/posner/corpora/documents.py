"""The units that the bootstrap resamples: documents where known, else sentences. Imports no statistics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from posner.arrays import Ids
from posner.corpora.corpus import Sentence


@dataclass(frozen=True)
class ResamplingUnits:
    """The units of a test set that are resampled as a whole.

    Sentences of one document are not independent, for instance because names recur. Resampling sentences would
    therefore underestimate the variance where documents are known.

    Attributes:
        of_sentence: ``[sentences]``, number of the unit that each sentence belongs to.
        kind: what the units are.
        number: how many there are.
    """

    of_sentence: Ids
    kind: Literal["documents", "sentences"]
    number: int

    @classmethod
    def of(cls, sentences: Iterable[Sentence]) -> Self:
        """The documents of `sentences`; each sentence on its own if some document is unknown or all have the same."""
        documents = [sentence.document for sentence in sentences]
        if None in documents or len(set(documents)) < 2:
            return cls(np.arange(len(documents)), "sentences", len(documents))
        names, of_sentence = np.unique(np.array(documents), return_inverse=True)
        return cls(of_sentence.astype(np.int64), "documents", len(names))
