"""Settings of intervals, tests and verdicts."""

from __future__ import annotations

from pydantic import Field

from posner.config.base import Settings


class Statistics(Settings):
    """How sure conclusions have to be."""

    margin: float = Field(0.5, gt=0)
    """Differences smaller than this, in points of F1, do not matter."""
    level: float = Field(0.95, gt=0.5, lt=1)
    """Level of intervals and tests."""
    oracle_f1: float = Field(95.0, gt=0, le=100)
    """Points of F1 that an oracle has to reach, or its fusion's null results say nothing."""
    resamples: int = Field(10_000, ge=100)
    """Resamples of the test set."""
    seed: int = Field(42, ge=0)
    """Seed of the resamples."""
