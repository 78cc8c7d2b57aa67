"""Plan a calibration: many corpora of one kind, with and without planted effects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from posner.config.base import Fraction
from posner.config.corpora import GeneratedCorpus
from posner.files import write_json
from posner.workflow.command import Command

CORPUS = "planted"  # of which the study of a calibration says how large it is


class PlanCalibration(Command):
    """Write a config that adds corpora to a study: several of each ambiguity, each with text of its own."""

    study: Path = Path("resources/studies/calibration.yaml")
    """Study with a corpus `planted`."""
    ambiguities: tuple[Fraction, ...] = (0, 0.05, 0.1, 0.2, 0.3)
    """Shares of ambiguous candidates."""
    replicates: int = Field(5, ge=2)
    """Corpora of each ambiguity."""
    replicates_without: int = Field(20, ge=2)
    """Corpora without ambiguous candidates."""
    output: Path
    """JSON file to write."""

    def execute(self) -> None:
        settings = yaml.safe_load(self.study.read_text(encoding="utf-8"))["corpora"][CORPUS]
        kind = GeneratedCorpus.model_validate(settings)
        corpora = {
            name(ambiguity, replicate): made(kind, ambiguity, replicate)
            for ambiguity in self.ambiguities
            for replicate in range(self.replicates if ambiguity else self.replicates_without)
        }
        write_json(self.output, {"study": {"corpora": list(corpora)}, "corpora": corpora})


def name(ambiguity: float, replicate: int) -> str:
    """``planted-050-03``: the ambiguity in thousandths, the number of the replicate."""
    return f"{CORPUS}-{thousandths(ambiguity):03d}-{replicate:02d}"


def made(kind: GeneratedCorpus, ambiguity: float, replicate: int) -> dict[str, Any]:
    """One corpus; no two have the same seed."""
    seed = 1000 * thousandths(ambiguity) + replicate
    return kind.model_copy(update={"ambiguity": ambiguity, "seed": seed}).model_dump(mode="json")


def thousandths(ambiguity: float) -> int:
    """An ambiguity as a whole number."""
    return round(1000 * ambiguity)
