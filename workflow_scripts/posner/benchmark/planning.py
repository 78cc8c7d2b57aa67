"""Benchmark Snakemake's planning time of a large study against a minimal workflow with as many jobs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from posner.benchmark.measurements import Measurement
from posner.benchmark.process import Cost, measure

CHECKOUT = Path(__file__).parents[3]

# Half of the jobs read the outputs of the other half. There are no settings, logs or functions.
BARE = """
rule all:
    input: expand("second/{{i}}", i=range({half}))
rule first:
    output: "first/{{i}}"
    shell: "touch {{output}}"
rule second:
    input: "first/{{i}}"
    output: "second/{{i}}"
    shell: "touch {{output}}"
"""


def planning_times(folder: Path, rounds: int) -> list[Measurement]:
    """Processor time and peak memory of planning a study of 10,000 jobs, and a minimal workflow of as many."""
    study = large_study(corpora=4, encoders=7, seeds=16)
    planned, bare = [], []
    for name in map(str, range(rounds)):
        for part in ("study", "bare"):
            (folder / name / part).mkdir(parents=True)
        jobs, cost = plan_study(folder / name / "study", study)
        planned.append(cost)
        bare.append(plan_bare(folder / name / "bare", jobs)[1])
    ours, theirs = (min(costs, key=lambda cost: cost.seconds) for costs in (planned, bare))
    task = f"planning {jobs} jobs"
    return [
        Measurement(f"{task}, processor time", "bare Snakemake", theirs.seconds, "s", 1.0),
        Measurement(f"{task}, processor time", "posner", ours.seconds, "s", theirs.seconds / ours.seconds),
        Measurement(f"{task}, peak memory", "bare Snakemake", theirs.memory / 2**20, "MiB"),
        Measurement(f"{task}, peak memory", "posner", ours.memory / 2**20, "MiB"),
    ]


def large_study(corpora: int, encoders: int, seeds: int) -> dict[str, Any]:
    """A study with generated corpora, small encoders and all default variants."""
    return {
        "study": {
            "title": "Large",
            "corpora": [f"corpus-{i}" for i in range(corpora)],
            "encoders": [f"encoder-{i}" for i in range(encoders)],
            "seeds": list(range(seeds)),
        },
        "corpora": {f"corpus-{i}": {"source": "generated", "seed": i} for i in range(corpora)},
        "encoders": {f"encoder-{i}": {"source": "scratch", "seed": i} for i in range(encoders)},
    }


def plan_study(folder: Path, study: dict[str, Any]) -> tuple[int, Cost]:
    """Plan `study` in an empty `folder`."""
    config = folder / "large.json"  # JSON is YAML
    config.write_text(json.dumps(study))
    return plan(folder, "--snakefile", str(CHECKOUT / "Snakefile"), "--configfile", str(config))


def plan_bare(folder: Path, jobs: int) -> tuple[int, Cost]:
    """Plan a minimal workflow of `jobs` jobs in an empty `folder`."""
    snakefile = folder / "bare.smk"
    snakefile.write_text(BARE.format(half=jobs // 2))
    return plan(folder, "--snakefile", str(snakefile))


def plan(folder: Path, *arguments: str) -> tuple[int, Cost]:
    """Dry-run Snakemake in `folder`; returns the number of jobs, and the cost of planning."""
    cost, output = measure([sys.executable, "-m", "snakemake", *arguments, "--dry-run", "--quiet", "rules"], folder)
    return next(int(line.split()[1]) for line in output.splitlines() if line.startswith("total ")), cost
