"""What the two kinds of training have in common as commands: their files, and how they are stopped and recorded."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.commands.base import ModelCommand
from posner.corpora.corpus import corpus_files
from posner.files import atomic_path
from posner.model.modeling import PosNerModel
from posner.model.pretrained import model_files
from posner.training.resume import NoResume, ResumeFolder
from posner.workflow.command import Folder
from posner.workflow.provenance import key, record


class TrainingCommand(ModelCommand):
    """A training on a corpus and an encoder, which can be stopped and gone on with."""

    corpus: Folder
    """Folder of the corpus."""
    encoder: Folder
    """Folder of the prepared encoder."""
    seed: int = Field(ge=0)
    """Training seed."""
    output: Path
    """Folder to write to."""
    resume: Path | None = None
    """Folder for the state from which a killed training goes on."""
    save_every: float = Field(180, gt=0)
    """Seconds from one saving of that state to the next."""

    unrecorded = frozenset({"resume", "save_every"})

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), *model_files(self.encoder)]

    def sidecar(self) -> Path:
        return self.output / "model" / "provenance.json"

    def resume_state(self) -> NoResume:
        """Where the training is kept; a state is known by all that the result depends on."""
        if self.resume is None:
            return NoResume()
        return ResumeFolder(self.resume, key(record(self)), self.save_every)

    def save_model(self, model: PosNerModel, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write the checkpoint: weights, config and tokenizer."""
        with atomic_path(self.output / "model") as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
