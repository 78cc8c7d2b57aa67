"""Checks of an encoder before anything is trained: a trial encoding of the words of train, and one forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.errors import InputError, first_line

# Any of these has a vocabulary. Without them transformers makes a tokenizer that knows no word.
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
# Published encoders do not know under 1 % of the words of their own language, and a few percent of tweets with emoji. A
# tokenizer of another script or letter case, or without its vocabulary, does not know most words.
MOST_UNKNOWN = 0.1


def refuse_missing_vocabulary(folder: Path) -> None:
    """Check that the folder of a model has a tokenizer.

    Raises:
        InputError: it has none of the files of :data:`VOCABULARIES`.
    """
    if not any((folder / name).is_file() for name in VOCABULARIES):
        raise InputError(
            f"encoder: {folder} has no tokenizer (tokenizer.json, or a vocabulary such as vocab.txt); copy its files "
            "from the same model, or write them with the tokenizer's save_pretrained"
        )


def check_encoder(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, words: Sequence[str], longest: int
) -> None:
    """Check that an encoder can be trained on a corpus.

    Args:
        words: the tokens of the train split, with repetitions.
        longest: longest input in word pieces, special tokens included.

    Raises:
        InputError: there is no padding token; the tokenizer has more pieces than the encoder has embeddings, or more
            than :data:`MOST_UNKNOWN` of the words are unknown to it; weights or hidden states are not finite; or the
            encoder cannot read an input of `longest` pieces.
    """
    if tokenizer.pad_token_id is None:
        raise InputError("encoder: its tokenizer has no padding token; set pad_token in tokenizer_config.json")
    refuse_large_vocabulary(model, tokenizer)
    refuse_unknown_words(tokenizer, words)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise InputError(f"encoder: its weights {name} are not finite (NaN or infinity); the file is damaged")
    hidden = trial_pass(model, tokenizer, words, longest)
    if not hidden.isfinite().all():
        raise InputError("encoder: its hidden states are not finite (NaN or infinity) on words of train")


def refuse_large_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Check that each piece of the tokenizer has an embedding.

    Raises:
        InputError: a piece has none.
    """
    rows = model.get_input_embeddings().num_embeddings
    largest = max(tokenizer.get_vocab().values())
    if largest >= rows:
        raise InputError(
            f"encoder: its tokenizer has word pieces up to number {largest}, but the encoder has only {rows} "
            "embeddings; use the tokenizer of the same model, or call resize_token_embeddings and save both"
        )


def refuse_unknown_words(tokenizer: PreTrainedTokenizerBase, words: Sequence[str]) -> None:
    """Check that the tokenizer knows the words: none of their pieces is the unknown one, and they have a piece.

    Raises:
        InputError: it does not know more than :data:`MOST_UNKNOWN` of the words, counted with repetitions.
    """
    counts = Counter(words)
    distinct = list(counts)
    encoded = tokenizer([[word] for word in distinct], is_split_into_words=True, add_special_tokens=False)
    unknown = [
        word
        for word, pieces in zip(distinct, encoded["input_ids"], strict=True)
        if not pieces or tokenizer.unk_token_id in pieces
    ]
    share = sum(counts[word] for word in unknown) / counts.total()
    if share > MOST_UNKNOWN:
        examples = ", ".join(map(repr, sorted(unknown, key=lambda word: -counts[word])[:3]))
        raise InputError(
            f"encoder: its tokenizer does not know {share:.0%} of the words of train, e.g. {examples} (at most "
            f"{MOST_UNKNOWN:.0%} are accepted); use an encoder for this language and script, with its tokenizer files"
        )


@torch.inference_mode()
def trial_pass(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, words: Sequence[str], longest: int
) -> Tensor:
    """Hidden states ``[pieces, hidden]`` of `longest` pieces, beside an input of one word that is padded.

    Raises:
        InputError: the encoder cannot read them.
    """
    text = list(words[:longest]) * (-(-longest // len(words[:longest])))  # at least one piece a word, mostly
    encoded = tokenizer(
        [text, text[:1]],
        is_split_into_words=True,
        truncation=True,
        max_length=longest,
        padding=True,
        return_tensors="pt",
    )
    try:
        output = model.eval()(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"])
    except (IndexError, RuntimeError, ValueError, TypeError) as error:
        length = encoded["input_ids"].shape[1]
        raise InputError(f"encoder: it cannot read an input of {length} word pieces: {first_line(error)}") from error
    hidden: Tensor = output.last_hidden_state
    return hidden[encoded["attention_mask"].bool()]


def usable_positions(encoder: PreTrainedModel) -> int:
    """Longest input of an encoder in word pieces, special tokens included.

    Some families, such as RoBERTa and MPNet, number positions from the padding id + 1, so that the first embeddings of
    positions are never used. Encoders with relative positions have no such embeddings.
    """
    stated = int(getattr(encoder.config, "max_position_embeddings", 512))
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    if not isinstance(table, nn.Embedding):
        return stated
    unused = 0 if table.padding_idx is None else table.padding_idx + 1
    return min(stated, table.num_embeddings - unused)
