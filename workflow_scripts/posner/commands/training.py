"""The base of the two training commands: inputs, resume state and provenance."""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from posner.commands.base import ModelCommand
from posner.corpora.corpus import corpus_files
from posner.model.folders import model_files
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.workflow.command import Folder
from posner.workflow.provenance import record, work_hash

log = logging.getLogger(__name__)


class TrainingCommand(ModelCommand):
    """A training on a corpus and an encoder, which can be stopped and resumed."""

    corpus: Folder
    """Folder of the corpus."""
    encoder: Folder
    """Folder of the prepared encoder."""
    seed: int = Field(ge=0)
    """Training seed."""
    output: Path
    """Folder to write to."""
    resume: Path | None = None
    """Folder for the state from which a killed training resumes. One training at a time uses it."""
    save_every: float = Field(180, gt=0)
    """Seconds from one saving of that state to the next."""

    excluded_from_provenance = frozenset({"resume", "save_every"})
    results: ClassVar[tuple[str, ...]]  # files below `output` that every training of this kind writes

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), *model_files(self.encoder)]

    def provenance_path(self) -> Path:
        return self.output / "model" / "provenance.json"

    def execute(self) -> None:
        if self.resume is None:
            self.train(NoResume())
            return
        now = record(self)
        with ResumeFolder(self.resume, work_hash(now), self.save_every) as resume:
            if self.is_finished(now):  # by a training that a killed Snakemake has left, and that ended just now
                log.info("%s has the results of this training; nothing to do", self.output)
                raise SystemExit(0)
            self.train(resume)

    @abstractmethod
    def train(self, resume: Resume) -> None:
        """Train, and write the outputs."""

    def is_finished(self, now: dict[str, Any]) -> bool:
        """Whether the outputs exist and their record equals `now`; packages that are loaded late do not count."""
        try:
            before = json.loads(self.provenance_path().read_text(encoding="utf-8"))
            is_same = work_hash({name: before[name] for name in now} | {"packages": now["packages"]}) == work_hash(now)
        except (OSError, ValueError, KeyError):
            return False
        return is_same and all((self.output / name).is_file() for name in self.results)
