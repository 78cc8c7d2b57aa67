"""The POS that a variant reads: the corpus's, the taggers', or what stands in for it in a control."""

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
class PosReader:
    """The tags or logits that a variant reads, before standardisation.

    Two sources of tags are controls. The *oracle* gives the NER labels: a model that cannot make use of them could not
    have made use of POS. *Random* POS are the corpus's tags of a split in random order: as many tags, as often, and
    telling nothing.

    Attributes:
        variant: what is read, and as what.
        card: the corpus's tag sets.
        predicted: our taggers' POS, for variants that read it.
        seed: of the order of random POS.
    """

    variant: Variant
    card: CorpusCard
    predicted: PredictedPos | None
    seed: int

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that the columns stand for."""
        return self.card.ner_labels if self.variant.pos == "oracle" else self.card.pos_tags

    def rows(self, split: str, sentences: Sequence[Sentence]) -> Floats:
        """Logits or one-hot rows ``[tokens, tags]`` of a whole split.

        Raises:
            InputError: the variant needs predicted POS and there is none.
        """
        if self.variant.pos == "predicted" and self.variant.feature == "logits":
            return self._predictions().logits[split]
        return one_hot_table(len(self.tags))[self.ids(split, sentences)]

    def ids(self, split: str, sentences: Sequence[Sentence]) -> Ids:
        """Ids of the tags ``[tokens]`` of a whole split."""
        match self.variant.pos:
            case "gold":
                return tag_ids(sentences, self.tags)
            case "predicted":
                return self._predictions().ids[split]
            case "oracle":
                return ids_of([label for sentence in sentences for label in sentence.ner], self.tags)
            case "random":
                order = np.random.default_rng([self.seed, SPLITS.index(split)])
                return order.permutation(tag_ids(sentences, self.tags))
        raise ValueError(f"{self.variant.pos} is no source of tags")

    def _predictions(self) -> PredictedPos:
        if self.predicted is None:
            raise InputError("--predicted: this variant needs predicted POS")
        return self.predicted
