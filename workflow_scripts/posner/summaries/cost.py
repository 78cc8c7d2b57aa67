"""Cost of jobs: wall time, processor time and peak memory, from the files of Snakemake's `benchmark:`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import pandas as pd

from posner.errors import InputError

MEGABYTE = 2**20  # Snakemake's MB


@dataclass(frozen=True)
class Usage:
    """Resources used by one job, in its last attempt.

    Attributes:
        seconds: wall time.
        cpu_seconds: time on all processors; ``None`` for a job too short to be sampled.
        memory: peak resident memory in bytes; ``None`` for a job too short to be sampled.
    """

    seconds: float
    cpu_seconds: float | None
    memory: float | None


@dataclass(frozen=True)
class Job:
    """One job of Snakemake.

    Attributes:
        rule: name of its rule.
        variant: name of its variant; empty for rules without one.
        usage: ``None`` without a benchmark file.
        on_gpu: whether it ran on a GPU.
    """

    rule: str
    variant: str
    usage: Usage | None
    on_gpu: bool


def read_usage(path: Path) -> Usage | None:
    """Read a benchmark file; ``None`` if it is missing, as in results copied without benchmarks.

    Raises:
        InputError: it is not a benchmark file.
    """
    if not path.is_file():
        return None
    try:
        row = pd.read_csv(path, sep="\t", na_values=["NA", "-"]).iloc[-1]
        seconds, cpu, memory = (float(row[name]) for name in ("s", "cpu_time", "max_rss"))
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise InputError(f"{path}: not a benchmark file of Snakemake ({error!r}); delete it") from error
    return Usage(seconds, None if isnan(cpu) else cpu, None if isnan(memory) else memory * MEGABYTE)


def cost_table(jobs: Sequence[Job], labels: Mapping[str, str]) -> pd.DataFrame:
    """A row for each rule and variant, in the order of `jobs`.

    Times are sums over `measured_jobs`, in seconds; `longest_seconds` and `peak_memory_bytes` are maxima over jobs. A
    number that was measured for no job is missing.

    Args:
        labels: of the variants, by name.
    """
    measured = ("seconds", "cpu_seconds", "memory", "gpu_seconds")
    rows = pd.DataFrame(
        (
            {
                "rule": job.rule,
                "variant": job.variant,
                "seconds": job.usage.seconds if job.usage else None,
                "cpu_seconds": job.usage.cpu_seconds if job.usage else None,
                "memory": job.usage.memory if job.usage else None,
                "gpu_seconds": job.usage.seconds if job.usage and job.on_gpu else 0.0,
            }
            for job in jobs
        ),
        columns=["rule", "variant", *measured],
    ).astype(dict.fromkeys(measured, float))
    groups = rows.groupby(["rule", "variant"], sort=False)
    table = pd.DataFrame(
        {
            "jobs": groups.size(),
            "measured_jobs": groups["seconds"].count(),
            "seconds": groups["seconds"].sum(min_count=1),
            "longest_seconds": groups["seconds"].max(),
            "cpu_seconds": groups["cpu_seconds"].sum(min_count=1),
            "peak_memory_bytes": groups["memory"].max(),
            "gpu_hours": groups["gpu_seconds"].sum() / 3600,
        }
    ).reset_index()
    table.insert(2, "label", [labels.get(variant, "") for variant in table["variant"]])
    return table
