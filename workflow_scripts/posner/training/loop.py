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

from posner.config.training import FEW_STEPS, FEW_STEPS_WARNING, Training
from posner.model.batching import Batch, Examples, training_batches
from posner.model.checkpoint import Checkpoint
from posner.model.finite import ADVICE, NotFiniteError, require_finite
from posner.training.optimizer import SplitAdamW
from posner.training.resume import NoResume, Resume
from posner.training.state import Progress, Step

log = logging.getLogger(__name__)
LOG_LINES = 20  # log lines of a training whose output is not a terminal


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluation during training, every `every` steps; the weights with the highest `score` are kept."""

    every: int
    score: Callable[[Checkpoint], float]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Result of a training, apart from the weights.

    Attributes:
        history: rows of losses and scores.
        best_step: step of the final weights.
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

    It ends with the weights of the highest score, or with the last ones if there is no `evaluation`. The only random
    numbers are those of the batch order (from `seed`) and of dropout (torch's generator, seeded with `seed` here). A
    training that resumes from a state of `resume` ends with the same bits as one without interruption.

    Raises:
        NotFiniteError: a loss, a gradient or a logit is not finite.
    """
    resume = resume or NoResume()
    model = checkpoint.model.to(checkpoint.device.device).train()
    lengths, collate = examples.pieces.lengths.tolist(), checkpoint.collator(examples)
    per_epoch, steps = settings.steps_per_epoch(len(examples)), settings.steps(len(examples))
    if steps < FEW_STEPS:
        log.warning("only %d training steps. %s", steps, FEW_STEPS_WARNING)
    optimizer = SplitAdamW(model, settings, steps, checkpoint.device)
    progress = Progress(model, optimizer, steps)
    torch.manual_seed(seed)
    resume.restore(progress)
    epochs = (
        training_batches(lengths, settings.train_batch_size, seed, epoch) for epoch in range(-(-steps // per_epoch))
    )
    batches = islice(chain.from_iterable(epochs), progress.step, steps)
    with tqdm(total=steps, initial=progress.step, desc="training", unit="step", disable=None) as bar:
        recorder = Recorder(checkpoint, evaluation, per_epoch, steps, resume, bar)
        with resume.watch(progress):
            recorder.record(progress)  # the training may have been stopped during an evaluation
            for batch in batches:
                tick = time.perf_counter()
                progress.losses.append(training_step(checkpoint, collate(batch), optimizer, progress.step + 1))
                progress.seconds += time.perf_counter() - tick
                progress.step += 1
                bar.update()
                recorder.record(progress)
                resume.after_step(progress)
    warn_of_divergence(progress.history[-1].loss, model.config.num_labels)
    progress.best.load_into(model)
    model.eval()
    return TrainingResult(
        history=progress.history,
        best_step=progress.best.step or steps,
        steps=steps,
        seconds=progress.elapsed,
        speed=steps / per_epoch * sum(lengths) / progress.seconds,
    )


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
        score = None
        if is_evaluated and self.evaluation is not None:
            with self.resume.interruptible():
                progress.model.eval()
                score = self.score(self.evaluation, step)
            progress.best.offer(progress.model, step, score)
        row = Step(
            step=step,
            epoch=step / self.per_epoch,
            loss=sum(progress.losses) / len(progress.losses),
            learning_rate=progress.optimizer.learning_rate,
            score=score,
            seconds=progress.elapsed,
        )
        progress.history.append(row)
        progress.losses.clear()
        report(row, self.steps, self.bar)

    def score(self, evaluation: Evaluation, step: int) -> float:
        """The score of the current weights.

        Raises:
            NotFiniteError: a logit is not finite; the message names the step.
        """
        try:
            return evaluation.score(self.checkpoint)
        except NotFiniteError as error:
            raise NotFiniteError(f"evaluation at step {step}: {error}; {ADVICE}") from error


def training_step(checkpoint: Checkpoint, batch: Batch, optimizer: SplitAdamW, step: int) -> float:
    """One update of the model with one batch, as step number `step`; returns the loss.

    Raises:
        NotFiniteError: the loss is not finite, or the gradients are not and no scaler has skipped the update.
    """
    model = checkpoint.model.train()
    with checkpoint.device.autocast():
        loss = model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss
    norm = optimizer.step(loss)
    # Both in one transfer, since each waits for the device.
    value, gradient_norm = torch.stack([loss.detach(), norm.to(loss)]).tolist()
    require_finite("loss", value, step)
    if not optimizer.was_skipped(gradient_norm):
        require_finite("norm of the gradients", gradient_norm, step)
    return value


def report(row: Step, steps: int, bar: tqdm[None]) -> None:
    """Report a row: beside the progress bar on a terminal, else as a line of the log."""
    score = "" if row.score is None else f", validation F1 {row.score:.4f}"
    if bar.disable:
        log.info("step %d/%d, epoch %.2f, loss %.4f%s", row.step, steps, row.epoch, row.loss, score)
    else:
        bar.set_postfix_str(f"loss {row.loss:.4f}{score}")
