"""Calls of the command `predict`, and the models and lines that they read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from posner.commands.ner.predict import Predict
from posner.config.variants import Variant
from posner.workflow.command import run

PREDICTED = Variant(fusion="encoder", pos="predicted", feature="one_hot", inject_layer_offset_from_end=1)


LOGITS = Variant(fusion="late", pos="predicted", feature="logits")


MEAN, SCALE = [0.5, -1.0, 0.0, 2.0], [0.1, 1.0, 3.0, 0.5]


LINES = ["Ann saw Rome's e\u0301te\u0301", "", "\tthe \U0001f600 ab,cd Ann", "the " * 70 + "Rome"]


def call(models: Path, name: str, source: Path, output: Path, **more: Any) -> list[Any]:
    """The output of the command: one record per line, or one list of columns per word."""
    options = {"checkpoint": models / name, "input": source, "output": output} | more
    fixed = ["--compute.device=cpu", "--compute.precision=fp32", "--compute.threads=1"]
    run(Predict, [*fixed, *(f"--{key.replace('_', '-')}={value}" for key, value in options.items())])
    lines = output.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines] if output.suffix == ".jsonl" else [line.split(" ") for line in lines]
