"""Lazy Adam for the word embeddings: of the whole matrix, only the rows that a batch uses are read and written.

Adam as in :mod:`torch.optim.SparseAdam`: rows that a batch does not use, and their moments, do not change. A batch uses
a few hundred rows of tens of thousands; a dense update of the whole matrix would take a quarter of a step on a CPU.

Unlike there, shapes do not depend on the data, so that the same code runs within a CUDA graph. The matrix itself has no
gradient. The rows that were looked up are the leaves of the backward pass instead, and the gradients of rows that
were looked up several times are added up by sorting them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from posner.errors import InputError

BETAS = (0.9, 0.999)
EPS = 1e-8


@dataclass(frozen=True, slots=True)
class RowGradients:
    """Gradients of the rows that a batch has looked up, sorted by word.

    Attributes:
        ids: ``[lookups]``, ids of the words.
        first: ``[lookups]``, the first place of the same word.
        values: ``[lookups, hidden]``, the whole gradient of a word at its first place, zeros at the others.
    """

    ids: Tensor
    first: Tensor
    values: Tensor


class WordRows:
    """The word embeddings of a model, as leaves of its backward passes and with lazy Adam.

    Until :meth:`release`, the matrix itself has no gradient.

    Args:
        embedding: with ``weight`` ``[words, hidden]``.

    Raises:
        InputError: the embeddings do more than look rows up.
    """

    def __init__(self, embedding: nn.Embedding) -> None:
        if type(embedding).forward is not nn.Embedding.forward or embedding.max_norm is not None:
            raise InputError(f"the encoder scales or changes its word embeddings ({type(embedding).__name__})")
        self.weight = cast("nn.Parameter", embedding.weight)
        self.padding = embedding.padding_idx
        self.weight.requires_grad_(False)
        self.mean, self.square = torch.zeros_like(self.weight), torch.zeros_like(self.weight)
        self.step = torch.zeros(1, dtype=torch.float64, device=self.weight.device)
        self.lookups: list[tuple[Tensor, Tensor]] = []  # ids and rows of the current batch
        self.hook = embedding.register_forward_hook(self.keep)

    def keep(self, _: nn.Module, args: tuple[Any, ...], rows: Tensor) -> Tensor:
        """Make the rows that were looked up a leaf, if this is a pass for gradients."""
        if not torch.is_grad_enabled():
            return rows
        rows = rows.detach().requires_grad_()
        self.lookups.append((cast("Tensor", args[0]), rows))
        return rows

    def gradients(self) -> RowGradients:
        """The gradients of the batch, after its backward pass.

        Raises:
            RuntimeError: the encoder has not looked up any word.
        """
        if not self.lookups:
            raise RuntimeError("the encoder does not look its words up in its input embeddings")
        ids = torch.cat([ids.flatten() for ids, _ in self.lookups])
        rows = torch.cat([gradient_of(rows).flatten(0, -2) for _, rows in self.lookups])
        self.lookups.clear()
        if self.padding is not None:  # as in nn.Embedding, whose row of padding is never trained
            rows = rows.masked_fill((ids == self.padding)[:, None], 0)
        ids, order = ids.sort(stable=True)
        first = first_places(ids)
        return RowGradients(ids, first, torch.zeros_like(rows).index_add_(0, first, rows[order]))

    def update(self, gradients: RowGradients, rate: Tensor, is_finite: Tensor) -> None:
        """Update the rows of the batch.

        Args:
            gradients: those of the batch.
            rate: ``[1]``, learning rate.
            is_finite: ``[1]``, nothing changes where it is false.
        """
        ids, values = gradients.ids, gradients.values[gradients.first]  # all places of a word write the same row
        self.step += is_finite
        beta1, beta2 = BETAS
        size = rate * (1 - beta2**self.step).sqrt() / (1 - beta1**self.step)
        matrices = (self.mean, self.square, self.weight)
        old_mean, old_square, old_weight = old = tuple(matrix[ids] for matrix in matrices)
        mean = torch.lerp(old_mean, values, 1 - beta1)
        square = torch.lerp(old_square, values.square(), 1 - beta2)
        weight = old_weight - size.float() * mean / (square.sqrt() + EPS)
        for matrix, before, rows in zip(matrices, old, (mean, square, weight), strict=True):
            matrix.index_copy_(0, ids, rows.where(is_finite, before))

    def release(self) -> None:
        """Give the matrix back to the model as it was."""
        self.hook.remove()
        self.weight.requires_grad_()

    def tensors(self) -> dict[str, Tensor]:
        """The state of the optimizer, without the weights."""
        return {"mean": self.mean, "square": self.square, "step": self.step}


def gradient_of(rows: Tensor) -> Tensor:
    """The gradient of a leaf; zeros if the loss does not depend on it."""
    return torch.zeros_like(rows) if rows.grad is None else rows.grad


def first_places(ids: Tensor) -> Tensor:
    """For each of the sorted `ids` ``[n]``, the place of the first one that is equal: ``[n]``."""
    place = torch.arange(len(ids), device=ids.device)
    is_first = torch.cat([torch.ones_like(ids[:1], dtype=torch.bool), ids[1:] != ids[:-1]])
    return place.where(is_first, 0).cummax(0).values
