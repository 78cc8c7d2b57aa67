"""Plan the generated corpora of a calibration."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from posner.calibration.plan import CalibrationPlan
from posner.config.corpora import GeneratedCorpus
from posner.files import write_json
from posner.workflow.command import Command


class PlanCalibration(Command):
    """Write the settings of all corpora of a calibration: several of each ambiguity, each with text of its own."""

    plan: CalibrationPlan = Field(default_factory=CalibrationPlan)
    """Ambiguities and numbers of replicates."""
    corpus: GeneratedCorpus
    """The corpus that all others resemble."""
    output: Path
    """JSON file to write: `corpora` by name."""

    def execute(self) -> None:
        corpora = self.plan.corpora(self.corpus)
        write_json(self.output, {"corpora": {name: corpus.model_dump(mode="json") for name, corpus in corpora.items()}})

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
