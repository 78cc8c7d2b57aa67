"""Measurements of a benchmark: one row each, with the ratio to the usual alternative."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One row of the table.

    Attributes:
        task: what is done.
        contender: what does it.
        value: how much, in `unit`.
        ratio: how many times as fast as the alternative that all contenders of the task are compared with; ``None`` if
            there is none.
        step: milliseconds of a training step; ``None`` for other tasks.
        share: share (0..1) of the speed of large matrix products on the same device; ``None`` for other tasks.
    """

    task: str
    contender: str
    value: float
    unit: str
    ratio: float | None = None
    step: float | None = None
    share: float | None = None


def seconds_of(work: Callable[[], object]) -> float:
    """Duration of `work` in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_times(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Shortest time of each contender in seconds, as measured by itself.

    All run once per round, since other load on the machine can only make a run slower.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(run())
    return {name: min(seconds) for name, seconds in times.items()}


def speeds(
    task: str, contenders: Mapping[str, Callable[[], float]], rounds: int, size: int, unit: str
) -> list[Measurement]:
    """The speed of each contender, which processes `size` words or word pieces; the first one is the alternative."""
    times = best_times(contenders, rounds)
    first = next(iter(times.values()))
    return [Measurement(task, name, size / seconds, f"{unit}/s", first / seconds) for name, seconds in times.items()]
