"""The optimizer: AdamW, with a sparse update of the word embeddings, of which a batch uses a few hundred rows."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_linear_schedule_with_warmup

from posner.config.training import Training
from posner.model.device import Device
from posner.model.modeling import NEW, PosNerModel
from posner.training.snapshot import Snapshot

# The scale of fp16 starts at 2^16 and halves at each skipped step: after so many in a row the gradients are at fault.
MOST_SKIPPED = 40


class SplitAdamW:
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) for all parameters except the word embeddings.

    Word embeddings are updated by ``torch.optim.SparseAdam``: rows that a batch does not use, and their moments, do not
    change, and they have no weight decay. On a CPU a dense update of the whole matrix would take a quarter of a step.

    New parameters have the learning rate `new_learning_rate`; biases and normalisation weights have no weight decay.
    """

    def __init__(self, model: PosNerModel, settings: Training, steps: int, device: Device) -> None:
        words = model.encoder.get_input_embeddings()
        words.sparse = True
        self.words: nn.Parameter = words.weight
        self.dense = [p for p in model.parameters() if p is not self.words]
        adamw = torch.optim.AdamW(parameter_groups(model, self.words, settings), fused=True)
        sparse = torch.optim.SparseAdam([self.words], lr=settings.learning_rate)
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (adamw, sparse)
        warmup = round(settings.warmup_ratio * steps)
        self.schedules: list[LambdaLR] = [
            get_linear_schedule_with_warmup(optimizer, warmup, steps) for optimizer in self.optimizers
        ]
        self.scaler = torch.amp.GradScaler(device.device.type, enabled=device.precision == "fp16")
        self.max_norm = settings.max_grad_norm
        self.skipped = 0  # updates that the scaler has skipped in a row

    def step(self, loss: Tensor) -> Tensor:
        """Backward pass, gradient clipping, update of the weights and of the learning rate.

        Returns:
            The L2 norm of all gradients before clipping, a scalar on the device. In fp16 it may be infinite: the
            scaler then skips the update and lowers its scale.
        """
        self.scaler.scale(loss).backward()
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        norm = self.clip()
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)
            optimizer.zero_grad(set_to_none=True)
        self.scaler.update()
        for schedule in self.schedules:
            schedule.step()
        return norm

    def clip(self) -> Tensor:
        """Scale all gradients so that their global L2 norm is at most `max_norm`; returns the norm before that."""
        gradients = [p.grad for p in self.dense if p.grad is not None]
        if self.words.grad is not None:
            self.words.grad = self.words.grad.coalesce()
            gradients.append(self.words.grad.values())
        norm = nn.utils.get_total_norm(gradients, foreach=True)
        torch._foreach_mul_(gradients, torch.clamp(self.max_norm / (norm + 1e-6), max=1.0))
        return norm

    def was_skipped(self, norm: float) -> bool:
        """Whether the scaler of fp16 skipped the last update, whose gradients had this `norm`, to lower its scale.

        After `MOST_SKIPPED` in a row the answer is no: a lower scale does not help.
        """
        is_skipped = self.scaler.is_enabled() and not math.isfinite(norm)
        self.skipped = self.skipped + 1 if is_skipped else 0
        return is_skipped and self.skipped <= MOST_SKIPPED

    def snapshot(self) -> Snapshot:
        """Moments, step counts, learning rates and loss scale."""
        tensors: dict[str, Tensor] = {}
        values: dict[str, Any] = {}
        for i, optimizer in enumerate(self.optimizers):
            for parameter, state in optimizer.state_dict()["state"].items():
                for name, value in state.items():
                    (tensors if isinstance(value, Tensor) else values)[f"{i}.{parameter}.{name}"] = value
        rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        schedules = [schedule.state_dict() for schedule in self.schedules]
        scaler = self.scaler.state_dict()
        return Snapshot(tensors, {"state": values, "rates": rates, "schedules": schedules, "scaler": scaler})

    def restore(self, snapshot: Snapshot) -> None:
        """Return to the state of `snapshot`."""
        states: list[dict[int, dict[str, Any]]] = [{} for _ in self.optimizers]
        for path, value in {**snapshot.tensors, **snapshot.values["state"]}.items():
            i, parameter, name = path.split(".")
            states[int(i)].setdefault(int(parameter), {})[name] = value
        for optimizer, state, rates in zip(self.optimizers, states, snapshot.values["rates"], strict=True):
            optimizer.load_state_dict(optimizer.state_dict() | {"state": state})
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate
        for schedule, state in zip(self.schedules, snapshot.values["schedules"], strict=True):
            schedule.load_state_dict(state)
        self.scaler.load_state_dict(snapshot.values["scaler"])

    @property
    def learning_rate(self) -> float:
        """Current learning rate of the pretrained parameters."""
        return float(self.schedules[1].get_last_lr()[0])


def parameter_groups(model: PosNerModel, words: nn.Parameter, settings: Training) -> list[dict[str, object]]:
    """Parameter groups of AdamW without `words`: pretrained or new, with or without weight decay."""
    split: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter is not words:
            split.setdefault((name.startswith(NEW), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": settings.new_learning_rate if is_new else settings.learning_rate,
            "weight_decay": settings.weight_decay if decays else 0.0,
        }
        for (is_new, decays), parameters in split.items()
    ]
