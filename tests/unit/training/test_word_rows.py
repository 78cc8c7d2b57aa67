"""Lazy Adam for word embeddings: the same as torch's sparse optimizer, in shapes that do not depend on the data."""

from __future__ import annotations

import copy

import pytest
import torch
from posner.errors import InputError
from posner.training.word_rows import WordRows, first_places
from torch import Tensor, nn

WORDS, HIDDEN = 12, 5
YES, NO = torch.tensor([True]), torch.tensor([False])


def embedding(padding: int | None) -> nn.Embedding:
    torch.manual_seed(3)
    return nn.Embedding(WORDS, HIDDEN, padding_idx=padding)


def batches(number: int) -> list[Tensor]:
    """Ids ``[3, 4]``; words occur several times, and not in every batch."""
    generator = torch.Generator().manual_seed(5)
    return [torch.randint(0, WORDS - 2, (3, 4), generator=generator) for _ in range(number)]


def loss_of(words: nn.Embedding, ids: Tensor) -> Tensor:
    factors = torch.linspace(-1, 2, HIDDEN)
    return (words(ids).sin() * factors).square().sum() + words(ids[:1]).sum()  # two lookups


@pytest.mark.parametrize("padding", [None, 0, 7])
def test_updates_are_those_of_the_sparse_optimizer_of_torch(padding: int | None) -> None:
    ours = embedding(padding)
    reference = copy.deepcopy(ours)
    reference.sparse = True
    sparse = torch.optim.SparseAdam([reference.weight], lr=0.05)
    words = WordRows(ours)
    for number, ids in enumerate(batches(6)):
        rate = 0.05 / (number + 1)
        sparse.param_groups[0]["lr"] = rate
        sparse.zero_grad()
        loss_of(reference, ids).backward()
        sparse.step()
        loss_of(ours, ids).backward()
        words.update(words.gradients(), torch.tensor([rate]), YES)
        assert torch.allclose(ours.weight, reference.weight, rtol=1e-5, atol=1e-7)
        for mine, name in ((words.mean, "exp_avg"), (words.square, "exp_avg_sq")):
            assert torch.allclose(mine, sparse.state[reference.weight][name], rtol=1e-5, atol=1e-8)
    assert not torch.equal(ours.weight, embedding(padding).weight)


def test_rows_that_are_not_used_and_the_row_of_padding_keep_their_bits() -> None:
    ours = embedding(padding=7)
    before = ours.weight.detach().clone()
    words = WordRows(ours)
    ids = torch.tensor([[1, 7, 1], [4, 7, 7]])
    loss_of(ours, ids).backward()
    words.update(words.gradients(), torch.tensor([0.1]), YES)
    moved = (ours.weight != before).any(dim=1).nonzero().flatten().tolist()
    assert moved == [1, 4]


def test_gradients_are_added_up_word_by_word() -> None:
    ours = embedding(padding=0)
    reference = copy.deepcopy(ours)
    words = WordRows(ours)
    ids = batches(1)[0]
    for part in (ours, reference):
        loss_of(part, ids).backward()
    rows = words.gradients()
    assert rows.ids.tolist() == sorted(rows.ids.tolist())
    assert rows.values[rows.first != torch.arange(len(rows.ids))].count_nonzero() == 0
    dense = torch.zeros(WORDS, HIDDEN).index_add_(0, rows.ids, rows.values)
    assert reference.weight.grad is not None
    assert torch.allclose(dense, reference.weight.grad, rtol=1e-6)
    assert ours.weight.grad is None


def test_a_step_that_is_not_finite_changes_nothing() -> None:
    ours = embedding(padding=None)
    words = WordRows(ours)
    state = {name: tensor.clone() for name, tensor in (words.tensors() | {"weight": ours.weight.detach()}).items()}
    (float("inf") * loss_of(ours, batches(1)[0])).backward()
    words.update(words.gradients(), torch.tensor([0.1]), NO)
    after = words.tensors() | {"weight": ours.weight.detach()}
    assert all(torch.equal(tensor, after[name]) for name, tensor in state.items())


def test_an_encoder_that_does_not_use_its_embeddings_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="input embeddings"):
        WordRows(embedding(padding=None)).gradients()


def test_evaluations_leave_nothing_behind_and_the_matrix_is_given_back() -> None:
    ours = embedding(padding=None)
    words = WordRows(ours)
    with torch.inference_mode():
        ours(torch.tensor([1, 2]))
    assert not words.lookups
    assert not ours.weight.requires_grad
    words.release()
    assert ours.weight.requires_grad
    ours(torch.tensor([1, 2])).sum().backward()
    assert ours.weight.grad is not None


@pytest.mark.parametrize("ids", [[3], [1, 1, 1], [0, 2, 2, 5, 5, 5, 9]])
def test_first_places(ids: list[int]) -> None:
    assert first_places(torch.tensor(ids)).tolist() == [ids.index(i) for i in ids]


class ScaledEmbedding(nn.Embedding):
    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return 3 * super().forward(input)


@pytest.mark.parametrize("changed", [ScaledEmbedding(4, 2), nn.Embedding(4, 2, max_norm=1.0)], ids=["scaled", "norm"])
def test_embeddings_that_change_their_rows_are_refused(changed: nn.Embedding) -> None:
    with pytest.raises(InputError, match="scales or changes its word embeddings"):
        WordRows(changed)
