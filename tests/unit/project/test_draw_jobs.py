"""The graph of a study's jobs: what a dry run says, and the time that benchmarks say."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from posner.commands.project.draw_jobs import DrawJobs, planned_jobs, shade
from posner.errors import InputError
from workflow_copy import Copy

PRINTED = """\
Job stats:
job      count
[Sun Nov 22 15:08:03 2026]
rule prepare_corpus:
    output: results/c/corpus.json, results/c/train.parquet
    jobid: 3
    benchmark: benchmarks/c/corpus/prepare_corpus.tsv
    reason: Forced execution
    wildcards: corpus=c
    resources: tmpdir=/tmp, runtime=60
Shell command: python -m posner prepare_corpus
[Sun Nov 22 15:08:03 2026]
localrule train_ner:
    input: results/c/corpus.json, data/from elsewhere.txt
    output: results/c/e/ner/late-gold/seed-7/metrics.json
    jobid: 7
    benchmark: benchmarks/c/e/ner/late-gold/seed-7.tsv
    wildcards: corpus=c, encoder=e, variant=late-gold, seed=7

rule all:
    input: results/c/e/ner/late-gold/seed-7/metrics.json
    jobid: 0
    reason: Forced execution
"""


def drawn(folder: Path) -> str:
    (folder / "plan.txt").write_text(PRINTED)
    DrawJobs(plan=folder / "plan.txt", folder=folder, output=folder / "jobs.dot").execute()
    return (folder / "jobs.dot").read_text()


def test_a_dry_run_is_read() -> None:
    corpus, train, everything = planned_jobs(PRINTED)
    assert (corpus.rule, corpus.number, corpus.inputs) == ("prepare_corpus", "3", ())
    assert corpus.outputs == ("results/c/corpus.json", "results/c/train.parquet")
    assert train.wildcards == {"corpus": "c", "encoder": "e", "variant": "late-gold", "seed": "7"}
    assert (everything.benchmark, everything.wildcards) == ("", {})


def test_arrows_go_from_what_is_made_to_what_needs_it(tmp_path: Path) -> None:
    arrows = [line.strip() for line in drawn(tmp_path).splitlines() if "->" in line]
    assert arrows == ["3 -> 7", "7 -> 0"]


def test_what_snakemake_prints_is_understood(finished: Copy, tmp_path: Path) -> None:
    plan = finished.snakemake("--forceall", "--dry-run", "all")
    jobs = planned_jobs(plan)
    assert Counter(job.rule for job in jobs) == Counter(finished.planned("--forceall", "all"), all=1)
    measured = [job for job in jobs if job.benchmark]
    assert len(measured) == len(jobs) - 1
    assert all((finished.folder / job.benchmark).is_file() for job in measured)
    (tmp_path / "plan.txt").write_text(plan)
    DrawJobs(plan=tmp_path / "plan.txt", folder=finished.folder, output=tmp_path / "jobs.dot").execute()
    assert (tmp_path / "jobs.dot").read_text().count("->") > len(jobs)


def test_only_what_was_measured_is_coloured(tmp_path: Path) -> None:
    assert "wall time" not in drawn(tmp_path)
    benchmark = tmp_path / "benchmarks/c/e/ner/late-gold/seed-7.tsv"
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text("s\tmax_rss\tcpu_time\n371.95\t3028\t262\n")
    made = drawn(tmp_path)
    assert 'label="train_ner  0:06:12\\nlate-gold seed 7\\nc, e", ' + shade(371.95) in made
    assert 'label="prepare_corpus\\nc", fillcolor="#eeeeee"' in made
    assert "wall time" in made


def test_longer_is_darker() -> None:
    colours = [shade(seconds).split('"')[1] for seconds in (0, 3, 10, 60, 300, 1200, 7200)]
    assert len(set(colours)) == 7
    lightness = [sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in colours]
    assert lightness == sorted(lightness, reverse=True)
    assert shade(2.9) == shade(0)


def test_a_file_without_jobs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("Nothing to be done\n")
    with pytest.raises(InputError, match="dry-run"):
        DrawJobs(plan=tmp_path / "plan.txt", folder=tmp_path, output=tmp_path / "jobs.dot").execute()


@pytest.mark.skipif(shutil.which("dot") is None, reason="no graphviz")
def test_graphviz_draws_it(tmp_path: Path) -> None:
    drawn(tmp_path)
    made = subprocess.run(["dot", "-Tsvg", tmp_path / "jobs.dot"], capture_output=True, text=True, check=True)
    assert "late&#45;gold seed 7" in made.stdout
