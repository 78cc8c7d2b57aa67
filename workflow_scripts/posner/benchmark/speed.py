"""Speed side by side: our training loop against `transformers.Trainer`, the sweep against naive full passes, and
prediction against `transformers.pipeline`.

All contenders run in one process, in turn and several times, on the same model, sentences, batch size and number of
threads; the best time of each counts, since whatever else the machine does can only slow a run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
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
from posner.model.batching import IGNORED, Example
from posner.model.device import Device
from posner.model.modeling import PosNerModel, fresh_model, model_config
from posner.pos.features import one_hot_table
from posner.prediction.annotate import Labeller, ModelTagger, NoTagger, Tagger, label
from posner.prediction.predict import predict
from posner.prediction.sweep import Text, sweeper
from posner.prediction.text import from_text
from posner.training.loop import train


@dataclass(frozen=True)
class Speed:
    """One contender: word pieces (no padding) or words a second, and how many times the first one's speed that is."""

    name: str
    per_second: float
    ratio: float


@dataclass(frozen=True)
class Workload:
    """What all contenders train on: a prepared encoder, sentences with labels, and how."""

    encoder: Path
    tokenizer: PreTrainedTokenizerBase
    examples: Sequence[Example]
    labels: tuple[str, ...]
    settings: NerTraining
    device: Device

    @property
    def pieces(self) -> int:
        """Word pieces of all sentences."""
        return sum(len(e.pieces) for e in self.examples)


def training_speeds(load: Workload, rounds: int) -> list[Speed]:
    """Our loop and three settings of Trainer: its defaults, and its best with either attention."""
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
    """How fast each contender does work of the given size."""
    made = {name: size / spent for name, spent in best_times(contenders, rounds).items()}
    first = next(iter(made.values()))
    return [Speed(name, speed, speed / first) for name, speed in made.items()]


def seconds_of(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_times(contenders: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Shortest time of each contender in seconds, as it measures itself; all run once a round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(run())
    return {name: min(spent) for name, spent in times.items()}


def run_ours(load: Workload, attention: str) -> float:
    """Seconds of one epoch of our loop, without loading."""
    model = fresh_model(load.encoder, model_config(load.encoder, load.labels, Variant()), 0, attention)
    return seconds_of(lambda: train(model, load.examples, load.tokenizer.pad_token_id, load.settings, 0, load.device))


def run_trainer(load: Workload, attention: str, options: dict[str, Any]) -> float:
    """Seconds of one epoch of `transformers.Trainer`, without loading."""
    model = AutoModelForTokenClassification.from_pretrained(
        load.encoder, num_labels=len(load.labels), attn_implementation=attention
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
        rows = [trainer_row(example) for example in load.examples]
        collator = DataCollatorForTokenClassification(load.tokenizer)
        trainer = Trainer(model, arguments, train_dataset=rows, data_collator=collator)
        return seconds_of(trainer.train)


def trainer_row(example: Example) -> dict[str, list[int]]:
    """An example as Trainer's collator reads it: the label stands at each word's first piece."""
    labels = np.full(len(example.pieces), IGNORED)
    labels[example.pieces.first] = example.labels
    return {"input_ids": example.pieces.input_ids.tolist(), "labels": labels.tolist()}


def sweep_speedup(
    model: PosNerModel, text: Text, taggings: Sequence[Ids], device: Device
) -> tuple[float, float, float]:
    """Seconds of a sweep over `taggings`, seconds of as many naive passes (one is timed), and their ratio."""
    table = one_hot_table(len(model.config.pos_tags))
    lengths = np.cumsum(text.lengths)[:-1]
    rows = [table[part] for part in np.split(taggings[0], lengths)]
    examples = [Example(e.pieces, e.labels, pos) for e, pos in zip(text.examples, rows, strict=True)]
    times = best_times(
        {
            "sweep": lambda: seconds_of(lambda: list(sweeper(model, text, table, device).predict(taggings))),
            "pass": lambda: seconds_of(lambda: predict(model, examples, text.pad_id, text.batch_size, device)),
        },
        rounds=2,
    )
    naive = times["pass"] * len(taggings)
    return times["sweep"], naive, naive / times["sweep"]


def prediction_speeds(load: Workload, pos_tags: tuple[str, ...], lines: Sequence[str], rounds: int) -> list[Speed]:
    """`transformers.pipeline` without POS, our command without, and ours with its tagger and either fusion.

    The models are untrained: that changes what is found, and not how long it takes.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def checkpoint(name: str, labels: tuple[str, ...], variant: Variant) -> Labeller:
            model = fresh_model(load.encoder, model_config(load.encoder, labels, variant, pos_tags), 0, "eager")
            model.save_pretrained(folder / name)
            load.tokenizer.save_pretrained(folder / name)
            return Labeller(folder / name, load.device, max_length=256, batch_size=16)

        pos = {"pos": "predicted", "feature": "one_hot"}
        baseline = checkpoint("baseline", load.labels, Variant())
        late = checkpoint("late", load.labels, Variant(fusion="late", **pos))
        encoder = checkpoint("encoder", load.labels, Variant(fusion="encoder", inject_layer_offset_from_end=2, **pos))
        tagger = ModelTagger(checkpoint("tagger", pos_tags, Variant()), late.config)
        contenders: dict[str, Callable[[], float]] = {
            "pipeline, default flags": lambda: run_pipeline(load, lines, 1, "float32"),
            "pipeline, batch 16, bf16": lambda: run_pipeline(load, lines, 16, "bfloat16"),
            "posner, no POS": lambda: run_labeller(lines, baseline, NoTagger()),
            "posner, tagger and late fusion": lambda: run_labeller(lines, late, tagger),
            "posner, tagger and encoder fusion": lambda: run_labeller(lines, encoder, tagger),
        }
        return speeds(contenders, sum(len(line.split()) for line in lines), rounds)


def run_pipeline(load: Workload, lines: Sequence[str], batch_size: int, dtype: str) -> float:
    """Seconds that a pipeline of `transformers` takes to find the entities of `lines`, without loading."""
    model = AutoModelForTokenClassification.from_pretrained(load.encoder, num_labels=len(load.labels), dtype=dtype)
    find = pipeline("token-classification", model=model, tokenizer=load.tokenizer, aggregation_strategy="first")
    return seconds_of(lambda: find(list(lines), batch_size=batch_size))


def run_labeller(lines: Sequence[str], labeller: Labeller, tagger: Tagger) -> float:
    """Seconds that we take for the same, tagging included."""
    return seconds_of(lambda: list(label(list(from_text(lines)), labeller, tagger)))
