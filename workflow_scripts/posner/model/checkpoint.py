"""A model with what is needed to run it: tokenizer, device and longest input.

Training, tagging, prediction and sweeps all run a model through this class. It belongs to the model, below training and
prediction: training evaluates the model on validation with the same passes that later write its predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Floats, Ids, WordLogits
from posner.corpora.corpus import read_split
from posner.files import atomic_path
from posner.model.batching import Batch, Collator, Examples, run_in_batches
from posner.model.device import Device
from posner.model.examples import known_label_ids, pos_of_split
from posner.model.finite import NotFiniteError, require_finite_logits
from posner.model.folders import (
    WRITTEN,
    is_trained,
    load_tokenizer,
    longest_input,
    require_length,
    require_own_folder,
)
from posner.model.modeling import PosNerConfig, PosNerModel, fresh_model, load_model
from posner.model.stored_pieces import StoredPieces
from posner.model.tokenization import Pieces
from posner.pos.features import PosFeatures
from posner.pos.provider import PosProvider


@dataclass(frozen=True)
class Checkpoint:
    """An NER model or a POS tagger, untrained or trained.

    Attributes:
        model: the model; training changes its weights in place.
        tokenizer: the tokenizer of its encoder.
        device: where it runs, and in which precision.
        max_length: longest input in word pieces, special tokens included; longer sentences are truncated.
    """

    model: PosNerModel
    tokenizer: PreTrainedTokenizerBase
    device: Device
    max_length: int

    @classmethod
    def fresh(cls, encoder: Path, config: PosNerConfig, seed: int, device: Device, max_length: int) -> Checkpoint:
        """An untrained model over the prepared encoder in `encoder`, its new parameters initialised with `seed`.

        Raises:
            InputError: the encoder is missing or damaged, or cannot read `max_length` word pieces.
        """
        model = fresh_model(encoder, config, seed, device.attention)
        require_length(encoder, max_length)
        return cls(model, load_tokenizer(encoder), device, max_length)

    @classmethod
    def load(cls, folder: Path, device: Device, max_length: int) -> Checkpoint:
        """The trained model in `folder`.

        Raises:
            InputError: the checkpoint is missing or damaged.
        """
        model = load_model(folder, device.attention)
        return cls(model, load_tokenizer(folder), device, min(max_length, longest_input(folder)))

    def save(self, folder: Path) -> None:
        """Write weights, config and tokenizer into `folder`, in place of an earlier model.

        Raises:
            InputError: `folder` holds something else.
        """
        require_own_folder(folder, is_trained)
        with atomic_path(folder, WRITTEN) as part:
            self.model.save_pretrained(part)
            self.tokenizer.save_pretrained(part)

    @property
    def config(self) -> PosNerConfig:
        """The model's config."""
        return self.model.config

    @property
    def pad_id(self) -> int:
        """Id of the padding piece."""
        return int(self.tokenizer.pad_token_id)

    def stored_pieces(self, card: Path) -> StoredPieces:
        """The stored word pieces of sentences for this model.

        Raises:
            InputError: as in :meth:`posner.model.stored_pieces.StoredPieces.open`.
        """
        return StoredPieces.open(card, self.tokenizer, self.max_length)

    def examples(self, pieces: Pieces, labels: Sequence[Sequence[str]], pos: PosFeatures | None = None) -> Examples:
        """Examples of the sentences with these `pieces`; a word with another label than the model's has no label."""
        return Examples(pieces, known_label_ids(labels, self.config.labels), pos)

    def read_examples(self, path: Path, stored: StoredPieces, provider: PosProvider) -> Examples:
        """Examples of the sentences in ``{split}.parquet``, with NER labels and the POS features of the variant.

        Raises:
            InputError: the stored pieces are not those of the sentences.
        """
        sentences = read_split(path)
        pos = pos_of_split(provider, self.config, path.stem, sentences)
        return self.examples(stored.read(path), [sentence.ner for sentence in sentences], pos)

    def collator(self, examples: Examples) -> Collator:
        """Makes batches of `examples` on the model's device."""
        return Collator(examples, self.pad_id, self.device.device)

    def predict(self, examples: Examples) -> WordLogits:
        """Logits of all words, sentence after sentence.

        Raises:
            NotFiniteError: a logit is NaN or infinite.
        """
        pieces = examples.pieces
        by_piece = torch.zeros(len(pieces.input_ids), self.config.num_labels, device=self.device.device)

        def store(batch: Batch, logits: Tensor) -> None:
            by_piece[batch.place[batch.is_piece]] = logits[batch.is_piece]

        self.pass_forward(self.collator(examples), store)
        words = WordLogits(words_from_pieces(by_piece.cpu().numpy(), pieces), pieces.has_piece)
        require_finite_logits(words.logits, pieces.word_bounds)
        return words

    def predict_labels(self, collate: Collator) -> Ids:
        """Id of the highest-scoring label of each word piece ``[pieces]``, found on the device.

        Raises:
            NotFiniteError: a logit is NaN or infinite.
        """
        labels = torch.zeros_like(collate.input_ids)
        is_finite = torch.ones((), dtype=torch.bool, device=self.device.device)

        def store(batch: Batch, logits: Tensor) -> None:
            is_finite.logical_and_((logits.isfinite().all(dim=-1) | ~batch.is_piece).all())
            labels[batch.place[batch.is_piece]] = logits.argmax(dim=-1)[batch.is_piece]

        self.pass_forward(collate, store)
        if not is_finite.item():
            raise NotFiniteError("the model's logits are not finite (NaN or infinity)")
        return labels.cpu().numpy()

    @torch.inference_mode()
    def pass_forward(self, collate: Collator, store: Callable[[Batch, Tensor], None]) -> None:
        """Call `store` with each batch of all sentences and its logits ``[batch, pieces, labels]``."""
        self.model.to(self.device.device).eval()

        def run(sentences: Ids) -> None:
            batch = collate(sentences)
            store(batch, self.model(batch.input_ids, batch.attention_mask, batch.pos).logits)

        with self.device.autocast():
            run_in_batches(collate.lengths, self.device.device, run, "predicting")


def words_from_pieces(by_piece: Floats, pieces: Pieces) -> Floats:
    """Logits of words ``[words, labels]``, those of their first pieces; zeros for words without one."""
    words = np.zeros((len(pieces.first), by_piece.shape[1]), np.float32)
    words[pieces.has_piece] = by_piece[pieces.first[pieces.has_piece]]
    return words
