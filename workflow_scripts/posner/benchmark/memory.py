"""Measure the peak memory of each rule on a large test set, beside the memory that the rule requests.

A study of two variants and one seed runs. Its runs and sweeps are then linked as those of more variants and seeds, for
the summaries that read all of them.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from posner.benchmark.planning import CHECKOUT
from posner.benchmark.process import measure
from posner.config.variants import SeededVariant, seeded_runs
from posner.workflow.options import flags

BASELINE, LATE, SEED = "baseline", "late-gold-one_hot", 0
POS_INPUT = {"fusion": "late", "pos": "gold", "feature": "one_hot"}
# The smallest encoder: what grows with the test set is measured, not the encoder.
ENCODER = {
    "source": "scratch",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "intermediate_size": 16,
}


@dataclass(frozen=True, slots=True)
class Peak:
    """Peak memory of a rule in MiB, and the memory that it requests in MB; ``None`` for a rule that requests none."""

    rule: str
    peak: float
    requested: float | None


def run_study(folder: Path, sentences: int) -> list[Peak]:
    """Run a study with this number of test sentences in `folder`; returns the largest peak of each rule."""
    training = {"epochs": 1}
    study = {
        "study": {
            "title": "Memory",
            "corpora": ["large"],
            "encoders": ["tiny"],
            "variants": [BASELINE, LATE],
            "seeds": [SEED],
        },
        "corpora": {"large": {"source": "generated", "train": 2000, "validation": 200, "test": sentences}},
        "encoders": {"tiny": ENCODER},
        "pos": {"folds": 2, "training": training},
        "ner": {"training": training},
        "compute": {"device": "cpu", "threads": 1},
    }
    config = folder / "study.json"  # JSON is YAML
    config.write_text(json.dumps(study))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(CHECKOUT / "Snakefile")]
    measure([*command, "--configfile", str(config), "--cores=all", "--benchmark-extended", "figures"], folder)
    jobs = pd.concat([pd.read_csv(path, sep="\t") for path in sorted((folder / "benchmarks").rglob("*.tsv"))])
    requested = {
        rule: ast.literal_eval(resources).get("mem_mb")
        for rule, resources in zip(jobs["rule_name"], jobs["resources"], strict=True)
    }
    peaks = jobs.groupby("rule_name")["max_rss"].max()
    return [Peak(str(rule), float(peak), requested[rule]) for rule, peak in peaks.items()]


def measure_summaries(folder: Path, variants: int, seeds: int) -> Iterator[Peak]:
    """The peaks of the summaries of this number of variants and seeds, from the study in `folder`."""
    settings = {
        name: SeededVariant.model_validate({"seeds": range(seeds)} | ({} if name == BASELINE else POS_INPUT))
        for name in (BASELINE, *(f"{LATE}-{i}" for i in range(variants)))
    }
    work, target = folder / "results/large/tiny", folder / "linked"
    link_runs(work, target, settings)
    corpus = folder / "results/large/corpus"
    for name, paths in {
        "summarise_ner": {"ner": target / "ner", "metrics": target / "metrics", "tables": target},
        "compare_variants": {
            "corpus": corpus, "ner": target / "ner", "output": target / "c.json", "table": target / "c.csv",
        },
        "score_slices": {
            "corpus": corpus, "predicted": work / "pos/predicted.parquet", "ner": target / "ner", "tables": target,
        },
        "summarise_corruption": {"sweeps": target / "corruption", "output": target, "tables": target},
    }.items():  # fmt: skip
        yield Peak(name, measure_command(name, flags(variants=settings, **paths)), None)


def link_runs(work: Path, target: Path, settings: dict[str, SeededVariant]) -> None:
    """Link the runs and sweeps of a study as those of other variants and seeds, without provenance records."""
    for name, seed in seeded_runs(settings):
        source = Path(BASELINE if name == BASELINE else LATE, f"seed-{SEED}")
        run = target / "ner" / name / f"seed-{seed}"
        run.mkdir(parents=True)
        os.link(work / "ner" / source / "predictions.parquet", run / "predictions.parquet")
        metrics: dict[str, Any] = json.loads((work / "ner" / source / "metrics.json").read_text())
        (run / "metrics.json").write_text(json.dumps(metrics | {"seed": seed}))
        if name != BASELINE:
            (target / "corruption" / name).mkdir(parents=True, exist_ok=True)
            for kind in ("parquet", "changes.parquet"):
                sweep = work / "corruption" / LATE / f"seed-{SEED}.{kind}"
                os.link(sweep, target / "corruption" / name / f"seed-{seed}.{kind}")


def measure_command(name: str, arguments: Sequence[str]) -> float:
    """Peak memory of a command in MiB."""
    cost, _ = measure([sys.executable, "-m", "posner", name, *arguments])
    return cost.memory / 2**20
