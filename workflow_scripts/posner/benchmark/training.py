"""Compare the speed of our training loop with that of `transformers.Trainer`.

All contenders train the same model on the same sentences, with the same batch size and number of threads, in one
process and alternately. They train two epochs, of which the second is measured: the first has what is done once, such
as the compilation of a model or the capture of CUDA graphs.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from posner.benchmark.measurements import Measurement, best_times
from posner.benchmark.workload import Workload
from posner.config.variants import Variant
from posner.model.batching import Examples, labels_of_pieces
from posner.model.checkpoint import Checkpoint
from posner.model.device import DTYPES, Device
from posner.model.modeling import model_config
from posner.training.loop import Evaluation, train

EPOCHS = 2
TASK = "training"


def training_speeds(load: Workload, rounds: int) -> list[Measurement]:
    """Our loop, and Trainer with default flags, with its best ones (the alternative), and compiled if possible."""
    best: dict[str, Any] = {"train_sampling_strategy": "group_by_length"}
    if load.device.precision != "fp32":
        best[load.device.precision] = True
    contenders: dict[str, Callable[[], float]] = {
        "Trainer, default flags": lambda: epoch_of_trainer(load, "sdpa", {}),
        "Trainer, best flags, sdpa": lambda: epoch_of_trainer(load, "sdpa", best),
        "Trainer, best flags, eager": lambda: epoch_of_trainer(load, "eager", best),
        "posner, sdpa": lambda: epoch_of_ours(load, "sdpa"),
        "posner, eager": lambda: epoch_of_ours(load, "eager"),
    }
    if load.device.device.type == "cuda" or shutil.which("c++"):
        contenders["Trainer, best flags, compiled"] = lambda: epoch_of_trainer(
            load, "sdpa", best | {"torch_compile": True}
        )
    times = best_times(contenders, rounds)
    alternative = min(seconds for name, seconds in times.items() if name.startswith("Trainer, best"))
    flops = load.pieces * flops_per_piece(load)
    peak = matmul_speed(load.device)
    return [
        Measurement(
            task=TASK,
            contender=name,
            value=load.pieces / seconds,
            unit="pieces/s",
            ratio=alternative / seconds,
            step=1000 * seconds / load.steps,
            share=flops / seconds / peak,
        )
        for name, seconds in times.items()
    ]


def epoch_of_ours(load: Workload, attention: str) -> float:
    """Seconds of the second epoch of our loop."""
    config = model_config(load.encoder, load.labels, Variant())
    device = replace(load.device, attention=attention)
    checkpoint = Checkpoint.fresh(load.encoder, config, 0, device, load.settings.max_length)
    settings = load.settings.model_copy(update={"epochs": EPOCHS})
    at_ends_of_epochs = Evaluation(load.steps, lambda _: 0.0)
    rows = train(checkpoint, load.examples, settings, 0, at_ends_of_epochs).history
    seconds = {row.step: row.seconds for row in rows}
    return seconds[EPOCHS * load.steps] - seconds[(EPOCHS - 1) * load.steps]


class EpochTimes(TrainerCallback):
    """Notes when each epoch of a Trainer ends."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_epoch_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())


def epoch_of_trainer(load: Workload, attention: str, options: dict[str, Any]) -> float:
    """Seconds of the second epoch of `transformers.Trainer`."""
    model = AutoModelForTokenClassification.from_pretrained(
        load.encoder, num_labels=len(load.labels), trust_remote_code=False, attn_implementation=attention
    )
    times = EpochTimes()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=load.settings.train_batch_size,
            learning_rate=load.settings.learning_rate,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=load.device.device.type == "cpu",
            **options,
        )
        Trainer(
            model,
            arguments,
            train_dataset=trainer_rows(load.examples),
            data_collator=DataCollatorForTokenClassification(load.tokenizer),
            callbacks=[times],
        ).train()
    return times.ends[-1] - times.ends[-2]


def trainer_rows(examples: Examples) -> list[dict[str, list[int]]]:
    """Examples in the format of Trainer's collator: the first piece of each word has its label."""
    pieces = examples.pieces
    labels = labels_of_pieces(pieces, examples.labels)
    return [
        {"input_ids": pieces.input_ids[start:end].tolist(), "labels": labels[start:end].tolist()}
        for start, end in pairwise(pieces.bounds)
    ]


def flops_per_piece(load: Workload) -> float:
    """Floating-point operations of training for each word piece: 6 for each parameter that is not an embedding.

    Two of them in the forward pass and four in the backward pass; attention scores are left out (Kaplan et al. 2020,
    arXiv:2001.08361).
    """
    config = model_config(load.encoder, load.labels, Variant())
    encoder = Checkpoint.fresh(load.encoder, config, 0, load.device, load.settings.max_length).model.encoder
    return 6.0 * sum(p.numel() for name, p in encoder.named_parameters() if "embeddings" not in name)


def matmul_speed(device: Device, rounds: int = 5) -> float:
    """Floating-point operations per second of large matrix products, the fastest of some."""
    size = 8192 if device.device.type == "cuda" else 2048
    matrix = torch.rand(size, size, device=device.device, dtype=DTYPES[device.precision])
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # reading waits for the device
        times.append(time.perf_counter() - started)
    return 2.0 * size**3 / min(times)
