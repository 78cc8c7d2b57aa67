"""Groups of trainings on a real SLURM cluster: one job with one GPU, in turn, and nothing is done twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gate
import pytest
from cluster import NODES, Cluster, wait_until
from studies import (
    ClusterStudy,
    Training,
    assert_found,
    different,
    documented,
    gated_study,
    gpus_in_use,
    results,
    study_copy,
    trainings_copy,
)
from workflow_copy import Copy

pytestmark = pytest.mark.slurm

SHORT_JOBS = documented("docs/cluster.md", "--workflow-profile")
SEEDS = [1, 2, 3, 4]
MINUTES = 15  # of one training, in the profile
MEMORY_MB = 8000  # of one training, in its rule


class Grouped(Training):
    """A training in the only group of a study."""

    @property
    def comment(self) -> str:
        return "rule_trainings_train_ner"

    @property
    def predictions(self) -> Path:
        return self.study.copy.folder / f"results/small/tiny/ner/baseline/seed-{self.seed}/predictions.parquet"

    def open_gate(self) -> None:
        (self.study.copy.folder / gate.GATES / f"{self.seed}-open").touch()


@dataclass(frozen=True)
class Interrupted:
    """A group of trainings, to the last three of which something happened, in this order."""

    study: ClusterStudy
    undisturbed: Grouped
    preempted: Grouped
    cancelled: Grouped
    orphaned: Grouped
    first_written: int  # nanoseconds; when the first training wrote its predictions


@pytest.fixture(scope="module")
def interrupted(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    study = gated_study(cluster, tmp_path_factory.mktemp("groups") / "study", SEEDS)
    gates = study.copy.folder / gate.GATES
    trainings: list[Grouped] = []

    def next_training() -> Grouped:
        """The training whose turn it is, when it stands at its gate."""
        left = set(SEEDS) - {training.seed for training in trainings}
        seed = wait_until(lambda: [s for s in left if (gates / str(s)).exists()], "no training stands", 180)[0]
        trainings.append(Grouped(study, seed))
        return trainings[-1]

    snakemake = study.start(*SHORT_JOBS, "--", "ner")
    try:
        first = next_training()
        first.open_gate()
        next_training().be_preempted()
        written = first.predictions.stat().st_mtime_ns
        next_training().cancel()
        next_training()
    finally:
        snakemake.kill()
        snakemake.wait()
    assert study.run("--unlock") == 0
    assert study.run(*SHORT_JOBS, "--", "ner") == 0, study.printed
    return Interrupted(study, *trainings, written)


def test_a_group_requests_what_one_training_needs_and_the_sum_of_the_times(interrupted: Interrupted) -> None:
    jobs = interrupted.preempted.runs()
    assert jobs["state"].tolist() == ["PREEMPTED", "CANCELLED", "CANCELLED", "COMPLETED"]
    first, requeued, second, last = jobs["JobIDRaw"]
    assert first == requeued
    assert len({first, second, last}) == 3
    assert set(jobs["gpus"]) == {1}
    assert jobs["AllocTRES"].str.contains("cpu=1,").all()
    assert jobs["memory"].tolist() == [MEMORY_MB, MEMORY_MB, 2 * MEMORY_MB, MEMORY_MB]
    all_of_them = MINUTES * len(SEEDS)
    *minutes, after_kill = jobs["TimelimitRaw"].astype(int)
    assert minutes == [all_of_them, all_of_them, 2 * all_of_them]
    assert after_kill < all_of_them  # without those that have finished


def test_the_trainings_of_a_group_take_turns(interrupted: Interrupted) -> None:
    for job in set(interrupted.preempted.runs()["JobIDRaw"]):
        steps = interrupted.study.cluster.steps(job)
        assert (steps["End"].iloc[:-1].to_numpy() <= steps["Start"].iloc[1:].to_numpy()).all()


def test_finished_trainings_are_not_repeated(interrupted: Interrupted) -> None:
    assert interrupted.undisturbed.predictions.stat().st_mtime_ns == interrupted.first_written


@pytest.mark.parametrize("harm", ["preempted", "cancelled", "orphaned"])
def test_the_interrupted_training_of_a_group_resumes(harm: str, interrupted: Interrupted) -> None:
    assert f"resumed at step {gate.STEP}" in getattr(interrupted, harm).log


def test_an_interrupted_group_has_the_same_results(
    interrupted: Interrupted, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = trainings_copy(tmp_path_factory.mktemp("ungrouped") / "study", SEEDS)
    copy.snakemake("--", "ner")
    assert_found(interrupted.study, results(copy.folder), SEEDS)


def test_one_failing_training_does_not_cost_the_others_of_its_group(
    cluster: Cluster, tmp_path: Path, local: Copy
) -> None:
    study = ClusterStudy(study_copy(tmp_path / "with blank"), cluster)
    obstacle = study.copy.folder / "results/small/tiny/resume/ner-late-predicted-logits-1"  # where a folder should be
    obstacle.parent.mkdir(parents=True)
    obstacle.touch()
    assert study.run(*SHORT_JOBS) != 0
    runs = study.copy.folder / "results/small/tiny/ner"
    assert {path.parts[-3] for path in runs.glob("*/*/provenance.json")} == {"baseline", "encoder-gold"}
    before = len(study.jobs())

    obstacle.unlink()
    assert study.run(*SHORT_JOBS) == 0, study.printed
    assert different(results(study.copy.folder), results(local.folder)) == []
    assert sorted(study.jobs()["rule"][before:]) == ["sweeps_sweep_corruption", "trainings_train_ner"]
    assert gpus_in_use(study.jobs()).max() <= len(NODES)
