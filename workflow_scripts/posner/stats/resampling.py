"""F1 on resampled test sets, and approximate randomisation, from entity counts by resampling unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from posner.arrays import Doubles, Floats

RunCounts = Mapping[str, Mapping[int, Floats]]  # entity counts of each run, by variant and seed: [..., units, 3]

RESAMPLES_AT_ONCE = 1000  # bounds the memory for test sets of thousands of units


def f1(counts: npt.NDArray[np.floating]) -> Doubles:
    """F1 in 0..1 from counts ``[..., 3]`` of correct, predicted and true entities; 0 where there are none."""
    correct, predicted, true = (counts[..., i].astype(np.float64) for i in range(3))
    total = predicted + true
    return np.divide(2 * correct, total, out=np.zeros_like(total), where=total > 0)


def resampled_f1(counts: Floats, resamples: int, seed: int) -> Doubles:
    """F1 ``[resamples, runs]`` of each run on resampled units; all runs share the resamples.

    Args:
        counts: ``[runs, units, 3]``, correct, predicted and true entities.
    """
    runs, units, _ = counts.shape
    by_unit = counts.transpose(1, 0, 2).reshape(units, runs * 3)
    sums = [weights @ by_unit for weights in bootstrap_weights(units, resamples, seed)]
    return f1(np.concatenate(sums).reshape(resamples, runs, 3))


def bootstrap_weights(units: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Number of times that each unit is drawn in each resample, ``[resamples, units]``, in blocks of resamples."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, RESAMPLES_AT_ONCE):
        number = min(RESAMPLES_AT_ONCE, resamples - start)
        drawn = generator.integers(0, units, (number, units)) + units * np.arange(number)[:, None]
        yield np.bincount(drawn.ravel(), minlength=number * units).reshape(number, units).astype(np.float32)


def p_randomization(variant: Floats, baseline: Floats, resamples: int, seed: int) -> float:
    """The p value of approximate randomisation: units swap their predictions between two models, all seeds at once.

    Args:
        variant: entity counts ``[seeds, units, 3]``.
        baseline: entity counts ``[seeds, units, 3]`` of the other model.
    """
    seeds, units, _ = variant.shape
    observed = abs((f1(variant.sum(axis=1)) - f1(baseline.sum(axis=1))).mean())
    excess = (variant - baseline).transpose(1, 0, 2).reshape(units, seeds * 3)
    variant_total, baseline_total = variant.sum(axis=1), baseline.sum(axis=1)
    generator = np.random.default_rng(seed)
    as_large = 0
    for start in range(0, resamples, RESAMPLES_AT_ONCE):
        number = min(RESAMPLES_AT_ONCE, resamples - start)
        swaps = generator.integers(0, 2, (number, units), dtype=np.int8).astype(np.float32)
        change = (swaps @ excess).reshape(number, seeds, 3)
        differences = (f1(variant_total - change) - f1(baseline_total + change)).mean(axis=1)
        as_large += int((np.abs(differences) >= observed - 1e-12).sum())
    return (as_large + 1) / (resamples + 1)
