"""State of a training between two steps, which can be saved and restored."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from posner.model.modeling import PosNerModel
from posner.training.optimizer import SplitAdamW
from posner.training.snapshot import Snapshot
from posner.training.step_record import StepRecord


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the history.

    Attributes:
        step: training steps so far.
        epoch: epochs so far, with fractions.
        loss: mean over the steps since the previous row.
        learning_rate: that of the pretrained parameters.
        score: score of the evaluation; ``None`` if there was none.
        seconds: duration so far.
    """

    step: int
    epoch: float
    loss: float
    learning_rate: float
    score: float | None
    seconds: float


class BestScore:
    """The step with the highest score so far; the earliest one of equal scores. The model keeps its last weights."""

    def __init__(self) -> None:
        self.step = 0
        self.score = float("-inf")

    def offer(self, model: PosNerModel, step: int, score: float) -> None:
        """Note the step if `score` is the highest so far."""
        if score > self.score:
            self.step, self.score = step, score
            self.keep(model)

    def keep(self, model: PosNerModel) -> None:
        """Keep what is needed of the best model."""

    def tensors(self) -> dict[str, Tensor]:
        """What is kept."""
        return {}

    def snapshot(self) -> Snapshot:
        """What is kept, with step and score; the score is ``None`` before the first offer."""
        return Snapshot(self.tensors(), {"step": self.step, "score": self.score if self.step else None})

    def restore(self, snapshot: Snapshot) -> None:
        """Return to the state of `snapshot`."""
        self.step, score = snapshot.values["step"], snapshot.values["score"]
        self.score = float("-inf") if score is None else score

    def load_into(self, model: PosNerModel) -> None:
        """Load what is kept into `model`."""


class BestWeights(BestScore):
    """The weights with the highest score so far.

    They are on the device, so that keeping them is fast, or on the CPU after the training was resumed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: dict[str, Tensor] | None = None

    def keep(self, model: PosNerModel) -> None:
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.weights or {})

    def restore(self, snapshot: Snapshot) -> None:
        super().restore(snapshot)
        self.weights = snapshot.tensors if self.step else None

    def load_into(self, model: PosNerModel) -> None:
        if self.weights is not None:
            model.load_state_dict(self.weights)


class Progress:
    """Everything that the remaining steps depend on, apart from the arguments of the training."""

    def __init__(self, model: PosNerModel, optimizer: SplitAdamW, steps: int, best: BestScore) -> None:
        self.model, self.optimizer, self.steps, self.best = model, optimizer, steps, best
        self.step = 0
        self.history: list[Step] = []
        self.record = StepRecord(steps, optimizer.taken.device)
        self.evaluating = 0.0  # seconds of evaluations
        self.started = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the start, without interruptions."""
        return time.perf_counter() - self.started

    def snapshot(self) -> Snapshot:
        """The whole state; only valid between two steps."""
        own = {
            "step": self.step,
            "history": [asdict(row) for row in self.history],
            "evaluating": self.evaluating,
            "elapsed": self.elapsed,
        }
        return Snapshot.join(
            {
                "progress": Snapshot(random_states(), own),
                "steps": Snapshot({"values": self.record.values}, {}),
                "model": Snapshot(dict(self.model.state_dict()), {}),
                "optimizer": Snapshot(self.optimizer.tensors(), {}),
                "best": self.best.snapshot(),
            }
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Return to the state of `snapshot`: the present tensors are written to, since graphs refer to them.

        Raises:
            ValueError: it is a state after the end of this training, or parts of it have other shapes.
            KeyError, TypeError, RuntimeError: parts of it are missing or have other shapes.
        """
        own = snapshot.part("progress")
        if not 0 <= own.values["step"] <= self.steps:
            raise ValueError(f"step {own.values['step']} of {self.steps}")
        self.step, self.evaluating = own.values["step"], own.values["evaluating"]
        self.history = [Step(**row) for row in own.values["history"]]
        self.started = time.perf_counter() - own.values["elapsed"]
        self.model.load_state_dict(snapshot.part("model").tensors)
        copy_into(self.optimizer.tensors(), snapshot.part("optimizer").tensors)
        copy_into({"values": self.record.values}, snapshot.part("steps").tensors)
        self.best.restore(snapshot.part("best"))
        set_random_states(own.tensors)


@torch.no_grad()
def copy_into(tensors: dict[str, Tensor], saved: dict[str, Tensor]) -> None:
    """Write the saved tensors into those of the same names.

    Raises:
        KeyError: one is missing.
        ValueError: one has another shape or type.
    """
    for name, tensor in tensors.items():
        if (saved[name].shape, saved[name].dtype) != (tensor.shape, tensor.dtype):
            raise ValueError(f"{name} has another shape or type")
        tensor.copy_(saved[name])


def random_states() -> dict[str, Tensor]:
    """States of torch's random number generators by device."""
    states = {"cpu": torch.get_rng_state()}
    return states | {f"cuda:{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}


def set_random_states(states: dict[str, Tensor]) -> None:
    """Restore the result of :func:`random_states`."""
    for name, state in states.items():
        if name == "cpu":
            torch.set_rng_state(state)
        elif torch.device(name).index < torch.cuda.device_count():  # the others were not used
            torch.cuda.set_rng_state(state, name)
