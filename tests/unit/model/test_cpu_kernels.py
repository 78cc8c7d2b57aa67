"""Dropout and softmax on a CPU: those of torch, but for the random numbers and the rounding."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from posner.config.compute import Compute
from posner.model import device
from posner.model.cpu_kernels import CpuKernels
from torch import Tensor
from torch.nn import Dropout, functional

SHAPE = (40, 25, 33)


def dropped(values: Tensor, p: float, training: bool = True) -> Tensor:
    with CpuKernels():
        return functional.dropout(values, p, training)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.93])
def test_dropout_keeps_the_mean_and_drops_the_share(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    values = torch.full(SHAPE, 3.0, dtype=dtype, requires_grad=True)
    result = dropped(values, p)
    share = float((result == 0).float().mean())
    deviation = (p * (1 - p) / values.numel()) ** 0.5
    assert abs(share - p) < 5 * deviation
    assert result.dtype == dtype
    kept = result[result != 0]
    assert torch.allclose(kept.float(), torch.tensor(3 / (1 - p)), rtol=1e-2 if dtype == torch.bfloat16 else 2e-4)
    result.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad == 0, result == 0), "the gradient passes where the value does"


def test_dropped_places_are_independent() -> None:
    torch.manual_seed(2)
    kept = (dropped(torch.ones(SHAPE), 0.5) != 0).float()
    for lag in (1, 2, 3, 4, 33):  # four numbers come from one draw
        flat = kept.flatten() - 0.5
        correlation = float((flat[lag:] * flat[:-lag]).mean() / 0.25)
        assert abs(correlation) < 5 / len(flat) ** 0.5, lag


def test_a_seed_gives_the_same_places() -> None:
    results = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        with CpuKernels():
            results.append(Dropout(0.3)(torch.ones(SHAPE)))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.4, False), (1.0, True)])
def test_dropout_without_chance_is_that_of_torch(p: float, training: bool) -> None:
    values = torch.randn(7, 5)
    state = torch.get_rng_state()
    assert torch.equal(dropped(values, p, training), functional.dropout(values, p, training))
    if p == 0 or not training:
        assert torch.equal(torch.get_rng_state(), state)


def test_softmax_of_bf16_is_computed_in_fp32() -> None:
    values = torch.randn(6, 4, 23, 23, generator=torch.Generator().manual_seed(5)).bfloat16()
    values[..., 20:] = torch.finfo(torch.bfloat16).min
    with CpuKernels():
        result, exact = functional.softmax(values, dim=-1), functional.softmax(values, dim=-1, dtype=torch.float32)
    assert (result.dtype, exact.dtype) == (torch.bfloat16, torch.float32)
    assert torch.equal(result, values.float().softmax(-1).bfloat16())
    assert torch.equal(exact, values.float().softmax(-1))


def test_outside_the_context_torch_is_as_it_was() -> None:
    torch.manual_seed(6)
    expected = functional.dropout(torch.ones(SHAPE), 0.3)
    torch.manual_seed(6)
    dropped(torch.ones(SHAPE), 0.3)
    torch.manual_seed(6)
    assert torch.equal(functional.dropout(torch.ones(SHAPE), 0.3), expected)


def test_softmax_of_double_precision_stays_exact() -> None:
    values = torch.randn(6, 7, dtype=torch.float64)
    with CpuKernels():
        assert torch.equal(functional.softmax(values, dim=-1), values.softmax(-1))


def test_a_device_keeps_the_memory_of_freed_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []
    for limits in ([1, 1], [0, 1, 1], [0, 0]):  # of a new, an older and another C library
        results = iter(limits)
        calls.clear()
        library = SimpleNamespace(mallopt=lambda *args, results=results: calls.append(args) or next(results))
        monkeypatch.setattr(device.ctypes, "CDLL", lambda _, library=library: library)
        device.resolve(Compute(device="cpu", threads=1))
        sets_trim = [name for name, _ in calls].count(device.M_TRIM_THRESHOLD)
        assert sets_trim == (limits != [0, 0]), "alone, it would switch off the library's own adaptation"
