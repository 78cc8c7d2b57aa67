"""How long Snakemake takes to plan a large study, beside a bare workflow of as many jobs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from posner.benchmark.process import Cost, cost

CHECKOUT = Path(__file__).parents[2]

# Half of the jobs read what the other half makes, and there is nothing else: no settings, logs or functions.
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


def large_study(corpora: int, encoders: int, seeds: int) -> dict[str, Any]:
    """A study of generated corpora and small encoders that has all of the default variants."""
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
    """Plan `study` from nothing, in an empty `folder`."""
    config = folder / "large.json"  # JSON is YAML
    config.write_text(json.dumps(study))
    return plan(folder, "--snakefile", str(CHECKOUT / "Snakefile"), "--configfile", str(config))


def plan_bare(folder: Path, jobs: int) -> tuple[int, Cost]:
    """Plan a bare workflow of `jobs` jobs, in an empty `folder`."""
    snakefile = folder / "bare.smk"
    snakefile.write_text(BARE.format(half=jobs // 2))
    return plan(folder, "--snakefile", str(snakefile))


def plan(folder: Path, *arguments: str) -> tuple[int, Cost]:
    """Dry-run Snakemake in `folder`; returns the number of jobs, and what planning them cost."""
    spent, printed = cost([sys.executable, "-m", "snakemake", *arguments, "--dry-run", "--quiet", "rules"], folder)
    return next(int(line.split()[1]) for line in printed.splitlines() if line.startswith("total ")), spent
