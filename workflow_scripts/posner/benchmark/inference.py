"""Compare the speed of evaluation with that of `transformers.Trainer`, of prediction with that of a pipeline, and of
sweeps with full forward passes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
    pipeline,
)

from posner.arrays import Ids
from posner.benchmark.measurements import Measurement, best_times, seconds_of, speeds
from posner.benchmark.training import trainer_rows
from posner.benchmark.workload import Workload
from posner.config.variants import Variant
from posner.model.batching import Examples
from posner.model.checkpoint import Checkpoint
from posner.model.modeling import model_config
from posner.pos.features import PosFeatures, one_hot_table
from posner.prediction.annotate import ModelTagger, NoTagger, PassageTagger, annotate
from posner.prediction.sweep import make_sweeper
from posner.prediction.text import from_text


def untrained(load: Workload, labels: tuple[str, ...], variant: Variant, pos_tags: tuple[str, ...] = ()) -> Checkpoint:
    """An untrained model; training does not change its speed."""
    config = model_config(load.encoder, labels, variant, pos_tags)
    return Checkpoint.fresh(load.encoder, config, 0, load.device, load.settings.max_length)


def evaluation_speeds(load: Workload, rounds: int) -> list[Measurement]:
    """Logits of all sentences: by Trainer, with its default and a large batch size, and by our predictions."""
    checkpoint = untrained(load, load.labels, Variant())
    contenders: dict[str, Callable[[], float]] = {
        "Trainer.predict, batch 8": lambda: predict_with_trainer(load, 8),
        "Trainer.predict, batch 128": lambda: predict_with_trainer(load, 128),
        "posner": lambda: seconds_of(lambda: checkpoint.predict(load.examples)),
    }
    return speeds("evaluation", contenders, rounds, load.pieces, "pieces")


def predict_with_trainer(load: Workload, batch_size: int) -> float:
    """Seconds of `transformers.Trainer.predict`, without loading."""
    model = AutoModelForTokenClassification.from_pretrained(
        load.encoder, num_labels=len(load.labels), trust_remote_code=False
    )
    is_half = load.device.precision != "fp32"
    options: dict[str, Any] = {f"{load.device.precision}_full_eval": True} if is_half else {}
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_eval_batch_size=batch_size,
            report_to="none",
            disable_tqdm=True,
            use_cpu=load.device.device.type == "cpu",
            **options,
        )
        trainer = Trainer(model, arguments, data_collator=DataCollatorForTokenClassification(load.tokenizer))
        rows = trainer_rows(load.examples)
        return seconds_of(lambda: trainer.predict(rows))


def prediction_speeds(
    load: Workload, pos_tags: tuple[str, ...], lines: Sequence[str], rounds: int
) -> list[Measurement]:
    """Compare `transformers.pipeline` without POS and our command without POS, and with a tagger and either fusion."""
    pos = {"pos": "predicted", "feature": "one_hot"}
    baseline = untrained(load, load.labels, Variant(), pos_tags)
    late = untrained(load, load.labels, Variant(fusion="late", **pos), pos_tags)
    encoder_fusion = Variant(fusion="encoder", inject_layer_offset_from_end=2, **pos)
    encoder = untrained(load, load.labels, encoder_fusion, pos_tags)
    tagger = ModelTagger(untrained(load, pos_tags, Variant()), late.config)
    contenders: dict[str, Callable[[], float]] = {
        "pipeline, default flags": lambda: run_pipeline(load, lines, 1, "float32"),
        "pipeline, batch 16, bf16": lambda: run_pipeline(load, lines, 16, "bfloat16"),
        "posner, no POS": lambda: run_annotation(lines, baseline, NoTagger()),
        "posner, tagger and late fusion": lambda: run_annotation(lines, late, tagger),
        "posner, tagger and encoder fusion": lambda: run_annotation(lines, encoder, tagger),
    }
    return speeds("tagging raw text", contenders, rounds, sum(len(line.split()) for line in lines), "words")


def run_pipeline(load: Workload, lines: Sequence[str], batch_size: int, dtype: str) -> float:
    """Seconds of a pipeline of `transformers` over `lines`, without loading."""
    model = AutoModelForTokenClassification.from_pretrained(
        load.encoder, num_labels=len(load.labels), trust_remote_code=False, dtype=dtype
    )
    find = pipeline(
        "token-classification",
        model=model,
        tokenizer=load.tokenizer,
        aggregation_strategy="first",
        device=load.device.device,
    )
    return seconds_of(lambda: find(list(lines), batch_size=batch_size))


def run_annotation(lines: Sequence[str], checkpoint: Checkpoint, tagger: PassageTagger) -> float:
    """Seconds of our annotation of `lines`, POS tagging included, without loading."""
    return seconds_of(lambda: list(annotate(list(from_text(lines)), checkpoint, tagger)))


def sweep_times(
    load: Workload, text: Examples, taggings: Sequence[Ids], pos_tags: tuple[str, ...]
) -> list[Measurement]:
    """Seconds of a sweep over `taggings` with either fusion, and of as many full forward passes."""
    variants = {
        "late": Variant(fusion="late", pos="gold", feature="one_hot"),
        "encoder, k = 2": Variant(fusion="encoder", pos="gold", feature="one_hot", inject_layer_offset_from_end=2),
    }
    return [
        row
        for name, variant in variants.items()
        for row in sweep_rows(name, untrained(load, load.labels, variant, pos_tags), text, taggings)
    ]


def sweep_rows(name: str, checkpoint: Checkpoint, text: Examples, taggings: Sequence[Ids]) -> list[Measurement]:
    """Seconds of a sweep, and of as many full forward passes, of which one is timed."""
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
    task = f"sweep of {len(taggings)} taggings, {name}"
    return [
        Measurement(task, "full forward passes", naive, "s", 1.0),
        Measurement(task, "posner", times["sweep"], "s", naive / times["sweep"]),
    ]
