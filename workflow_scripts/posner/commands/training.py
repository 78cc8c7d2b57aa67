"""The base of the two training commands: inputs, resume state and provenance."""

from __future__ import annotations

import logging
from abc import abstractmethod
from pathlib import Path

from pydantic import Field

from posner.commands.base import ModelCommand
from posner.config.base import COUNT, Seed
from posner.corpora.corpus import SPLITS, corpus_files
from posner.model.folders import is_trained, model_files, require_own_folder
from posner.model.stored_pieces import pieces_files
from posner.training.lease import LeaseLostError
from posner.training.resume import NoResume, Resume, ResumeFolder
from posner.workflow.command import Folder
from posner.workflow.recording import Recording

log = logging.getLogger(__name__)


class TrainingCommand(ModelCommand):
    """A training on a corpus and an encoder, which can be stopped and resumed."""

    corpus: Folder
    """Folder of the corpus."""
    encoder: Folder
    """Folder of the prepared encoder."""
    pieces: Path
    """Card of the word pieces, pieces.json: tokenize_corpus writes it for the corpus, the encoder and max_length."""
    seed: Seed
    """Training seed."""
    output: Path
    """Folder to write to."""
    resume: Path | None = None
    """Folder for the state from which a killed training resumes. One training at a time uses it."""
    save_every: float = Field(180, gt=0, le=COUNT)
    """Seconds from one saving of that state to the next."""

    excluded_from_provenance = frozenset({"resume", "save_every"})

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), *model_files(self.encoder), *pieces_files(self.pieces, SPLITS)]

    def provenance_path(self) -> Path:
        return self.output / "provenance.json"

    def execute(self) -> None:
        self.train(NoResume())

    def execute_recorded(self, recording: Recording) -> None:
        """Train as the only process that may do this training, and remove the resume state when the record is written.

        Raises:
            LeaseLostError: another process has taken over and goes on; nothing was written.
        """
        require_own_folder(self.output / "model", is_trained)
        if self.resume is None:
            super().execute_recorded(recording)
            return
        try:
            self.execute_leased(self.resume, recording)
        except LeaseLostError as error:
            if not recording.is_finished():
                raise
            # No failure, after which Snakemake would remove the results of the other process.
            log.warning("%s; that one has finished", error)

    def execute_leased(self, folder: Path, recording: Recording) -> None:
        """Train and write the record, as the only process that uses the resume state in `folder`.

        Raises:
            LeaseLostError: another process has taken over; nothing was written.
        """
        with ResumeFolder(folder, recording.key, self.save_every) as resume:
            if recording.is_finished():  # by a training that a killed Snakemake has left, and that ended just now
                log.info("%s has the results of this training; nothing to do", self.output)
                return
            with recording.writing(resume.require):
                self.train(resume)
            resume.remove()

    @abstractmethod
    def train(self, resume: Resume) -> None:
        """Train, and write the outputs."""
