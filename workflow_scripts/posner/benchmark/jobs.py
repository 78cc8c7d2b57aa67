"""The cost of whole jobs: the start of a training, its memory, and a small study from nothing to its report."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from posner.benchmark.measurements import Measurement, best_times, seconds_of
from posner.benchmark.planning import CHECKOUT
from posner.benchmark.process import measure
from posner.training.loop import START

# A part of the demo: one corpus, one seed, the baseline and one variant of each fusion.
STUDY = "corpora: [redundant], encoders: [tiny], seeds: [42], variants: [baseline, late-gold-one_hot, encoder-gold]"


def start_of_training(training: Sequence[str], rounds: int) -> list[Measurement]:
    """Seconds from the command `training` to its first step, and those of `import torch` alone."""
    contenders = {
        "import torch": lambda: seconds_of(lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True)),
        "posner": lambda: seconds_to_first_step(training),
    }
    return [
        Measurement("start of a training", name, seconds, "s")
        for name, seconds in best_times(contenders, rounds).items()
    ]


def seconds_to_first_step(training: Sequence[str]) -> float:
    """Seconds from the start of a training to its first step; it is then stopped.

    Raises:
        RuntimeError: it has ended before.
    """
    started = time.perf_counter()
    with subprocess.Popen(training, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if START in line:
                process.terminate()
                return time.perf_counter() - started
    raise RuntimeError("".join(lines))


def memory_of_training(training: Sequence[str]) -> Measurement:
    """Peak memory of a whole training."""
    cost, _ = measure(training)
    return Measurement("peak memory of a training", "posner", cost.memory / 2**30, "GiB")


def small_study(folder: Path) -> Measurement:
    """Seconds of a small study in an empty folder, from nothing to its report."""
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(CHECKOUT / "Snakefile")),
        *("--profile", str(CHECKOUT / "profiles/local"), "--directory", str(folder)),
        *("--configfile", str(CHECKOUT / "resources/studies/demo.yaml"), "--config", f"study={{{STUDY}}}"),
    ]
    return Measurement("a small study, 3 trainings", "posner", seconds_of(lambda: measure(command)), "s")
