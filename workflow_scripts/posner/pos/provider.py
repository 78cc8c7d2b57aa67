"""The POS that a variant reads: the corpus's, the taggers', or the tags of a control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posner.arrays import Floats, Ids
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, CorpusCard, Sentence
from posner.errors import InputError
from posner.pos.features import ids_of, one_hot_table, tag_ids
from posner.pos.predicted import PredictedPos


@dataclass(frozen=True)
class PosProvider:
    """Provides the tags or logits that a variant reads, before standardisation.

    Two kinds of tags are controls. The *oracle* provides the NER labels: a model that cannot use these could not have
    used POS tags either. *Random* POS are the corpus's tags of a split in random order: same frequencies, no
    information.

    Attributes:
        variant: which POS, and as which feature.
        card: the tag sets of the corpus.
        predicted: the taggers' POS; only needed by variants with predicted POS.
        seed: seed of the order of random POS.
    """

    variant: Variant
    card: CorpusCard
    predicted: PredictedPos | None
    seed: int

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag of each column of the features."""
        return self.card.ner_labels if self.variant.pos == "oracle" else self.card.pos_tags

    def logits(self, split: str, sentences: Sequence[Sentence]) -> Floats:
        """The taggers' logits ``[tokens, tags]`` of all `sentences` of a split; of a control, its one-hot rows.

        Raises:
            InputError: the variant needs predicted POS, but there is none.
        """
        if self.variant.pos == "predicted":
            return self._predictions().logits[split]
        return one_hot_table(len(self.tags))[self.ids(split, sentences)]

    def ids(self, split: str, sentences: Sequence[Sentence]) -> Ids:
        """Tag ids ``[tokens]`` of all `sentences` of a split.

        Raises:
            InputError: the variant needs predicted POS, but there is none.
            ValueError: it reads no POS.
        """
        match self.variant.pos:
            case "gold":
                return tag_ids(sentences, self.tags)
            case "predicted":
                return self._predictions().ids[split]
            case "oracle":
                return ids_of([label for sentence in sentences for label in sentence.ner], self.tags)
            case "random":
                generator = np.random.default_rng([self.seed, SPLITS.index(split)])
                return generator.permutation(tag_ids(sentences, self.tags))
        raise ValueError(f"pos: {self.variant.pos} provides no tags")

    def _predictions(self) -> PredictedPos:
        if self.predicted is None:
            raise InputError("--predicted: this variant needs predicted POS; give predicted.parquet of the corpus")
        return self.predicted
