"""The training loop: one for the baseline, every variant and the POS taggers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from .batching import Example, collate, training_batches
from .config import Training
from .device import Device
from .model import PosNerModel
from .optimizer import SplitAdamW

log = logging.getLogger(__name__)
LINES = 20  # progress lines of a training whose output is no terminal


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How often to evaluate a model in training, and with what; the highest score tells the best checkpoint."""

    every: int
    score: Callable[[PosNerModel], float]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the history.

    `loss` is the mean over the steps since the row before; `score` is ``None`` where there was no evaluation.
    """

    step: int
    epoch: float
    loss: float
    learning_rate: float
    score: float | None
    seconds: float


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
) -> Trained:
    """Fine-tune `model` in place; with an `evaluation`, it ends with the weights that scored best, else with the last.

    The only random streams are the order of batches (from `seed`) and dropout (torch's, seeded with `seed` here).
    """
    lengths = [len(example.pieces) for example in examples]
    per_epoch = -(-len(examples) // settings.train_batch_size)
    steps = per_epoch * settings.epochs
    optimizer = SplitAdamW(model.to(device.device).train(), settings, steps, device)
    best = Best()
    history: list[Step] = []
    losses: list[float] = []
    started = time.perf_counter()
    training_seconds = 0.0
    torch.manual_seed(seed)
    step = 0
    with tqdm(total=steps, desc="training", unit="step", disable=None) as bar:
        for epoch in range(settings.epochs):
            for batch in training_batches(lengths, settings.train_batch_size, seed, epoch):
                tick = time.perf_counter()
                loss = training_step(model, [examples[i] for i in batch], pad_id, device, optimizer)
                losses.append(loss)
                training_seconds += time.perf_counter() - tick
                step += 1
                bar.update()
                is_due = evaluation is not None and (step % evaluation.every == 0 or step == steps)
                if not is_due and step % max(1, steps // LINES) and step != steps:
                    continue
                score = evaluation.score(model.eval()) if is_due and evaluation is not None else None
                model.train()
                if score is not None:
                    best.offer(model, step, score)
                history.append(
                    Step(
                        step=step,
                        epoch=step / per_epoch,
                        loss=sum(losses) / len(losses),
                        learning_rate=optimizer.learning_rate,
                        score=score,
                        seconds=time.perf_counter() - started,
                    )
                )
                losses.clear()
                report(history[-1], steps, bar)
    best.restore(model)
    model.eval()
    return Trained(
        history=history,
        best_step=best.step or steps,
        steps=steps,
        seconds=time.perf_counter() - started,
        speed=settings.epochs * sum(lengths) / training_seconds,
    )


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


class Best:
    """The best weights so far; the earliest of equals."""

    def __init__(self) -> None:
        self.step = 0
        self.score = float("-inf")
        self.weights: dict[str, Tensor] | None = None

    def offer(self, model: PosNerModel, step: int, score: float) -> None:
        """Keep the model's weights if `score` is the highest yet."""
        if score > self.score:
            self.step, self.score = step, score
            self.weights = {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}

    def restore(self, model: PosNerModel) -> None:
        """Give `model` the best weights, if any were offered."""
        if self.weights is not None:
            model.load_state_dict(self.weights)
