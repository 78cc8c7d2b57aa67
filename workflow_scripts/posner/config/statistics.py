"""Settings of intervals, tests and verdicts."""

from __future__ import annotations

from pydantic import Field

from posner.config.base import Settings


class Statistics(Settings):
    """Margin, level and resampling of all conclusions."""

    margin: float = Field(0.5, gt=0)
    """Equivalence margin in F1 points: smaller differences do not matter."""
    level: float = Field(0.95, gt=0.5, lt=1)
    """Confidence level of intervals and tests (0.5..1)."""
    oracle_f1: float = Field(95.0, gt=0, le=100)
    """F1 points that an oracle has to reach; below, null results of its fusion and feature are uninformative."""
    resamples: int = Field(10_000, ge=100)
    """Bootstrap resamples of the test set."""
    seed: int = Field(42, ge=0)
    """Seed of the bootstrap."""
