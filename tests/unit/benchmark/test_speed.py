"""Benchmarks: each contender runs, and has a speed and a ratio to the first one."""

from __future__ import annotations

from pathlib import Path

import pytest
from posner.benchmark.speed import Speed, Workload, prediction_speeds, speeds, training_speeds
from posner.config.training import NerTraining
from tiny_models import CPU, LABELS, TAGS, make_sentences, make_tokenizer, to_examples


@pytest.fixture
def load(encoders: dict[str, Path]) -> Workload:
    examples = to_examples(make_sentences(6), with_pos=False)
    return Workload(encoders["bert"], make_tokenizer(), examples, LABELS, NerTraining(epochs=1, max_length=40), CPU)


def test_the_best_time_of_each_counts() -> None:
    first, second = iter([4.0, 2.0]), iter([1.0, 3.0])
    compared = speeds({"first": lambda: next(first), "second": lambda: next(second)}, 100, rounds=2)
    assert compared == [Speed("first", 50.0, 1.0), Speed("second", 100.0, 2.0)]


def test_training_loops_are_compared(load: Workload) -> None:
    compared = training_speeds(load, rounds=1)
    assert [speed.name.split(",")[0] for speed in compared] == ["Trainer"] * 3 + ["posner"] * 2
    assert all(speed.ratio == pytest.approx(speed.per_second / compared[0].per_second) for speed in compared)


def test_predictions_are_compared(load: Workload) -> None:
    compared = prediction_speeds(load, TAGS, ["the Ann Rome", "Ann"], rounds=1)
    assert [speed.name.split(",")[0] for speed in compared] == ["pipeline"] * 2 + ["posner"] * 3
    assert all(speed.ratio == pytest.approx(speed.per_second / compared[0].per_second) for speed in compared)
