"""The training loop: one for the baseline, every variant and the POS taggers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import torch
from tqdm import tqdm

from posner.config.training import Training
from posner.model.batching import Example, collate, training_batches
from posner.model.device import Device
from posner.model.modeling import PosNerModel
from posner.training.optimizer import SplitAdamW
from posner.training.resume import NoResume, Resume
from posner.training.state import Progress, Step

log = logging.getLogger(__name__)
LINES = 20  # progress lines of a training whose output is no terminal


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How often to evaluate a model in training, and with what; the highest score tells the best checkpoint."""

    every: int
    score: Callable[[PosNerModel], float]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves besides the model's weights; `speed` is in word pieces a second, evaluations left out."""

    history: list[Step]
    best_step: int
    steps: int
    seconds: float
    speed: float


def train(
    model: PosNerModel,
    examples: Sequence[Example],
    pad_id: int,
    settings: Training,
    seed: int,
    device: Device,
    evaluation: Evaluation | None = None,
    resume: Resume | None = None,
) -> Trained:
    """Fine-tune `model` in place; with an `evaluation`, it ends with the weights that scored best, else with the last.

    The only random streams are the order of batches (from `seed`) and dropout (torch's, seeded with `seed` here). With
    a :class:`ResumeFolder` the training resumes from the state there, and ends with the same bits as one that was never
    stopped.
    """
    resume = resume or NoResume()
    lengths = [len(example.pieces) for example in examples]
    per_epoch = -(-len(examples) // settings.train_batch_size)
    steps = per_epoch * settings.epochs
    optimizer = SplitAdamW(model.to(device.device).train(), settings, steps, device)
    progress = Progress(model, optimizer)
    torch.manual_seed(seed)
    resume.restore(progress)
    epochs = (training_batches(lengths, settings.train_batch_size, seed, epoch) for epoch in range(settings.epochs))
    batches = islice(chain.from_iterable(epochs), progress.step, None)
    with tqdm(total=steps, initial=progress.step, desc="training", unit="step", disable=None) as bar:
        recorder = Recorder(evaluation, per_epoch, steps, resume, bar)
        with resume.watch(progress):
            recorder.record(progress)  # a training may have been stopped in its evaluation
            for batch in batches:
                tick = time.perf_counter()
                loss = training_step(model.train(), [examples[i] for i in batch], pad_id, device, optimizer)
                progress.losses.append(loss)
                progress.seconds += time.perf_counter() - tick
                progress.step += 1
                bar.update()
                recorder.record(progress)
                resume.after_step(progress)
    progress.best.load_into(model)
    model.eval()
    return Trained(
        history=progress.history,
        best_step=progress.best.step or steps,
        steps=steps,
        seconds=progress.elapsed,
        speed=settings.epochs * sum(lengths) / progress.seconds,
    )


@dataclass(frozen=True)
class Recorder:
    """Writes the history of a training: evaluations where they are due, and losses in between."""

    evaluation: Evaluation | None
    per_epoch: int
    steps: int
    resume: Resume
    bar: tqdm[None]

    def record(self, progress: Progress) -> None:
        """Add a row for this step, if one is due and not there yet."""
        step = progress.step
        is_evaluated = self.evaluation is not None and (step % self.evaluation.every == 0 or step == self.steps)
        is_due = is_evaluated or step % max(1, self.steps // LINES) == 0 or step == self.steps
        if not step or not is_due or (progress.history and progress.history[-1].step == step):
            return
        score = None
        if is_evaluated and self.evaluation is not None:
            with self.resume.interruptible():
                score = self.evaluation.score(progress.model.eval())
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


def training_step(
    model: PosNerModel, examples: Sequence[Example], pad_id: int, device: Device, optimizer: SplitAdamW
) -> float:
    """One update; returns the loss."""
    batch = collate(examples, pad_id).to(device.device)
    with device.autocast():
        loss = model(batch.input_ids, batch.attention_mask, batch.pos, batch.labels).loss
    optimizer.step(loss)
    return loss.item()


def report(row: Step, steps: int, bar: tqdm[None]) -> None:
    """Say where the training is: beside the bar on a terminal, else as a line of the log."""
    score = "" if row.score is None else f", validation F1 {row.score:.4f}"
    if bar.disable:
        log.info("step %d/%d, epoch %.2f, loss %.4f%s", row.step, steps, row.epoch, row.loss, score)
    else:
        bar.set_postfix_str(f"loss {row.loss:.4f}{score}")
