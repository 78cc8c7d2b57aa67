"""One training step as operations of the device: from the numbers of the sentences to new weights.

Nothing is read from the device and no shape depends on the data, so that the step can be captured as a CUDA graph.
"""

from __future__ import annotations

from contextlib import nullcontext

from torch import Tensor

from posner.model.batching import Examples
from posner.model.checkpoint import Checkpoint
from posner.model.cpu_kernels import CpuKernels
from posner.training.optimizer import SplitAdamW
from posner.training.step_record import StepRecord


class TrainingStep:
    """Trains the model of a checkpoint with one batch of some examples."""

    def __init__(self, checkpoint: Checkpoint, examples: Examples, optimizer: SplitAdamW, record: StepRecord) -> None:
        self.checkpoint, self.optimizer, self.record = checkpoint, optimizer, record
        self.collate = checkpoint.collator(examples)
        self.kernels = CpuKernels() if checkpoint.device.device.type == "cpu" else nullcontext()

    def __call__(self, sentences: Tensor, width: int) -> None:
        """Update the weights, and record loss and norm.

        Args:
            sentences: ``[batch]``, numbers of the sentences, on the device.
            width: number of word pieces to which they are padded.
        """
        batch = self.collate.pad(sentences, width)
        with self.checkpoint.device.autocast(), self.kernels:
            loss = self.checkpoint.model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss
        step = self.optimizer.taken.clone()
        norm = self.optimizer.step(loss)
        self.record.write(step, loss.detach().view(1), norm)
