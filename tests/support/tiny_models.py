"""Models and sentences for unit tests: small random encoders of every kind, and a tokenizer with a known vocabulary."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import torch
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.model.batching import Examples
from posner.model.checkpoint import Checkpoint
from posner.model.device import Device
from posner.model.examples import make_examples
from posner.model.modeling import PosNerModel, fresh_model, model_config
from posner.pos.features import one_hot_features, tag_ids
from tokenizers import BertWordPieceTokenizer
from torch import nn
from transformers import AutoConfig, AutoModel, BertTokenizerFast
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

torch.set_num_threads(1)

CPU = Device(torch.device("cpu"), "fp32")
LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
TAGS = ("DT", "NN", "NNP", "VB")
LAYERS = 3
NO_PIECE = "\u200b"  # a zero-width space: BERT's normaliser leaves nothing of it

# Every known word is one piece, any other lower-case word has one piece per letter.
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY = (*SPECIAL, *ascii_lowercase, *(f"##{letter}" for letter in ascii_lowercase), "the", "Ann", "Rome")

COMMON = {"vocab_size": 100, "max_position_embeddings": 64}
BERT_LIKE = COMMON | {
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
# As DeBERTa is published: relative positions only. Its xlarge models have a convolution beside the first layer.
RELATIVE = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "position_buckets": 8,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "type_vocab_size": 0,
}
ENCODERS = {
    "bert": BERT_LIKE,
    "distilbert": COMMON | {"dim": 16, "n_layers": LAYERS, "n_heads": 2, "hidden_dim": 32},
    "roberta": BERT_LIKE | {"pad_token_id": 1},
    "electra": BERT_LIKE | {"embedding_size": 8},
    "deberta-v2": BERT_LIKE | RELATIVE,
    "deberta-v2-xlarge": BERT_LIKE | RELATIVE | {"conv_kernel_size": 3},
}

BASELINE = Variant()
LATE = Variant(fusion="late", pos="gold", feature="one_hot")
EARLIEST = Variant(fusion="encoder", pos="gold", feature="trainable_embed", inject_layer_offset_from_end="earliest")
LAST_LAYER = Variant(fusion="encoder", pos="gold", feature="one_hot", inject_layer_offset_from_end=1)


def save_encoder(folder: Path, kind: str) -> Path:
    """A random encoder of one of the kinds, as `prepare_encoder` writes it."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind.removesuffix("-xlarge"), **ENCODERS[kind])
    AutoModel.from_config(config).save_pretrained(folder)
    return folder


def build_model(encoder: Path, variant: Variant = BASELINE, seed: int = 7, attention: str = "eager") -> PosNerModel:
    """An untrained model over the encoder in a folder."""
    return fresh_model(encoder, model_config(encoder, LABELS, variant, TAGS), seed, attention)


def make_model(encoder: Path, variant: Variant = BASELINE, attention: str = "eager") -> PosNerModel:
    """A copy of an untrained model, which is faster than building one."""
    return copy.deepcopy(kept_model(encoder, variant, attention))


@cache
def kept_model(encoder: Path, variant: Variant, attention: str) -> PosNerModel:
    """The model that is copied."""
    return build_model(encoder, variant, attention=attention)


def stir(model: PosNerModel, scale: float = 1.0) -> PosNerModel:
    """Draw weights of the fusion and the classifier, as if they had been trained."""
    generator = torch.Generator().manual_seed(11)
    for name, parameter in model.named_parameters():
        if name.startswith(("classifier.weight", "fusion.")):
            nn.init.normal_(parameter, std=scale, generator=generator)
    return model


def make_tokenizer() -> PreTrainedTokenizerBase:
    """The tokenizer of :data:`VOCABULARY`."""
    pieces = BertWordPieceTokenizer(
        vocab={piece: i for i, piece in enumerate(VOCABULARY)}, lowercase=False, strip_accents=False
    )
    return BertTokenizerFast(tokenizer_object=pieces._tokenizer, do_lower_case=False)


def checkpoint_of(model: PosNerModel, device: Device = CPU) -> Checkpoint:
    """A model with the tokenizer of :data:`VOCABULARY`."""
    return Checkpoint(model, make_tokenizer(), device, max_length=40)


def make_sentences(number: int, seed: int = 0, longest: int = 8) -> list[Sentence]:
    """Random sentences in which the POS tag determines the entity type, and the letters of a word give hints."""
    generator = np.random.default_rng(seed)
    sentences = []
    for _ in range(number):
        rows = [make_word(generator) for _ in range(generator.integers(1, longest + 1))]
        tokens, pos, ner = zip(*rows, strict=True)
        sentences.append(Sentence(tokens, pos, ner))
    return sentences


def make_word(generator: np.random.Generator) -> tuple[str, str, str]:
    """A word of one to three letters with its POS and NER tag."""
    tag = TAGS[generator.integers(len(TAGS))]
    word = "".join(generator.choice(list("abcdefgh"), size=generator.integers(1, 4)).tolist())
    return word, tag, {"NNP": "B-PER", "DT": "B-LOC"}.get(tag, "O")


def by_sentence(values: np.ndarray, sentences: Sequence[Sentence]) -> list[np.ndarray]:
    """Split an array over words ``[words, ...]`` into one array per sentence."""
    return np.split(values, np.cumsum([len(sentence) for sentence in sentences])[:-1])


def to_examples(sentences: Sequence[Sentence], with_pos: bool = True, max_length: int = 40) -> Examples:
    """Sentences with NER labels, and one-hot POS features if `with_pos`."""
    pos = one_hot_features(tag_ids(sentences, TAGS), len(TAGS)) if with_pos else None
    return make_examples(make_tokenizer(), sentences, [s.ner for s in sentences], LABELS, max_length, pos)
