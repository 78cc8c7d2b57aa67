"""The jobs of a study as a graph, coloured by the time that each of them took."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from posner.errors import InputError
from posner.files import atomic_path
from posner.report.formats import format_duration
from posner.summaries.cost import read_usage
from posner.workflow.command import Command

# From light to dark, Paul Tol's YlOrBr: jobs of less than so many seconds, by what the key says of them.
SHADES = {
    "< 3 s": (3.0, "#ffffe5"),
    "< 10 s": (10.0, "#fff7bc"),
    "< 1 min": (60.0, "#fee391"),
    "< 5 min": (300.0, "#fec44f"),
    "< 20 min": (1200.0, "#fb9a29"),
    "< 2 h": (7200.0, "#cc4c02"),
    "longer": (float("inf"), "#662506"),
}
DARK = {"< 2 h", "longer"}  # with white letters
NOT_MEASURED = "#eeeeee"


@dataclass(frozen=True)
class PlannedJob:
    """A job as Snakemake's dry run tells of it."""

    number: str
    rule: str
    wildcards: dict[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    benchmark: str


class DrawJobs(Command):
    """Write the graph of a study's jobs for graphviz, from what ``snakemake --forceall --dry-run`` prints."""

    plan: Path
    """What the dry run printed."""
    folder: Path
    """Where the study ran: what has a benchmark below it is coloured."""
    output: Path
    """DOT file to write."""

    def execute(self) -> None:
        jobs = planned_jobs(self.plan.read_text(encoding="utf-8"))
        if not jobs:
            raise InputError(f"{self.plan}: no jobs in it; make it with snakemake --forceall --dry-run")
        seconds = {job.number: self.seconds(job) for job in jobs}
        with atomic_path(self.output) as path:
            path.write_text("\n".join(dot(jobs, seconds)) + "\n", encoding="utf-8")

    def seconds(self, job: PlannedJob) -> float | None:
        """Wall time of a job, if it was measured."""
        usage = read_usage(self.folder / job.benchmark) if job.benchmark else None
        return usage.seconds if usage else None


def planned_jobs(printed: str) -> list[PlannedJob]:
    """The jobs of a dry run's text."""
    jobs = []
    for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", printed, flags=re.MULTILINE):
        told = dict(re.findall(r"^    (\w+): (.*)$", body, flags=re.MULTILINE))
        jobs.append(
            PlannedJob(
                number=told["jobid"],
                rule=rule,
                wildcards=dict(part.split("=", 1) for part in listed(told, "wildcards")),
                inputs=listed(told, "input"),
                outputs=listed(told, "output"),
                benchmark=told.get("benchmark", ""),
            )
        )
    return jobs


def listed(told: dict[str, str], key: str) -> tuple[str, ...]:
    """The items of one line."""
    return tuple(told[key].split(", ")) if key in told else ()


def dot(jobs: list[PlannedJob], seconds: dict[str, float | None]) -> Iterator[str]:
    """Lines of a DOT file: the jobs, what they need of each other, and the key to their colours."""
    yield 'digraph jobs {\n  graph [rankdir=LR, ranksep=0.6, nodesep=0.08, fontname="sans"]'
    yield '  node [shape=box, style="filled,rounded", color="#999999", fontname="sans", fontsize=10, margin="0.1,0.04"]'
    yield '  edge [color="#999999", arrowsize=0.5]'
    maker = {file: job.number for job in jobs for file in job.outputs}
    for job in jobs:
        yield f"  {job.number} [{look(job, seconds[job.number])}]"
        for number in sorted({maker[file] for file in job.inputs if file in maker}):
            yield f"  {number} -> {job.number}"
    if any(time is not None for time in seconds.values()):
        yield from key()
    yield "}"


def look(job: PlannedJob, time: float | None) -> str:
    """Label and colour of a job."""
    own = " ".join(value for name, value in job.wildcards.items() if name not in ("corpus", "encoder", "seed"))
    seed = f"seed {job.wildcards['seed']}" if "seed" in job.wildcards else ""
    place = ", ".join(job.wildcards[name] for name in ("corpus", "encoder") if name in job.wildcards)
    words = [f"{job.rule}  {format_duration(time)}" if time is not None else job.rule, f"{own} {seed}".strip(), place]
    label = json.dumps("\n".join(filter(None, words)), ensure_ascii=False)
    return f"label={label}, {shade(time)}"


def shade(time: float | None) -> str:
    """Colours of a job of so many seconds."""
    if time is None:
        return f'fillcolor="{NOT_MEASURED}"'
    name, (_, colour) = next(item for item in SHADES.items() if time < item[1][0])
    return f'fillcolor="{colour}", fontcolor="{"white" if name in DARK else "black"}"'


def key() -> Iterator[str]:
    """What the colours mean."""
    yield '  subgraph cluster_key {\n    label="wall time"; color="#999999"; fontsize=10'
    low = 0.0
    for number, (name, (high, _)) in enumerate(SHADES.items()):
        yield f'    key{number} [label="{name}", {shade(low)}]'
        low = high
    yield f'    key{len(SHADES)} [label="not measured", {shade(None)}]'
    yield "  }"
