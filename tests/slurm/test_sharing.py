"""Other ways to use a SLURM cluster: shards of GPUs, job arrays, several partitions, a whole study as one job."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import gate
import pytest
from cluster import ACCOUNT, CPU_PARTITION, NODES, PARTITION, SHARDS, Cluster, wait_until
from studies import ClusterStudy, documented, gated_study, results, standing, trainings_copy
from workflow_copy import CHECKOUT

pytestmark = pytest.mark.slurm

SEEDS = [1, 2, 3, 4]
PAGE = "docs/cluster.md"


@pytest.fixture
def study(cluster: Cluster, tmp_path: Path) -> ClusterStudy:
    """Trainings that do not stand still."""
    return ClusterStudy(trainings_copy(tmp_path / "study", SEEDS), cluster)


def test_jobs_share_gpus_in_shards(cluster: Cluster, tmp_path: Path) -> None:
    assert len(SEEDS) == SHARDS * len(NODES)
    study = gated_study(cluster, tmp_path / "study", SEEDS)
    snakemake = study.start(*documented(PAGE, "--set-resources train_tagger:gpu=0"), "--", "ner")
    try:
        trainings = wait_until(
            lambda: len(them := standing(study, SEEDS)) == len(SEEDS) and them, "the trainings do not share GPUs", 180
        )
        assert {training.job()[1] for training in trainings} == set(NODES)
        for training in trainings:
            (study.copy.folder / gate.GATES / f"{training.seed}-open").touch()
        assert snakemake.wait(timeout=120) == 0, study.printed
    finally:
        snakemake.kill()
    assert study.jobs()["AllocTRES"].str.contains("gres/shard=1").all()
    assert set(study.jobs()["gpus"]) == {0}


def test_a_job_array_runs_all_of_its_trainings(study: ClusterStudy) -> None:
    arrays = ["--slurm-array-jobs=train_ner", "--slurm-array-limit=20", "--max-jobs-per-timespan=10/1s"]
    assert study.run(*arrays, "--", "ner") == 0, study.printed
    assert f"The individual task IDs are 1-{len(SEEDS)}" in study.printed
    assert study.jobs()["state"].tolist() == ["COMPLETED"] * len(SEEDS)


def test_the_plugin_chooses_partitions(study: ClusterStudy) -> None:
    [example] = re.findall(r"```yaml\n(partitions:.*?)```", (CHECKOUT / PAGE).read_text(), flags=re.DOTALL)
    partitions = study.copy.folder / "partitions.yaml"
    partitions.write_text(example.replace("GPUS", PARTITION).replace("CPUS", CPU_PARTITION))
    options = ["--slurm-partition-config", str(partitions), "--default-resources", f"slurm_account={ACCOUNT}"]
    assert study.run(*options, "--", "ner", "results/small/corpus/folds.json") == 0, study.printed
    used = set(study.jobs()[["rule", "Partition"]].itertuples(index=False, name=None))
    assert used == {("train_ner", PARTITION), ("assign_folds", CPU_PARTITION)}


def test_a_study_that_is_one_slurm_job_resumes_after_its_cancellation(cluster: Cluster, tmp_path: Path) -> None:
    study = gated_study(cluster, tmp_path / "study", SEEDS[:2])
    command = documented(PAGE, "sbatch", ME=ACCOUNT, GPUS=PARTITION, **{"8": "2", "32G": "8001M"})
    script = command.pop().replace("exec snakemake", f"exec {sys.executable} -m snakemake")
    settings = study.copy.command()
    settings["env"] |= cluster.environment

    def submit() -> str:
        options = ["--parsable", "--output=/dev/null"]
        target = script.replace("my-study.yaml", "study.yaml -- ner")
        done = subprocess.run(**settings | {"args": [*command[:-1], *options, "--wrap", target]}, capture_output=True)
        return done.stdout.decode().strip()

    def wait_for_end(job: str) -> None:
        wait_until(lambda: job not in set(cluster.squeue()["JOBID"]), f"job {job} does not end", 180)

    first = submit()
    trainings = wait_until(lambda: standing(study, SEEDS), "no training stands", 180)
    cluster.command("scancel", first)
    wait_for_end(first)
    for seed in SEEDS:
        (study.copy.folder / gate.GATES / f"{seed}-open").touch()
    wait_for_end(submit())
    assert study.jobs()["state"].tolist() == ["CANCELLED", "COMPLETED"]
    assert all(f"resumed at step {gate.STEP}" in training.log for training in trainings)
    assert len([path for path in results(study.copy.folder) if path.endswith("predictions.parquet")]) == 2
