"""Settings of intervals, tests and verdicts."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

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
    stages: tuple[Integer, ...] = Field((), max_length=20)
    """Numbers of seeds after which the study is analysed, if seeds are added in stages, in ascending order. The level
    then holds for all stages together."""

    @field_validator("stages")
    @classmethod
    def _ascend(cls, stages: tuple[int, ...]) -> tuple[int, ...]:
        if list(stages) != sorted(set(stages)) or any(stage < 2 for stage in stages):
            raise ValueError("numbers of seeds from 2 on, in ascending order")
        return stages


class Statistics(Estimation):
    """Intervals and tests, and the condition on oracles under which verdicts are drawn from them."""

    oracle_f1: Number = Field(95.0, gt=0, le=100)
    """F1 points that an oracle has to reach; below, verdicts on its input path are inconclusive."""

    @property
    def estimation(self) -> Estimation:
        """The settings without the condition on oracles."""
        return Estimation(**{name: getattr(self, name) for name in Estimation.model_fields})


class Power(Settings):
    """Standard deviations of differences of F1 by which a study is planned, before anything is trained."""

    seed_std: Number = Field(0.35, gt=0, le=100)
    """Standard deviation over seeds of a variant's difference from the baseline, in F1 points."""
    unit_std: Number = Field(0.1, ge=0, le=100)
    """Standard deviation of a mean difference over test sets, in F1 points."""
    pilot: Path | None = None
    """ner_comparisons.json of an earlier study, whose standard deviations replace these."""
