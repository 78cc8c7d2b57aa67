"""The optimizer: AdamW, with a lazy update of the word embeddings, of which a batch uses a few hundred rows.

No method reads a number from the device, so that a whole step can be captured as a CUDA graph, and the processor does
not wait for it.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from posner.config.training import Training
from posner.model.device import Device
from posner.model.modeling import NEW, PosNerModel
from posner.training.loss_scale import LossScale
from posner.training.word_rows import RowGradients, WordRows


class SplitAdamW:
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) for all parameters except the word embeddings.

    Word embeddings have no weight decay, see :class:`posner.training.word_rows.WordRows`. New parameters have the
    learning rate `new_learning_rate`; biases and normalisation weights have no weight decay.

    Attributes:
        schedule: ``[steps + 1]``, learning rate of the pretrained parameters by the number of steps so far.
        taken: ``[1]``, number of steps so far, on the device.
    """

    def __init__(self, model: PosNerModel, settings: Training, steps: int, device: Device) -> None:
        embedding = model.encoder.get_input_embeddings()
        self.words = WordRows(embedding)
        self.dense = [p for p in model.parameters() if p is not self.words.weight]
        groups = parameter_groups(model, self.words.weight, settings)
        self.peaks: list[float] = [group["lr"] for group in groups]
        location = embedding.weight.device
        # As tensors, the rates and step counts of AdamW are part of a CUDA graph.
        self.rates = [torch.zeros(1, device=location) for _ in groups]
        for group, rate in zip(groups, self.rates, strict=True):
            group["lr"] = rate
        self.adamw = torch.optim.AdamW(groups, fused=True, capturable=device.graphs != "off")
        self.adamw._warned_capturable_if_run_uncaptured = True  # some steps are executed eagerly
        for p in self.dense:
            moments = {name: torch.zeros_like(p) for name in ("exp_avg", "exp_avg_sq")}
            self.adamw.state[p] = {"step": torch.zeros((), device=location), **moments}
        factors = linear_schedule(round(settings.warmup_ratio * steps), steps)
        self.schedule = settings.learning_rate * factors
        self.factors = torch.from_numpy(factors).float().to(location)
        self.peak, self.rate = settings.learning_rate, torch.zeros(1, device=location)
        self.taken = torch.zeros(1, dtype=torch.long, device=location)
        self.scale = LossScale.of(device.precision, location)
        self.max_norm = settings.max_grad_norm

    def step(self, loss: Tensor) -> Tensor:
        """Backward pass, gradient clipping, update of the weights and of the learning rate.

        Returns:
            ``[1]``, the L2 norm of all gradients before clipping. If it is not finite, no weight has changed.
        """
        self.set_rates()
        self.scale.of_loss(loss).backward()
        rows = self.words.gradients()
        norm = self.clip(rows)
        is_finite = norm.isfinite()
        # As torch's GradScaler does: with this, the fused kernel changes nothing.
        self.adamw.found_inf = (~is_finite).float().squeeze()  # type: ignore[attr-defined]
        self.adamw.step()
        self.words.update(rows, self.rate, is_finite)
        self.adamw.zero_grad(set_to_none=True)
        self.scale.update(is_finite)
        self.taken += 1
        return norm

    def discard(self) -> None:
        """Forget a step that was not completed."""
        self.adamw.zero_grad(set_to_none=True)
        self.words.lookups.clear()

    def set_rates(self) -> None:
        """Set the learning rates of this step."""
        factor = self.factors.index_select(0, self.taken)
        self.rate.copy_(factor * self.peak)
        for rate, peak in zip(self.rates, self.peaks, strict=True):
            rate.copy_(factor * peak)

    def clip(self, rows: RowGradients) -> Tensor:
        """Scale all gradients, and `rows`, those of the words, so that their global L2 norm is at most `max_norm`.

        AdamW scales its gradients itself, since each pass over all of them takes time.

        Returns:
            ``[1]``, the norm before that.
        """
        gradients = [*(p.grad for p in self.dense if p.grad is not None), rows.values]
        norm = nn.utils.get_total_norm(gradients, foreach=True) / self.scale.value
        divisor = torch.clamp((norm + 1e-6) / self.max_norm, min=1.0) * self.scale.value
        self.adamw.grad_scale = divisor.squeeze()  # type: ignore[attr-defined]
        rows.values.div_(divisor)
        return norm

    def tensors(self) -> dict[str, Tensor]:
        """All that further steps depend on, apart from the weights: the tensors themselves, by name."""
        names = ("step", "exp_avg", "exp_avg_sq")
        dense = {f"dense.{i}.{name}": self.adamw.state[p][name] for i, p in enumerate(self.dense) for name in names}
        words = {f"words.{name}": tensor for name, tensor in self.words.tensors().items()}
        scale = {f"scale.{name}": tensor for name, tensor in self.scale.tensors().items()}
        return {"taken": self.taken, **dense, **words, **scale}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Give the model's word embeddings back as they were."""
        self.words.release()


def linear_schedule(warmup: int, steps: int) -> npt.NDArray[np.float64]:
    """Factors of the learning rate by the number of steps so far ``[steps + 1]``: a linear rise to 1, then a fall to 0.

    They are those of ``transformers.get_linear_schedule_with_warmup``.
    """
    step = np.arange(steps + 1)
    return np.where(step < warmup, step / max(1, warmup), (steps - step) / max(1, steps - warmup))


def parameter_groups(model: PosNerModel, words: nn.Parameter, settings: Training) -> list[dict[str, Any]]:
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
