"""The workflow on a real SLURM cluster: what is sent where, and that nothing that happens there costs a result.

`make test-slurm` runs these as root on Debian. Two studies: one of every stage, left in peace, and one of trainings, to
each of which something happens.
"""

from __future__ import annotations

from pathlib import Path

import gate
import pytest
from cluster import ACCOUNT, CPU_PARTITION, NODES, PARTITION, Cluster, wait_until
from studies import (
    TO_CPU_PARTITION,
    ClusterStudy,
    Training,
    assert_found,
    different,
    gated_study,
    gpus_in_use,
    results,
    standing,
    study_copy,
    trainings_copy,
)
from workflow_copy import Copy

pytestmark = pytest.mark.slurm

ON_GPUS = {"train_tagger", "train_ner", "sweep_corruption"}
ON_CPUS = {"assign_folds", "merge_pos", "score_pos"}
HARMS = ["cancel", "run_out_of_time", "run_out_of_memory", "be_preempted", "lose_its_node"]
HARMED = list(range(1, len(HARMS) + 1))  # seeds of the trainings to which these happen
ORPHANED = [len(HARMS) + number for number in (1, 2, 3, 4)]  # seeds of the trainings whose Snakemake is killed
MEMORY_MB = 2000  # of the first try: enough for a training that does not grow


# --- a study in peace ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> ClusterStudy:
    study = ClusterStudy(study_copy(tmp_path_factory.mktemp("slurm") / "with blank"), cluster)
    assert study.run(*TO_CPU_PARTITION) == 0, study.printed
    return study


def test_results_are_those_of_a_local_run_to_the_byte(finished: ClusterStudy, local: Copy) -> None:
    found = results(finished.copy.folder)
    assert different(found, results(local.folder)) == []
    kinds = {Path(name).suffix for name in found}
    assert kinds >= {".parquet", ".json", ".csv", ".safetensors", ".png", ".svg", ".rst"}


def test_trainings_and_sweeps_ask_for_a_gpu_and_nothing_else_does(finished: ClusterStudy) -> None:
    jobs = finished.jobs()
    sent = set(jobs[["rule", "gpus", "Partition", "Account", "state"]].itertuples(index=False, name=None))
    on_gpus = {(rule, 1, PARTITION, ACCOUNT, "COMPLETED") for rule in ON_GPUS}
    on_cpus = {(rule, 0, CPU_PARTITION, ACCOUNT, "COMPLETED") for rule in ON_CPUS}
    assert sent == on_gpus | on_cpus  # and rules that run on the login node are not here


def test_all_gpus_are_used_and_never_more(finished: ClusterStudy) -> None:
    assert gpus_in_use(finished.jobs()).max() == len(NODES)


# --- trainings to which things happen --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The results of the same trainings on this machine when nothing happens to them."""
    copy = trainings_copy(tmp_path_factory.mktemp("undisturbed") / "study", [*HARMED, *ORPHANED])
    copy.snakemake("--", "ner")
    return results(copy.folder)


@pytest.fixture(scope="module")
def harmed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Training]:
    """A study that ended well although to each of its trainings one of HARMS happened."""
    study = gated_study(cluster, tmp_path_factory.mktemp("harmed") / "study", HARMED)
    harmed: dict[str, Training] = {}

    def unharmed() -> list[Training]:
        return standing(study, set(HARMED) - {training.seed for training in harmed.values()})

    snakemake = study.start("--set-resources", f"train_ner:mem_mb={MEMORY_MB}*attempt", "--", "ner")
    try:
        for harm in HARMS:
            harmed[harm] = wait_until(unharmed, f"no training runs that could {harm}", seconds=180)[0]
            getattr(harmed[harm], harm)()
        # One training waits for the heartbeat of the node that was lost.
        assert snakemake.wait(timeout=400) == 0, study.printed
    finally:
        snakemake.kill()
    return harmed


@pytest.mark.parametrize("harm", HARMS)
def test_a_training_goes_on_after(harm: str, harmed: dict[str, Training], undisturbed: dict[str, bytes]) -> None:
    training = harmed[harm]
    assert f"resumed at step {gate.STEP}" in training.log
    assert_found(training.study, undisturbed, [training.seed])


@pytest.mark.parametrize(
    ("harm", "state"),
    [("cancel", "CANCELLED"), ("run_out_of_time", "TIMEOUT"), ("run_out_of_memory", "FAILED")],
)
def test_a_failed_job_is_tried_again_with_more(harm: str, state: str, harmed: dict[str, Training]) -> None:
    first, second = harmed[harm].runs().itertuples()
    assert (first.state, second.state) == (state, "COMPLETED")
    assert first.JobIDRaw != second.JobIDRaw
    assert second.memory == 2 * first.memory == 2 * MEMORY_MB
    assert int(second.TimelimitRaw) >= 2 * int(first.TimelimitRaw)


@pytest.mark.parametrize(("harm", "state"), [("be_preempted", "PREEMPTED"), ("lose_its_node", "NODE_FAIL")])
def test_slurm_queues_again_what_it_has_stopped(harm: str, state: str, harmed: dict[str, Training]) -> None:
    first, second = harmed[harm].runs().itertuples()
    assert (first.state, second.state) == (state, "COMPLETED")
    assert first.JobIDRaw == second.JobIDRaw


def test_gpus_are_not_shared_by_what_runs_again(harmed: dict[str, Training]) -> None:
    study = harmed["cancel"].study
    assert gpus_in_use(study.jobs()).max() == len(NODES)


def test_nothing_is_trained_twice_after_snakemake_was_killed(
    cluster: Cluster, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    study = gated_study(cluster, tmp_path / "study", ORPHANED)
    snakemake = study.start("--", "ner")
    try:
        finishes, stands = wait_until(
            lambda: len(both := standing(study, ORPHANED)) == len(NODES) and both, "the trainings do not run", 180
        )
        wait_until(lambda: len(study.jobs()) >= len(ORPHANED), "not all trainings are in the queue")
    finally:
        snakemake.kill()
        snakemake.wait()
    (study.copy.folder / gate.GATES / f"{finishes.seed}-open").touch()
    wait_until(lambda: finishes.runs()["state"].tolist() == ["COMPLETED"], "the training does not end by itself")
    follows = wait_until(
        lambda: [t for t in standing(study, ORPHANED) if t.seed not in (finishes.seed, stands.seed)],
        "no training follows",
        180,
    )[0]
    [waits] = [Training(study, seed) for seed in ORPHANED if seed not in (finishes.seed, stands.seed, follows.seed)]
    waiting_job, node = waits.job()
    assert not node
    (study.copy.folder / gate.GATES / f"{waits.seed}-open").touch()

    # As the README says: the same command names the lock, which is removed, and then does what is left to do.
    assert study.run("--", "ner") != 0
    assert "--unlock" in study.printed
    assert study.run("--unlock") == 0
    assert study.run("--", "ner") == 0, study.printed

    assert finishes.runs()["state"].tolist() == ["COMPLETED"]
    for training in (stands, follows):
        assert training.runs()["state"].tolist() == ["CANCELLED", "COMPLETED"]
        assert f"resumed at step {gate.STEP}" in training.log
    jobs = study.jobs().set_index("JobIDRaw")
    assert jobs.loc[waiting_job, "state"] == "CANCELLED"
    assert waits.runs()["state"].iloc[0] == "COMPLETED"
    assert gpus_in_use(study.jobs()).max() == len(NODES)  # so the second run waited for the end of the first
    assert_found(study, undisturbed, ORPHANED)
