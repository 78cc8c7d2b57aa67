"""Benchmark the peak memory of each rule on a large test set."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from pydantic import Field

from posner.benchmark.memory import Peak, measure_summaries, run_study
from posner.workflow.command import Command


class BenchmarkMemory(Command):
    """Print the peak memory of each rule on a large test set, and the memory that the rule requests."""

    sentences: int = Field(20_000, ge=10, le=1_000_000)
    """Number of test sentences, of ten tokens on average."""
    variants: int = Field(8, ge=1, le=1000)
    """Variants beside the baseline in the summaries that are measured again, for all runs of a study."""
    seeds: int = Field(3, ge=1, le=1000)
    """Training seeds of each of them."""

    def execute(self) -> None:
        logging.getLogger("posner").setLevel(logging.WARNING)  # print results only
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            print(f"{self.sentences:,} test sentences, the smallest encoder:")
            for peak in run_study(folder, self.sentences):
                print_peak(peak)
            print(f"all runs of {self.variants} variants and the baseline with {self.seeds} seeds:")
            for peak in measure_summaries(folder, self.variants, self.seeds):
                print_peak(peak)


def print_peak(peak: Peak) -> None:
    """Print one line."""
    requested = "" if peak.requested is None else f"   mem_mb {peak.requested:6,.0f}"
    print(f"  {peak.rule:28} {peak.peak:6,.0f} MiB{requested}", flush=True)
