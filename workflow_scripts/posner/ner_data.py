"""What a NER model reads: a split of the corpus with the POS that a variant wants, or with what stands in for POS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from .arrays import Floats, Ids
from .batching import Example
from .config import Variant
from .corpus import SPLITS, CorpusCard, Sentence, read_split
from .errors import InputError
from .examples import make_examples
from .model import PosNerConfig
from .pos_features import Standardisation, by_sentence, ids_of, one_hot_table, tag_ids
from .predicted_pos import PredictedPos


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


def standardisation(config: PosNerConfig) -> Standardisation:
    """The standardisation of logits that a checkpoint was trained with."""
    return Standardisation(np.array(config.pos_mean, np.float32), np.array(config.pos_scale, np.float32))


def read_examples(
    corpus: Path,
    split: str,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    config: PosNerConfig,
    reader: PosReader,
) -> list[Example]:
    """Examples of one split with NER labels and the variant's POS."""
    sentences = read_split(corpus / f"{split}.parquet")
    pos = pos_of_split(reader, config, split, sentences)
    return make_examples(tokenizer, sentences, [s.ner for s in sentences], config.labels, max_length, pos)


def pos_of_split(
    reader: PosReader, config: PosNerConfig, split: str, sentences: Sequence[Sentence]
) -> list[Floats] | None:
    """POS features ``[words, tags]`` of each sentence, or ``None`` for the baseline."""
    if reader.variant.pos == "none":
        return None
    rows = reader.rows(split, sentences)
    return by_sentence(standardisation(config).apply(rows) if config.feature == "logits" else rows, sentences)
