"""What is sampled when a test set is: its texts. Sweeps store counts of each, and need nothing of statistics for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posner.arrays import Ids


def texts_of(documents: Sequence[str | None]) -> tuple[Ids, str]:
    """The text of each sentence, and what texts are: documents where they are known, else sentences.

    What is alike within a document (names that come again) would make sentences look more certain than they are.
    """
    if None in documents or len(set(documents)) < 2:
        return np.arange(len(documents)), "sentences"
    return np.unique(np.array(documents), return_inverse=True)[1].astype(np.int64), "documents"
