"""Draw the jobs of a study as a graph, coloured by their wall time."""

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

# Upper bound in seconds and colour (Paul Tol's YlOrBr) of each class of wall times, by its label in the key.
SHADES = {
    "< 3 s": (3.0, "#ffffe5"),
    "< 10 s": (10.0, "#fff7bc"),
    "< 1 min": (60.0, "#fee391"),
    "< 5 min": (300.0, "#fec44f"),
    "< 20 min": (1200.0, "#fb9a29"),
    "< 2 h": (7200.0, "#cc4c02"),
    "longer": (float("inf"), "#662506"),
}
DARK = {"< 2 h", "longer"}  # labelled in white
NOT_MEASURED = "#eeeeee"


@dataclass(frozen=True)
class PlannedJob:
    """A job in the output of a dry run."""

    number: str
    rule: str
    wildcards: dict[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    benchmark: str


class DrawJobs(Command):
    """Write the graph of a study's jobs for graphviz, from the output of ``snakemake --forceall --dry-run``."""

    plan: Path
    """Output of the dry run."""
    folder: Path
    """Working directory of the study; jobs that have a benchmark there are coloured."""
    output: Path
    """DOT file to write."""

    def execute(self) -> None:
        jobs = planned_jobs(self.plan.read_text(encoding="utf-8"))
        if not jobs:
            raise InputError(f"{self.plan}: contains no jobs; write it with snakemake --forceall --dry-run")
        seconds = {job.number: self.seconds(job) for job in jobs}
        with atomic_path(self.output) as path:
            path.write_text("\n".join(dot(jobs, seconds)) + "\n", encoding="utf-8")

    def seconds(self, job: PlannedJob) -> float | None:
        """Wall time of a job in seconds, if it was measured."""
        usage = read_usage(self.folder / job.benchmark) if job.benchmark else None
        return usage.seconds if usage else None


def planned_jobs(dry_run: str) -> list[PlannedJob]:
    """The jobs in the output of a dry run."""
    jobs = []
    for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", dry_run, flags=re.MULTILINE):
        fields = dict(re.findall(r"^    (\w+): (.*)$", body, flags=re.MULTILINE))
        jobs.append(
            PlannedJob(
                number=fields["jobid"],
                rule=rule,
                wildcards=dict(part.split("=", 1) for part in items(fields, "wildcards")),
                inputs=items(fields, "input"),
                outputs=items(fields, "output"),
                benchmark=fields.get("benchmark", ""),
            )
        )
    return jobs


def items(fields: dict[str, str], key: str) -> tuple[str, ...]:
    """The comma-separated items of a field; none if the job does not have it."""
    return tuple(fields[key].split(", ")) if key in fields else ()


def dot(jobs: list[PlannedJob], seconds: dict[str, float | None]) -> Iterator[str]:
    """Lines of a DOT file: the jobs, their dependencies, and the key to the colours."""
    yield 'digraph jobs {\n  graph [rankdir=LR, ranksep=0.6, nodesep=0.08, fontname="sans"]'
    yield '  node [shape=box, style="filled,rounded", color="#999999", fontname="sans", fontsize=10, margin="0.1,0.04"]'
    yield '  edge [color="#999999", arrowsize=0.5]'
    producer = {file: job.number for job in jobs for file in job.outputs}
    for job in jobs:
        yield f"  {job.number} [{attributes(job, seconds[job.number])}]"
        for number in sorted({producer[file] for file in job.inputs if file in producer}):
            yield f"  {number} -> {job.number}"
    if any(time is not None for time in seconds.values()):
        yield from colour_key()
    yield "}"


def attributes(job: PlannedJob, time: float | None) -> str:
    """Label and colours of a job's node."""
    own = " ".join(value for name, value in job.wildcards.items() if name not in ("corpus", "encoder", "seed"))
    seed = f"seed {job.wildcards['seed']}" if "seed" in job.wildcards else ""
    place = ", ".join(job.wildcards[name] for name in ("corpus", "encoder") if name in job.wildcards)
    words = [f"{job.rule}  {format_duration(time)}" if time is not None else job.rule, f"{own} {seed}".strip(), place]
    label = json.dumps("\n".join(filter(None, words)), ensure_ascii=False)
    return f"label={label}, {shade(time)}"


def shade(time: float | None) -> str:
    """Colours of a job that took `time` seconds; ``None``: not measured."""
    if time is None:
        return f'fillcolor="{NOT_MEASURED}"'
    name, (_, colour) = next(item for item in SHADES.items() if time < item[1][0])
    return f'fillcolor="{colour}", fontcolor="{"white" if name in DARK else "black"}"'


def colour_key() -> Iterator[str]:
    """The key: a node for each class of wall times."""
    yield '  subgraph cluster_key {\n    label="wall time"; color="#999999"; fontsize=10'
    low = 0.0
    for number, (name, (high, _)) in enumerate(SHADES.items()):
        yield f'    key{number} [label="{name}", {shade(low)}]'
        low = high
    yield f'    key{len(SHADES)} [label="not measured", {shade(None)}]'
    yield "  }"
