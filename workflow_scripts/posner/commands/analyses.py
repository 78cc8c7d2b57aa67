"""The bases of commands that analyse the runs of all variants."""

from __future__ import annotations

from pydantic import Field

from posner.config.base import Name
from posner.config.statistics import Estimation
from posner.config.variants import SeededVariant, baseline_of
from posner.workflow.command import Command


class RunAnalysis(Command):
    """A command that reads the runs of several variants."""

    variants: dict[Name, SeededVariant]
    """Variants by name, with their training seeds."""


class EffectAnalysis(RunAnalysis):
    """A command that estimates effects with intervals."""

    statistics: Estimation = Field(default_factory=Estimation)
    """Margin, level and resamples of intervals and tests, and the stages of the study."""

    @property
    def stage(self) -> int:
        """Number of seeds of the baseline, by which the study is at one of its stages."""
        return len(self.variants[baseline_of(self.variants)].seeds)
