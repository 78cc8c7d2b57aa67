"""Settings of intervals, tests and verdicts."""

from __future__ import annotations

from pydantic import Field

from posner.config.base import Integer, Number, Seed, Settings


class Estimation(Settings):
    """Margin, level and resampling of intervals and tests."""

    margin: Number = Field(0.5, gt=0, le=100)
    """Equivalence margin in F1 points: smaller differences do not matter."""
    level: Number = Field(0.95, gt=0.5, lt=1)
    """Confidence level of intervals and tests (0.5..1)."""
    resamples: Integer = Field(10_000, ge=100, le=100_000)
    """Bootstrap resamples of the test set."""
    seed: Seed = 42
    """Seed of the bootstrap."""


class Statistics(Estimation):
    """Intervals and tests, and the condition on oracles under which verdicts are drawn from them."""

    oracle_f1: Number = Field(95.0, gt=0, le=100)
    """F1 points that an oracle has to reach; below, verdicts on its input path are inconclusive."""

    @property
    def estimation(self) -> Estimation:
        """The settings without the condition on oracles."""
        return Estimation(**{name: getattr(self, name) for name in Estimation.model_fields})
