"""Simulate studies with known effects."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from posner.calibration.plan import SimulationPlan
from posner.calibration.simulated_verdicts import simulate, simulation_sentence
from posner.config.base import Seed
from posner.config.statistics import Estimation
from posner.files import write_json, write_table
from posner.workflow.command import Command


class SimulateStudies(Command):
    """Simulate thousands of studies from the entity counts on, and count how often their verdicts are right."""

    plan: SimulationPlan = Field(default_factory=SimulationPlan)
    """Designs and spreads."""
    statistics: Estimation = Field(default_factory=Estimation)
    """Margin and level."""
    seed: Seed = 42
    """Seed of the simulation."""
    output: Path
    """JSON file to write: the plan and a summary in words."""
    table: Path
    """CSV file to write, two rows for each design: verdicts on variants, and on their mean."""

    def execute(self) -> None:
        rows = simulate(self.plan, self.statistics, self.seed)
        write_table(self.table, rows)
        sentence = simulation_sentence(rows, self.plan, self.statistics)
        write_json(self.output, {"plan": self.plan.model_dump(mode="json"), "sentence": sentence})

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
