"""F1 on resampled test sets, and approximate randomization, from counts of entities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from posner.stats.intervals import Doubles

Array = npt.NDArray[np.float32]

CHUNK = 1000  # resamples at a time: as few as fit into memory with thousands of texts


# --- counts of entities ----------------------------------------------------------------------------------------------


def f1(counts: npt.NDArray[np.floating]) -> Doubles:
    """F1 from counts of right, predicted and true entities in the last axis; 0 where there are none."""
    right, predicted, true = (counts[..., i].astype(np.float64) for i in range(3))
    total = predicted + true
    return np.divide(2 * right, total, out=np.zeros_like(total), where=total > 0)


def resampled_f1(counts: Array, resamples: int, seed: int) -> Doubles:
    """F1 of each run on resampled texts, ``[resamples, runs]``; the same texts for all runs.

    Args:
        counts: ``[runs, texts, 3]``, right, predicted and true entities.
    """
    runs, texts, _ = counts.shape
    by_text = counts.transpose(1, 0, 2).reshape(texts, runs * 3)
    parts = [weights @ by_text for weights in text_weights(texts, resamples, seed)]
    return f1(np.concatenate(parts).reshape(resamples, runs, 3))


def text_weights(texts: int, resamples: int, seed: int) -> Iterator[Array]:
    """How often each text is drawn in each resample, ``[resamples, texts]``, some resamples at a time."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, CHUNK):
        number = min(CHUNK, resamples - start)
        drawn = generator.integers(0, texts, (number, texts)) + texts * np.arange(number)[:, None]
        yield np.bincount(drawn.ravel(), minlength=number * texts).reshape(number, texts).astype(np.float32)


def p_randomization(variant: Array, baseline: Array, resamples: int, seed: int) -> float:
    """P value of approximate randomization: texts swap their predictions between the two models, all seeds at once.

    Args:
        variant, baseline: ``[seeds, texts, 3]``, counts of entities.
    """
    seeds, texts, _ = variant.shape
    observed = abs((f1(variant.sum(axis=1)) - f1(baseline.sum(axis=1))).mean())
    moved = (variant - baseline).transpose(1, 0, 2).reshape(texts, seeds * 3)
    ours, theirs = variant.sum(axis=1), baseline.sum(axis=1)
    generator = np.random.default_rng(seed)
    as_large = 0
    for start in range(0, resamples, CHUNK):
        number = min(CHUNK, resamples - start)
        swaps = generator.integers(0, 2, (number, texts), dtype=np.int8).astype(np.float32)
        change = (swaps @ moved).reshape(number, seeds, 3)
        differences = (f1(ours - change) - f1(theirs + change)).mean(axis=1)
        as_large += int((np.abs(differences) >= observed - 1e-12).sum())
    return (as_large + 1) / (resamples + 1)
