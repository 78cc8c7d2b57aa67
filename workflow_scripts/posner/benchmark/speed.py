"""Compare speeds: our training loop with `transformers.Trainer`, sweeps with full forward passes, and prediction with
`transformers.pipeline`.

All contenders run alternately in one process, with the same model, sentences, batch size and number of threads. The
shortest time of each counts, since other load on the machine can only make a run slower.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
    pipeline,
)
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.arrays import Ids
from posner.config.training import NerTraining
from posner.config.variants import Variant
from posner.model.batching import Examples, labels_of_pieces
from posner.model.checkpoint import Checkpoint
from posner.model.device import Device
from posner.model.modeling import model_config
from posner.pos.features import PosFeatures, one_hot_table
from posner.prediction.annotate import ModelTagger, NoTagger, PassageTagger, annotate
from posner.prediction.sweep import make_sweeper
from posner.prediction.text import from_text
from posner.training.loop import train


@dataclass(frozen=True)
class Speed:
    """Speed of one contender.

    Attributes:
        name: what runs.
        per_second: word pieces (without padding) or words per second.
        ratio: `per_second` divided by that of the first contender.
    """

    name: str
    per_second: float
    ratio: float


@dataclass(frozen=True)
class Workload:
    """The task of all contenders: a prepared encoder, labelled sentences, and settings."""

    encoder: Path
    tokenizer: PreTrainedTokenizerBase
    examples: Examples
    labels: tuple[str, ...]
    settings: NerTraining
    device: Device

    @property
    def pieces(self) -> int:
        """Number of word pieces of all sentences."""
        return len(self.examples.pieces.input_ids)


def training_speeds(load: Workload, rounds: int) -> list[Speed]:
    """Our loop and Trainer, each with either attention; Trainer with default flags, too."""
    best = {"bf16": load.device.precision == "bf16", "train_sampling_strategy": "group_by_length"}
    contenders: dict[str, Callable[[], float]] = {
        "Trainer, default flags": lambda: run_trainer(load, "sdpa", {}),
        "Trainer, bf16, group_by_length, sdpa": lambda: run_trainer(load, "sdpa", best),
        "Trainer, bf16, group_by_length, eager": lambda: run_trainer(load, "eager", best),
        "posner, sdpa": lambda: run_ours(load, "sdpa"),
        "posner, eager": lambda: run_ours(load, "eager"),
    }
    return speeds(contenders, load.pieces, rounds)


def speeds(contenders: dict[str, Callable[[], float]], size: int, rounds: int) -> list[Speed]:
    """Speed of each contender; `size` is the number of word pieces or words that each processes."""
    per_second = {name: size / seconds for name, seconds in best_times(contenders, rounds).items()}
    first = next(iter(per_second.values()))
    return [Speed(name, speed, speed / first) for name, speed in per_second.items()]


def seconds_of(work: Callable[[], object]) -> float:
    """Duration of `work` in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_times(contenders: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Shortest time of each contender in seconds, as measured by itself; each runs once per round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(run())
    return {name: min(seconds) for name, seconds in times.items()}


def run_ours(load: Workload, attention: str) -> float:
    """Seconds of one epoch of our loop, without loading."""
    config = model_config(load.encoder, load.labels, Variant())
    device = replace(load.device, attention=attention)
    checkpoint = Checkpoint.fresh(load.encoder, config, 0, device, load.settings.max_length)
    return seconds_of(lambda: train(checkpoint, load.examples, load.settings, 0))


def run_trainer(load: Workload, attention: str, options: dict[str, Any]) -> float:
    """Seconds of one epoch of `transformers.Trainer`, without loading."""
    model = AutoModelForTokenClassification.from_pretrained(
        load.encoder, num_labels=len(load.labels), trust_remote_code=False, attn_implementation=attention
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=1,
            per_device_train_batch_size=load.settings.train_batch_size,
            learning_rate=load.settings.learning_rate,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=load.device.device.type == "cpu",
            **options,
        )
        rows = trainer_rows(load.examples)
        collator = DataCollatorForTokenClassification(load.tokenizer)
        trainer = Trainer(model, arguments, train_dataset=rows, data_collator=collator)
        return seconds_of(trainer.train)


def trainer_rows(examples: Examples) -> list[dict[str, list[int]]]:
    """Examples in the format of Trainer's collator: the first piece of each word has its label."""
    pieces = examples.pieces
    labels = labels_of_pieces(pieces, examples.labels)
    return [
        {"input_ids": pieces.input_ids[start:end].tolist(), "labels": labels[start:end].tolist()}
        for start, end in pairwise(pieces.bounds)
    ]


def sweep_speedup(checkpoint: Checkpoint, text: Examples, taggings: Sequence[Ids]) -> tuple[float, float, float]:
    """Seconds of a sweep over `taggings`, seconds of as many full forward passes (one is timed), and their ratio."""
    table = one_hot_table(len(checkpoint.config.pos_tags))
    examples = replace(text, pos=PosFeatures(table, taggings[0]))
    times = best_times(
        {
            "sweep": lambda: seconds_of(lambda: list(make_sweeper(checkpoint, text, table).predict(taggings))),
            "pass": lambda: seconds_of(lambda: checkpoint.predict(examples)),
        },
        rounds=2,
    )
    naive = times["pass"] * len(taggings)
    return times["sweep"], naive, naive / times["sweep"]


def prediction_speeds(load: Workload, pos_tags: tuple[str, ...], lines: Sequence[str], rounds: int) -> list[Speed]:
    """Compare `transformers.pipeline` without POS and our command without POS, and with a tagger and either fusion.

    The models are untrained, which does not affect their speed.
    """

    def untrained(labels: tuple[str, ...], variant: Variant) -> Checkpoint:
        config = model_config(load.encoder, labels, variant, pos_tags)
        device = replace(load.device, attention="eager")
        return Checkpoint.fresh(load.encoder, config, 0, device, load.settings.max_length)

    pos = {"pos": "predicted", "feature": "one_hot"}
    baseline = untrained(load.labels, Variant())
    late = untrained(load.labels, Variant(fusion="late", **pos))
    encoder = untrained(load.labels, Variant(fusion="encoder", inject_layer_offset_from_end=2, **pos))
    tagger = ModelTagger(untrained(pos_tags, Variant()), late.config)
    contenders: dict[str, Callable[[], float]] = {
        "pipeline, default flags": lambda: run_pipeline(load, lines, 1, "float32"),
        "pipeline, batch 16, bf16": lambda: run_pipeline(load, lines, 16, "bfloat16"),
        "posner, no POS": lambda: run_annotation(lines, baseline, NoTagger()),
        "posner, tagger and late fusion": lambda: run_annotation(lines, late, tagger),
        "posner, tagger and encoder fusion": lambda: run_annotation(lines, encoder, tagger),
    }
    return speeds(contenders, sum(len(line.split()) for line in lines), rounds)


def run_pipeline(load: Workload, lines: Sequence[str], batch_size: int, dtype: str) -> float:
    """Seconds of a pipeline of `transformers` over `lines`, without loading."""
    model = AutoModelForTokenClassification.from_pretrained(
        load.encoder, num_labels=len(load.labels), trust_remote_code=False, dtype=dtype
    )
    find = pipeline("token-classification", model=model, tokenizer=load.tokenizer, aggregation_strategy="first")
    return seconds_of(lambda: find(list(lines), batch_size=batch_size))


def run_annotation(lines: Sequence[str], checkpoint: Checkpoint, tagger: PassageTagger) -> float:
    """Seconds of our annotation of `lines`, POS tagging included, without loading."""
    return seconds_of(lambda: list(annotate(list(from_text(lines)), checkpoint, tagger)))
