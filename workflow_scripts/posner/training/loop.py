"""The training loop of the baseline, of every variant and of the POS taggers."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice

import torch
from tqdm import tqdm

from posner.config.training import FEW_STEPS, FEW_STEPS_WARNING, Kept, Training
from posner.model.batching import Examples, training_batches
from posner.model.checkpoint import Checkpoint
from posner.model.finite import ADVICE, NotFiniteError
from posner.training.execution import make_execution
from posner.training.optimizer import SplitAdamW
from posner.training.resume import NoResume, Resume
from posner.training.state import BestScore, BestWeights, Progress, Step
from posner.training.step import TrainingStep

log = logging.getLogger(__name__)
START = "training starts"  # in the log before the first step
LOG_LINES = 20  # log lines of a training whose output is not a terminal


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluation during training.

    Attributes:
        every: steps between two evaluations.
        score: of the current weights.
        kept: the weights that the training ends with.
    """

    every: int
    score: Callable[[Checkpoint], float]
    kept: Kept = "best"


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Result of a training, apart from the weights.

    Attributes:
        history: rows of losses and scores.
        best_step: step with the highest score.
        steps: all steps.
        seconds: duration, without interruptions.
        speed: word pieces per second, without evaluations.
    """

    history: list[Step]
    best_step: int
    steps: int
    seconds: float
    speed: float


def train(
    checkpoint: Checkpoint,
    examples: Examples,
    settings: Training,
    seed: int,
    evaluation: Evaluation | None = None,
    resume: Resume | None = None,
) -> TrainingResult:
    """Fine-tune the model of `checkpoint` in place.

    It ends with the weights that `evaluation` asks for, or with the last ones if there is none. The only random
    numbers are those of the batch order (from `seed`) and of dropout (torch's generator, seeded with `seed` here). A
    training that resumes from a state of `resume` ends with the same bits as one without interruption.

    Raises:
        NotFiniteError: a loss, a gradient or a logit is not finite, which is noticed at the next row of the history.
    """
    resume = resume or NoResume()
    model = checkpoint.model.to(checkpoint.device.device).train()
    lengths = examples.pieces.lengths
    per_epoch, steps = settings.steps_per_epoch(len(examples)), settings.steps(len(examples))
    if steps < FEW_STEPS:
        log.warning("only %d training steps. %s", steps, FEW_STEPS_WARNING)
    with SplitAdamW(model, settings, steps, checkpoint.device) as optimizer:
        best = BestWeights() if evaluation and evaluation.kept == "best" else BestScore()
        progress = Progress(model, optimizer, steps, best)
        take_steps(checkpoint, examples, settings, seed, evaluation, resume, progress)
    warn_of_divergence(progress.history[-1].loss, model.config.num_labels)
    progress.best.load_into(model)
    model.eval()
    return TrainingResult(
        history=progress.history,
        best_step=progress.best.step or steps,
        steps=steps,
        seconds=progress.elapsed,
        speed=steps / per_epoch * float(lengths.sum()) / (progress.elapsed - progress.evaluating),
    )


def take_steps(
    checkpoint: Checkpoint,
    examples: Examples,
    settings: Training,
    seed: int,
    evaluation: Evaluation | None,
    resume: Resume,
    progress: Progress,
) -> None:
    """Take the remaining steps of a training, see :func:`train`."""
    lengths = examples.pieces.lengths
    per_epoch, steps = settings.steps_per_epoch(len(examples)), progress.steps
    step = TrainingStep(checkpoint, examples, progress.optimizer, progress.record)
    execution = make_execution(step, checkpoint, progress, lengths, settings.train_batch_size)
    torch.manual_seed(seed)
    resume.restore(progress)
    epochs = (
        training_batches(lengths.tolist(), settings.train_batch_size, seed, epoch)
        for epoch in range(-(-steps // per_epoch))
    )
    batches = islice(chain.from_iterable(epochs), progress.step, steps)
    with tqdm(total=steps, initial=progress.step, desc="training", unit="step", disable=None) as bar:
        recorder = Recorder(checkpoint, evaluation, per_epoch, steps, resume, bar)
        log.info("%s: %d sentences, %d steps", START, len(examples), steps)
        with resume.watch(progress):
            recorder.record(progress)  # the training may have been stopped during an evaluation
            for batch in batches:
                execution.take(batch)
                progress.step += 1
                bar.update()
                recorder.record(progress)
                resume.after_step(progress)


def warn_of_divergence(loss: float, labels: int) -> None:
    """Log a warning if the last loss of a training is far above that of guessing each of the labels equally often."""
    guessing = math.log(labels)
    if loss > 2 * guessing:
        log.warning(
            "the last training loss, %.4g, is far above that of guessing, %.2f; use a lower learning_rate or "
            "new_learning_rate",
            loss,
            guessing,
        )


@dataclass(frozen=True)
class Recorder:
    """Records the history of a training: scores at every evaluation, and losses in between."""

    checkpoint: Checkpoint
    evaluation: Evaluation | None
    per_epoch: int
    steps: int
    resume: Resume
    bar: tqdm[None]

    def record(self, progress: Progress) -> None:
        """Add a row for this step if one is due and missing."""
        step = progress.step
        is_evaluated = self.evaluation is not None and (step % self.evaluation.every == 0 or step == self.steps)
        is_due = is_evaluated or step % max(1, self.steps // LOG_LINES) == 0 or step == self.steps
        if not step or not is_due or (progress.history and progress.history[-1].step == step):
            return
        last, optimizer = progress.history[-1].step if progress.history else 0, progress.optimizer
        losses = progress.record.read(last, step, optimizer.scale.most_skipped)
        score = None
        if is_evaluated and self.evaluation is not None:
            score = self.evaluate(self.evaluation, progress)
            progress.best.offer(progress.model, step, score)
        row = Step(
            step=step,
            epoch=step / self.per_epoch,
            loss=float(losses.mean()),
            learning_rate=float(optimizer.schedule[step]),
            score=score,
            seconds=progress.elapsed,
        )
        progress.history.append(row)
        report(row, self.steps, self.bar)

    def evaluate(self, evaluation: Evaluation, progress: Progress) -> float:
        """The score of the current weights.

        Raises:
            NotFiniteError: a logit is not finite; the message names the step.
        """
        started = time.perf_counter()
        with self.resume.interruptible():
            progress.model.eval()
            try:
                return evaluation.score(self.checkpoint)
            except NotFiniteError as error:
                raise NotFiniteError(f"evaluation at step {progress.step}: {error}; {ADVICE}") from error
            finally:
                progress.model.train()
                progress.evaluating += time.perf_counter() - started


def report(row: Step, steps: int, bar: tqdm[None]) -> None:
    """Report a row: beside the progress bar on a terminal, else as a line of the log."""
    score = "" if row.score is None else f", validation F1 {row.score:.4f}"
    if bar.disable:
        log.info("step %d/%d, epoch %.2f, loss %.4f%s", row.step, steps, row.epoch, row.loss, score)
    else:
        bar.set_postfix_str(f"loss {row.loss:.4f}{score}")
