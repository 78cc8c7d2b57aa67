"""Benchmarks: each contender runs, and has a speed and a ratio to the usual alternative."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from posner.benchmark import training
from posner.benchmark.inference import evaluation_speeds, prediction_speeds, sweep_times
from posner.benchmark.jobs import seconds_to_first_step
from posner.benchmark.measurements import Measurement, speeds
from posner.benchmark.step_profile import KINDS, REST, kind_of, step_profile
from posner.benchmark.training import flops_per_piece, matmul_speed, training_speeds
from posner.benchmark.workload import Workload, join_sentences
from posner.config.training import NerTraining
from posner.training.loop import START
from tiny_models import BERT_LIKE, CPU, LABELS, TAGS, make_sentences, make_tokenizer, to_examples


@pytest.fixture
def load(encoders: dict[str, Path]) -> Workload:
    examples = to_examples(make_sentences(6), with_pos=False)
    settings = NerTraining(epochs=1, max_length=40, train_batch_size=2)
    return Workload(encoders["bert"], make_tokenizer(), examples, LABELS, settings, CPU)


def test_the_best_time_of_each_counts() -> None:
    first, second = iter([4.0, 2.0]), iter([1.0, 3.0])
    contenders = {"first": lambda: next(first), "second": lambda: next(second)}
    assert speeds("task", contenders, rounds=2, size=100, unit="words") == [
        Measurement("task", "first", 50.0, "words/s", 1.0),
        Measurement("task", "second", 100.0, "words/s", 2.0),
    ]


def test_training_loops_are_compared(load: Workload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.shutil, "which", lambda _: None)  # a compilation takes minutes
    rows = {row.contender: row for row in training_speeds(load, rounds=1)}
    assert [name.split(",")[0] for name in rows] == ["Trainer"] * 3 + ["posner"] * 2
    best = max(row.value for name, row in rows.items() if name.startswith("Trainer, best"))
    for row in rows.values():
        assert row.ratio == pytest.approx(row.value / best)
        assert row.step == pytest.approx(1000 * load.pieces / row.value / 3), "three steps in an epoch"
        assert row.share is not None
        assert 0 < row.share < 1


def test_operations_are_those_of_the_layers(load: Workload) -> None:
    hidden, inner = BERT_LIKE["hidden_size"], BERT_LIKE["intermediate_size"]
    attention, norms = 4 * hidden * (hidden + 1), 4 * hidden
    layer = attention + norms + hidden * inner + inner + inner * hidden + hidden
    assert flops_per_piece(load) == 6 * BERT_LIKE["num_hidden_layers"] * layer
    assert matmul_speed(CPU, rounds=1) > 1e9


def test_evaluations_and_predictions_are_compared(load: Workload) -> None:
    evaluations = evaluation_speeds(load, rounds=1)
    assert [row.contender.split(",")[0] for row in evaluations] == ["Trainer.predict"] * 2 + ["posner"]
    predictions = prediction_speeds(load, TAGS, ["the Ann Rome", "Ann"], rounds=1)
    assert [row.contender.split(",")[0] for row in predictions] == ["pipeline"] * 2 + ["posner"] * 3
    assert all(row.ratio == pytest.approx(row.value / predictions[0].value) for row in predictions)


def test_sweeps_are_compared_with_full_passes(load: Workload) -> None:
    taggings = [np.full(len(load.examples.labels), tag) for tag in range(3)]
    rows = sweep_times(load, load.examples, taggings, TAGS)
    assert [row.contender for row in rows] == ["full forward passes", "posner"] * 2
    assert all(
        row.ratio == pytest.approx(naive.value / row.value) for naive, row in zip(rows[::2], rows[1::2], strict=True)
    )


def test_the_start_of_a_training_is_timed_until_its_first_step() -> None:
    command = "import sys, time; print('reading', file=sys.stderr); print({!r}, file=sys.stderr, flush=True); {}"
    assert (
        seconds_to_first_step([sys.executable, "-c", command.format(f"12:00 {START}: 3 steps", "time.sleep(99)")]) < 60
    )
    with pytest.raises(RuntimeError, match="reading"):
        seconds_to_first_step([sys.executable, "-c", command.format("an error", "")])


def test_sentences_are_joined_in_order() -> None:
    sentences = make_sentences(50)
    joined = join_sentences(sentences)
    assert 10 < len(joined) < 50
    words = [word for sentence in sentences for word in sentence.tokens]
    assert [word for sentence in joined for word in sentence.tokens] == words[: sum(map(len, joined))]


def test_the_time_of_a_step_is_divided_among_kinds_of_operations(load: Workload) -> None:
    shares = {row.contender: row.value for row in step_profile(load)}
    assert list(shares) == [*KINDS, REST]
    assert sum(shares.values()) == pytest.approx(100)
    assert all(share > 0 for share in shares.values())


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("aten::mm", "matrix products"),
        ("aten::mul", REST),
        ("aten::_softmax_backward_data", "softmax, GELU, layer normalisation"),
        ("aten::_foreach_add_", "AdamW and clipping"),
        ("aten::gelu_backward", "softmax, GELU, layer normalisation"),
        ("Optimizer.step#AdamW.step", REST),
    ],
)
def test_operations_have_kinds(operation: str, kind: str) -> None:
    assert kind_of(operation) == kind
