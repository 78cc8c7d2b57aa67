"""How far a training has come, in a form that can be stored and gone on from."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from posner.model.modeling import PosNerModel
from posner.training.optimizer import SplitAdamW
from posner.training.snapshot import Snapshot, joined, part


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

    def snapshot(self) -> Snapshot:
        """Weights, step and score; no score before the first offer."""
        score = None if self.weights is None else self.score
        return Snapshot(dict(self.weights or {}), {"step": self.step, "score": score})

    def restore(self, snapshot: Snapshot) -> None:
        """Become what the snapshot was taken of."""
        if snapshot.values["score"] is not None:
            self.step, self.score, self.weights = snapshot.values["step"], snapshot.values["score"], snapshot.tensors

    def load_into(self, model: PosNerModel) -> None:
        """Give `model` the best weights, if any were offered."""
        if self.weights is not None:
            model.load_state_dict(self.weights)


class Progress:
    """How far a training has come: all that the rest of it depends on, besides what it was called with."""

    def __init__(self, model: PosNerModel, optimizer: SplitAdamW) -> None:
        self.model, self.optimizer = model, optimizer
        self.best = Best()
        self.step = 0
        self.history: list[Step] = []
        self.losses: list[float] = []  # since the last row of the history
        self.seconds = 0.0  # in steps, without evaluations
        self.started = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the start, without those in which the training was stopped."""
        return time.perf_counter() - self.started

    def snapshot(self) -> Snapshot:
        """All of it, between two steps."""
        own = {
            "step": self.step,
            "history": [asdict(row) for row in self.history],
            "losses": self.losses,
            "seconds": self.seconds,
            "elapsed": self.elapsed,
        }
        return joined(
            {
                "progress": Snapshot(random_states(), own),
                "model": Snapshot(dict(self.model.state_dict()), {}),
                "optimizer": self.optimizer.snapshot(),
                "best": self.best.snapshot(),
            }
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to where the snapshot was taken."""
        own = part(snapshot, "progress")
        self.step, self.losses, self.seconds = own.values["step"], own.values["losses"], own.values["seconds"]
        self.history = [Step(**row) for row in own.values["history"]]
        self.started = time.perf_counter() - own.values["elapsed"]
        self.model.load_state_dict(part(snapshot, "model").tensors)
        self.optimizer.restore(part(snapshot, "optimizer"))
        self.best.restore(part(snapshot, "best"))
        set_random_states(own.tensors)


def random_states() -> dict[str, Tensor]:
    """States of torch's random number generators, one a device."""
    states = {"cpu": torch.get_rng_state()}
    return states | {f"cuda:{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}


def set_random_states(states: dict[str, Tensor]) -> None:
    """Undo what was drawn since :func:`random_states`."""
    for name, state in states.items():
        if name == "cpu":
            torch.set_rng_state(state)
        elif torch.device(name).index < torch.cuda.device_count():  # others were not used
            torch.cuda.set_rng_state(state, name)
