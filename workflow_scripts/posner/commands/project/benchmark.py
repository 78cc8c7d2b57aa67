"""Benchmark training, evaluation, sweeps, prediction, start-up and planning against their usual alternatives."""

from __future__ import annotations

import logging
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch
import transformers
from pydantic import Field

from posner.benchmark.inference import evaluation_speeds, prediction_speeds, sweep_times
from posner.benchmark.jobs import memory_of_training, small_study, start_of_training
from posner.benchmark.measurements import Measurement
from posner.benchmark.planning import planning_times
from posner.benchmark.step_profile import step_profile
from posner.benchmark.training import matmul_speed, training_speeds
from posner.benchmark.workload import join_sentences, prepare_inputs, read_test, read_workload
from posner.config.compute import Compute
from posner.config.training import NerTraining
from posner.corpora.corpus import read_card, read_split
from posner.files import write_json
from posner.model.device import Device, describe_device, resolve
from posner.workflow.command import Command
from posner.workflow.options import flags


class Benchmark(Command):
    """Print the speed of training, evaluation, sweeps, prediction, start-up and planning, beside usual alternatives.

    All contenders of a task run alternately in one process.
    """

    sentences: int = Field(1600, ge=64, le=1_000_000)
    """Number of training sentences, in batches of 16."""
    rounds: int = Field(3, ge=1, le=1000)
    """Runs of each contender; the fastest one counts."""
    encoder: Literal["minilm", "bert-base"] = "minilm"
    """Pretrained MiniLM, or the shape of BERT-base with random weights."""
    compute: Compute = Field(default_factory=Compute)
    """Device, precision and threads."""
    output: Path | None = None
    """JSON file to write the table to as well."""

    def execute(self) -> None:
        logging.getLogger("posner").setLevel(logging.WARNING)  # print results only
        device = resolve(self.compute)
        setting = self.setting(device)
        print(", ".join(f"{name} {value}" for name, value in setting.items()))
        print(
            f"{'task':42} {'contender':34} {'value':>10} {'':9} {'ratio':>7} {'ms/step':>8} {'of peak':>8}", flush=True
        )
        rows = []
        with tempfile.TemporaryDirectory() as name:
            for row in self.measurements(Path(name), device):
                print(line(row), flush=True)
                rows.append(row)
        if self.output:
            write_json(self.output, {**setting, "rows": [asdict(row) for row in rows]})

    def setting(self, device: Device) -> dict[str, Any]:
        """What was measured on what."""
        return {
            "device": describe_device(device),
            "threads": self.compute.threads,
            "encoder": self.encoder,
            "sentences": self.sentences,
            "matmul_tflops": round(matmul_speed(device) / 1e12, 2),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }

    def measurements(self, folder: Path, device: Device) -> Iterator[Measurement]:
        """The rows of the table, one after the other."""
        prepare_inputs(folder, self.sentences, self.encoder)
        load = read_workload(folder, device)
        yield from training_speeds(load, self.rounds)
        yield from step_profile(load)
        yield from evaluation_speeds(load, self.rounds)
        tags = read_card(folder / "corpus" / "corpus.json").pos_tags
        test, taggings = read_test(folder, load)
        yield from sweep_times(load, test, taggings, tags)
        joined = join_sentences(read_split(folder / "corpus" / "test.parquet"))
        yield from prediction_speeds(load, tags, [" ".join(sentence.tokens) for sentence in joined], self.rounds)
        yield from start_of_training(self.training(folder), self.rounds)
        yield memory_of_training(self.training(folder))
        yield small_study(folder / "study")
        yield from planning_times(folder / "planning", self.rounds)

    def training(self, folder: Path) -> list[str]:
        """The command of a training."""
        settings = flags(seed=0, training=NerTraining(epochs=1), compute=self.compute)
        inputs = [
            f"--corpus={folder / 'corpus'}",
            f"--encoder={folder / 'encoder'}",
            f"--pieces={folder / 'pieces.json'}",
        ]
        return [sys.executable, "-m", "posner", "train_ner", *settings, *inputs, f"--output={folder / 'ner'}"]


def line(row: Measurement) -> str:
    """A row of the printed table."""
    ratio = "" if row.ratio is None else f"x {row.ratio:.2f}"
    step = "" if row.step is None else f"{row.step:.1f}"
    share = "" if row.share is None else f"{100 * row.share:.1f} %"
    return f"{row.task:42} {row.contender:34} {row.value:10,.1f} {row.unit:9} {ratio:>7} {step:>8} {share:>8}"
