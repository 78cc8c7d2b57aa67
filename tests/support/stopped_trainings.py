"""Trainings that are stopped at a step and resumed in the same process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import torch
from posner.config.training import Kept, Training
from posner.config.variants import Variant
from posner.model.checkpoint import Checkpoint
from posner.training.loop import Evaluation, TrainingResult, train
from posner.training.resume import Resume, ResumeFolder
from posner.training.state import Step
from tiny_models import build_model, checkpoint_of, make_sentences, to_examples
from torch import Tensor

SETTINGS = Training(epochs=3, train_batch_size=4, learning_rate=5e-3, new_learning_rate=2e-2, warmup_ratio=0.25)
EXAMPLES = to_examples(make_sentences(14))  # 4 batches an epoch
STEPS = 12
EVERY = 3  # steps between evaluations

Trained = tuple[dict[str, Tensor], TrainingResult]  # weights, and what the training reports


class Scores:
    """A score that depends on the weights, and runs `before` in the evaluation at one step."""

    def __init__(self, at: int = 0, before: Callable[[], None] = lambda: None) -> None:
        self.at, self.before, self.step = at, before, 0

    def __call__(self, checkpoint: Checkpoint) -> float:
        self.step += EVERY
        if self.step == self.at:
            self.before()
        return float(checkpoint.model.classifier.weight.detach().sum().sin())


def run(
    encoder: Path, variant: Variant, score: Callable[[Checkpoint], float], resume: Resume, kept: Kept = "best"
) -> Trained:
    model = build_model(encoder, variant)
    with resume:
        trained = train(checkpoint_of(model), EXAMPLES, SETTINGS, 3, Evaluation(EVERY, score, kept), resume)
    return model.state_dict(), trained


def history(trained: TrainingResult) -> list[tuple[object, ...]]:
    """The history without the time it took."""
    return [(r.step, r.epoch, r.loss, r.learning_rate, r.score) for r in trained.history]


def same(one: Trained, other: Trained) -> bool:
    equal = all(torch.equal(one[0][name], other[0][name]) for name in one[0].keys() | other[0].keys())
    return equal and history(one[1]) == history(other[1]) and one[1].best_step == other[1].best_step


def send(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


class StoppedAt(ResumeFolder):
    """A state that is asked to stop after one step."""

    def __init__(self, folder: Path, step: int, number: int = signal.SIGTERM) -> None:
        super().__init__(folder, "key", every=1e9)
        self.step, self.number = step, number

    def after_step(self, work: Step) -> None:  # type: ignore[override]
        if work.step == self.step:
            os.kill(os.getpid(), self.number)
        super().after_step(work)  # type: ignore[arg-type]
