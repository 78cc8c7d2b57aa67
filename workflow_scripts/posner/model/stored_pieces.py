"""Stored word pieces: sentences as an encoder reads them, made once for all jobs of a corpus and memory-mapped.

A card (:class:`PiecesCard`) is beside ``{split}.safetensors``, which have the arrays of
:class:`posner.model.tokenization.Pieces`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter
from safetensors.numpy import save
from safetensors.torch import load_file
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.corpora.corpus import read_split
from posner.errors import InputError
from posner.files import atomic_path, read_model, sha256, write_json
from posner.model.tokenization import Pieces, split_words

ARRAYS = ("input_ids", "words", "first", "bounds", "word_bounds", "cut_off")


@dataclass(frozen=True)
class PiecesCard:
    """What was split into pieces, and how.

    Attributes:
        max_length: longest input in word pieces, special tokens included.
        tokenizer: hash of the tokenizer, see :func:`tokenizer_hash`.
        sentences: SHA-256 of ``{split}.parquet``, by split.
        files: SHA-256 of ``{split}.safetensors``, by split; rules depend on the card instead of these files.
    """

    max_length: int
    tokenizer: str
    sentences: dict[str, str]
    files: dict[str, str]


READER = TypeAdapter(PiecesCard)


@dataclass(frozen=True)
class StoredPieces:
    """The stored pieces of a corpus or an extra test, which a model can read.

    Attributes:
        path: the file of the card.
        card: what it says.
    """

    path: Path
    card: PiecesCard

    @classmethod
    def open(cls, path: Path, tokenizer: PreTrainedTokenizerBase, max_length: int) -> StoredPieces:
        """The pieces with the card in the file `path`, for a model.

        Raises:
            InputError: the card cannot be read, or the pieces are of another tokenizer or of inputs of another length.
        """
        card = read_pieces_card(path)
        if card.max_length != max_length:
            raise InputError(
                f"{path}: word pieces of inputs with at most {card.max_length}, but max_length is {max_length}; "
                f"run tokenize_corpus with --max-length={max_length}"
            )
        if card.tokenizer != tokenizer_hash(tokenizer):
            raise InputError(f"{path}: word pieces of another tokenizer; run tokenize_corpus for this encoder")
        return cls(path, card)

    def read(self, sentences: Path) -> Pieces:
        """The pieces of a file of sentences, ``{split}.parquet``; memory-mapped, so do not write to the arrays.

        Raises:
            InputError: the pieces are not those of these sentences, or they are damaged.
        """
        split = sentences.stem
        if self.card.sentences.get(split) != sha256(sentences):
            raise InputError(f"{self.path}: not the word pieces of {sentences}; run tokenize_corpus again")
        path = pieces_file(self.path, split)
        if not path.is_file() or self.card.files.get(split) != sha256(path):
            raise InputError(f"{path}: missing, or not the file of {self.path}; delete both and run again")
        arrays = load_file(path)
        return Pieces(**{name: arrays[name].numpy() for name in ARRAYS})


def read_pieces_card(path: Path) -> PiecesCard:
    """The card of word pieces in the file `path`.

    Raises:
        InputError: it is missing, damaged or not a card.
    """
    return read_model(path, READER, "the card of word pieces")


def pieces_file(card: Path, split: str) -> Path:
    """The file of the pieces of a split, beside the card."""
    return card.with_name(f"{split}.safetensors")


def pieces_files(card: Path, splits: Iterable[str]) -> list[Path]:
    """The card and the files of some splits.

    Raises:
        InputError: a file is missing.
    """
    files = [card, *(pieces_file(card, split) for split in splits)]
    if missing := [file for file in files if not file.is_file()]:
        raise InputError(f"{missing[0]} is missing; run tokenize_corpus first")
    return files


def write_pieces(
    card: Path, sentences: Sequence[Path], tokenizer: PreTrainedTokenizerBase, max_length: int
) -> PiecesCard:
    """Split the words of the files `sentences`, ``{split}.parquet``, and write their pieces and the card.

    Raises:
        InputError: a file has no readable sentences.
    """
    files = {}
    for path in sentences:
        pieces = split_words(tokenizer, [sentence.tokens for sentence in read_split(path)], max_length)
        target = pieces_file(card, path.stem)
        with atomic_path(target) as part:
            part.write_bytes(save({name: getattr(pieces, name) for name in ARRAYS}))
        files[path.stem] = sha256(target)
    hashes = {path.stem: sha256(path) for path in sentences}
    content = PiecesCard(max_length, tokenizer_hash(tokenizer), hashes, files)
    write_json(card, asdict(content))
    return content


def tokenizer_hash(tokenizer: PreTrainedTokenizerBase) -> str:
    """Hash of everything that determines the pieces of words; equal for an encoder and the models trained on it."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    del state["truncation"], state["padding"]  # those of the latest call
    return hashlib.sha256(json.dumps([state, tokenizer.truncation_side]).encode()).hexdigest()
