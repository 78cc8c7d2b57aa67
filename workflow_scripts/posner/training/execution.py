"""How training steps are executed: one operation after the other, or each step as one CUDA graph.

A step consists of some thousand small operations. On a GPU, the processor that launches them is slower than the device,
unless the device replays all of them with one launch.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch

from posner.arrays import Ids
from posner.errors import InputError, first_line
from posner.model.checkpoint import Checkpoint
from posner.training.state import Progress
from posner.training.step import TrainingStep

log = logging.getLogger(__name__)
WARM_UP = 3  # steps before the first capture, in which libraries choose and load their kernels
AHEAD = 16  # steps that may wait in the queue of a GPU; with more, a signal would be answered later
GPU_WIDTH = 8  # on a GPU, sentences are padded to a multiple: a graph serves several lengths, and kernels are faster

Operations = Callable[[], None]


class Widths:
    """Padded widths of batches.

    Args:
        lengths: ``[sentences]``, in word pieces.
        longest: longest input in word pieces.
        multiple: the widths are multiples of it, where the longest input allows that.
    """

    def __init__(self, lengths: Ids, longest: int, multiple: int) -> None:
        self.lengths, self.longest, self.multiple = lengths, longest, multiple

    def __call__(self, sentences: Sequence[int]) -> int:
        """The width of a batch of these sentences."""
        width = int(self.lengths[sentences].max())
        return max(width, min(-(-width // self.multiple) * self.multiple, self.longest))


class Execution(Protocol):
    """Executes the steps of a training."""

    def take(self, sentences: Sequence[int]) -> None:
        """Train with the batch of these sentences. The device may still be busy with it afterwards."""


class EagerExecution:
    """Launches one operation after the other."""

    def __init__(self, step: TrainingStep, widths: Widths, device: torch.device) -> None:
        self.step, self.widths, self.device = step, widths, device

    def take(self, sentences: Sequence[int]) -> None:
        self.step(to_device(sentences, self.device), self.widths(sentences))


class GraphExecution:
    """Captures the step for each width of a full batch as a graph, and replays it.

    Smaller batches, which are the last of an epoch, are executed eagerly. If the step cannot be captured, all batches
    are executed eagerly, or that is an error if graphs are required.
    """

    def __init__(
        self, eager: EagerExecution, progress: Progress, batch_size: int, graphs: Graphs, are_required: bool
    ) -> None:
        self.eager, self.progress, self.graphs, self.are_required = eager, progress, graphs, are_required
        self.sentences = torch.zeros(batch_size, dtype=torch.long, device=eager.device)  # the input of all graphs
        self.replays: dict[int, Operations] = {}
        self.is_possible = True

    def take(self, sentences: Sequence[int]) -> None:
        if self.is_possible and len(sentences) == len(self.sentences):
            self.sentences.copy_(to_device(sentences, self.eager.device))
            width = self.eager.widths(sentences)
            if width in self.replays or self.capture(width):
                self.replays[width]()
                return
        self.eager.take(sentences)

    def capture(self, width: int) -> bool:
        """Capture the step for this width; returns whether that was possible.

        Raises:
            InputError: it was not, and graphs are required.
        """

        def run() -> None:
            self.eager.step(self.sentences, width)

        if not self.replays:
            for _ in range(WARM_UP):  # each undone, since fewer steps may be left
                undone(self.progress, lambda: self.graphs.beside(run))
        try:
            self.replays[width] = self.graphs.capture(run)
        except CaptureError as error:
            if self.are_required:
                raise InputError(
                    f"compute.graphs: the encoder cannot be captured ({error}); use auto or off"
                ) from error
            log.warning("the encoder cannot be captured as a CUDA graph (%s); eager steps, which are slower", error)
            self.is_possible = False
            self.replays.clear()
            self.progress.optimizer.discard()
        return self.is_possible


def undone(progress: Progress, run: Operations) -> None:
    """Execute operations that change the state of a training, and undo them, but for the time that they took."""
    before, started = progress.snapshot().copy(), progress.started
    try:
        run()
    finally:
        progress.optimizer.discard()
        progress.restore(before)
        progress.started = started


def require_determinism(progress: Progress, run: Operations) -> None:
    """Have torch use deterministic operations only, if the step `run` has no others; else say so.

    Where it only warns, torch uses a faster gradient of attention, which is not deterministic.
    """
    torch.use_deterministic_algorithms(True)
    try:
        undone(progress, run)
    except RuntimeError as error:
        if "deterministic" not in str(error):
            raise
        torch.use_deterministic_algorithms(True, warn_only=True)
        log.warning("trainings of this encoder may differ on a GPU: %s", first_line(error))


class CaptureError(Exception):
    """The operations cannot be captured as a graph."""


class Graphs(Protocol):
    """A device that captures operations and replays them."""

    def beside(self, run: Operations) -> None:
        """Execute operations where captures run, and wait for them."""

    def capture(self, run: Operations) -> Operations:
        """Capture operations, without executing them; returns a function that executes them.

        Raises:
            CaptureError: they cannot be captured.
            InputError: the memory is too small.
        """


class CudaGraphs:
    """The graphs of a GPU; they share their memory, since one runs after the other."""

    def __init__(self, device: torch.device) -> None:
        self.stream, self.pool = torch.cuda.Stream(device), torch.cuda.graph_pool_handle()
        self.queue = deque[torch.cuda.Event]()

    def beside(self, run: Operations) -> None:
        self.stream.wait_stream(torch.cuda.current_stream(self.stream.device))
        with torch.cuda.stream(self.stream):
            run()
        self.stream.synchronize()

    def capture(self, run: Operations) -> Operations:
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream(self.stream.device)
        try:
            with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
                run()
        except RuntimeError as error:  # that of the end of the capture; its context is what made the capture fail
            torch.cuda.set_stream(stream)  # torch leaves the stream of the capture in place
            cause = error.__context__ if isinstance(error.__context__, Exception) else error
            if isinstance(cause, torch.OutOfMemoryError):
                raise InputError(
                    "too little GPU memory to capture the training step; run fewer jobs on the GPU, use a smaller "
                    "train_batch_size, or compute.graphs: off"
                ) from error
            raise CaptureError(first_line(cause)) from error

        def replay() -> None:
            graph.replay()
            self.queue.append(torch.cuda.current_stream(self.stream.device).record_event())
            if len(self.queue) > AHEAD:
                self.queue.popleft().synchronize()

        return replay


def to_device(sentences: Sequence[int], device: torch.device) -> torch.Tensor:
    """The numbers ``[batch]`` on the device, without waiting for it."""
    numbers = torch.from_numpy(np.asarray(sentences, dtype=np.int64))
    return numbers.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else numbers


def make_execution(
    step: TrainingStep, checkpoint: Checkpoint, progress: Progress, lengths: Ids, batch_size: int
) -> Execution:
    """The execution that the device asks for.

    Args:
        lengths: ``[sentences]``, in word pieces.
        batch_size: sentences in a full batch.
    """
    device = checkpoint.device
    is_gpu = device.device.type == "cuda"
    widths = Widths(lengths, checkpoint.max_length, GPU_WIDTH if is_gpu else 1)
    eager = EagerExecution(step, widths, device.device)
    if is_gpu:
        shortest = [int(lengths.argmin())]
        require_determinism(progress, lambda: eager.take(shortest))
    if device.graphs == "off":
        return eager
    return GraphExecution(eager, progress, batch_size, CudaGraphs(device.device), device.graphs == "on")
