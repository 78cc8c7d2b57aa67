"""Checks of an encoder's folder and tokenizer: whether it distinguishes the words of a corpus, and always equally."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.errors import InputError

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
READ = (".json", ".txt", ".model", ".safetensors")  # endings of the files that transformers reads
POINTER = b"version https://git-lfs.github.com/"
# Published encoders do not know under 1 % of the words of their own language, and a few percent of tweets with emoji. A
# tokenizer of another script or letter case, or without its vocabulary, does not know most words.
MOST_UNKNOWN = 0.1
# Of the known words, counted once and without case, nearly all have pieces of their own.
LEAST_DISTINCT = 0.5
HIEROGLYPH = "\U00013080"  # which hardly any tokenizer knows; without a piece for unknown text some fail


def check_folder(folder: Path) -> None:
    """Check that the folder of a model has a tokenizer, and files rather than Git LFS pointers to them.

    Raises:
        InputError: it has none of the files of :data:`VOCABULARIES`, or a pointer.
    """
    if not any((folder / name).is_file() for name in VOCABULARIES):
        raise InputError(
            f"encoder: {folder} has no tokenizer (tokenizer.json, or a vocabulary such as vocab.txt); copy its files "
            "from the same model, or write them with the tokenizer's save_pretrained"
        )
    for path in sorted(folder.iterdir()):
        if path.suffix in READ and path.is_file():
            with path.open("rb") as file:
                if file.read(len(POINTER)) == POINTER:
                    raise InputError(f"encoder: {path} is a Git LFS pointer, not the file; run git lfs pull there")


def check_tokenizer(tokenizer: PreTrainedTokenizerBase, words: Iterable[str], of_entities: Iterable[str] = ()) -> None:
    """Check that a tokenizer knows the words of train and distinguishes them.

    Args:
        words: the tokens of train, with repetitions.
        of_entities: those of them that are inside entities.

    Raises:
        InputError: there is no padding token; or more than :data:`MOST_UNKNOWN` of the words, or of those inside
            entities, are unknown; or too many have the same pieces; or the pieces are random.
    """
    if tokenizer.pad_token_id is None:
        raise InputError("encoder: its tokenizer has no padding token; set pad_token in tokenizer_config.json")
    counts = Counter(words)
    distinct = list(counts)
    pieces = dict(zip(distinct, pieces_of(tokenizer, distinct), strict=True))
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    if model.get("dropout") or pieces_of(tokenizer, distinct) != list(pieces.values()):
        raise InputError(
            "encoder: its tokenizer splits words at random (BPE dropout); set dropout to null in tokenizer.json"
        )
    pieces_of(tokenizer, [HIEROGLYPH])
    unknown_ids = unknown_pieces(tokenizer, model)
    unknown = {word for word in distinct if not pieces[word] or not unknown_ids.isdisjoint(pieces[word])}
    refuse_unknown(counts, unknown, "words of train")
    refuse_unknown(Counter(of_entities), unknown, "words of train that are inside entities")
    known = {word.casefold(): tuple(pieces[word]) for word in distinct if word not in unknown}
    if (number := len(set(known.values()))) < LEAST_DISTINCT * len(known):
        raise InputError(
            f"encoder: its tokenizer has only {number} different inputs for {len(known)} different words; its "
            "normalizer or vocabulary is damaged; use the tokenizer files of the same model"
        )


def pieces_of(tokenizer: PreTrainedTokenizerBase, words: Sequence[str]) -> list[list[int]]:
    """The pieces of each word by itself, without special tokens."""
    encoded = tokenizer([[word] for word in words], is_split_into_words=True, add_special_tokens=False)
    pieces: list[list[int]] = encoded["input_ids"]
    return pieces


def unknown_pieces(tokenizer: PreTrainedTokenizerBase, model: dict[str, Any]) -> set[int]:
    """The pieces that stand for unknown text: that of the tokenizer, and that of its `model`, which may be another."""
    text = model.get("unk_token")
    ids = {tokenizer.unk_token_id, model.get("unk_id"), text and tokenizer.backend_tokenizer.token_to_id(text)}
    return {piece for piece in ids if piece is not None}


def refuse_unknown(counts: Counter[str], unknown: set[str], which: str) -> None:
    """Check that few of the words, counted with repetitions, are unknown.

    Raises:
        InputError: more than :data:`MOST_UNKNOWN` are.
    """
    examples = [word for word, _ in counts.most_common() if word in unknown]
    share = sum(counts[word] for word in examples) / max(1, counts.total())
    if share > MOST_UNKNOWN:
        raise InputError(
            f"encoder: its tokenizer does not know {share:.0%} of the {which}, e.g. "
            f"{', '.join(map(repr, examples[:3]))} (at most {MOST_UNKNOWN:.0%} are accepted); use an encoder for this "
            "language and script, with its tokenizer files"
        )
