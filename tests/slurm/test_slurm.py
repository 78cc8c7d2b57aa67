"""The workflow on a real SLURM cluster: what is sent where, and that nothing that happens there costs a result.

`make test-slurm` runs these as root on Debian. Two studies: one of every stage, left in peace, and one of trainings, to
each of which something happens.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gate
import pandas as pd
import pytest
from cluster import ACCOUNT, CPU_PARTITION, NODES, PARTITION, Cluster, wait_until
from studies import TO_CPU_PARTITION, ClusterStudy, Training, put_gates, standing
from workflow_copy import Copy, copy_workflow

pytestmark = pytest.mark.slurm

ON_GPUS = {"train_tagger", "train_ner", "sweep_corruption"}
ON_CPUS = {"assign_folds", "merge_pos", "score_pos"}
HARMS = ["cancel", "run_out_of_time", "run_out_of_memory", "be_preempted", "lose_its_node"]
HARMED = list(range(1, len(HARMS) + 1))  # seeds of the trainings to which these happen
ORPHANED = [len(HARMS) + number for number in (1, 2, 3, 4)]  # seeds of the trainings whose Snakemake is killed
MEMORY_MB = 2000  # of the first try: enough for a training that does not grow


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, Cluster(Path(folder)) as started:
        yield started


def study_copy(folder: Path) -> Copy:
    """The small study with fewer variants; its jobs may use a GPU, which the test cluster has only in name."""
    copy = copy_workflow(folder)
    copy.set(
        study__variants=["baseline", "late-predicted-logits", "encoder-gold"],
        variants__baseline={},
        compute__device="auto",
    )
    return copy


# --- a study in peace ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> ClusterStudy:
    study = ClusterStudy(study_copy(tmp_path_factory.mktemp("slurm") / "with blank"), cluster)
    assert study.run(*TO_CPU_PARTITION) == 0, study.printed
    return study


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = study_copy(tmp_path_factory.mktemp("local") / "with blank")
    copy.snakemake()
    return copy


def results(folder: Path) -> dict[str, bytes]:
    """All results by path: every file under results, without times.

    Left out are costs and pages (the report shows times), of histories the seconds, of records what depends on time.
    """
    found = {}
    for path in sorted((folder / "results").rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_of_time = path.suffix == ".html" or path.name.startswith(("cost.", "runs."))
        if not path.is_file() or is_of_time:
            continue
        if path.name == "history.csv":
            found[name] = pd.read_csv(path).drop(columns="seconds").to_csv().encode()
        elif path.name.endswith("provenance.json"):
            of_time = {"seconds", "finished", "environment", "inputs", "outputs"}
            record = json.loads(path.read_text())
            found[name] = json.dumps({key: value for key, value in record.items() if key not in of_time}).encode()
        else:
            found[name] = path.read_bytes()
    return found


def different(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


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


def gpus_in_use(jobs: pd.DataFrame) -> pd.Series:
    """GPUs in use after each start and end of a job; one that was cancelled before it started had none."""
    jobs = jobs[jobs["gpus"] > 0]
    starts = pd.Series(jobs["gpus"].to_numpy(), index=pd.to_datetime(jobs["Start"]))
    ends = pd.Series(-jobs["gpus"].to_numpy(), index=pd.to_datetime(jobs["End"]))
    return pd.concat([starts, ends]).groupby(level=0).sum().cumsum()


def test_all_gpus_are_used_and_never_more(finished: ClusterStudy) -> None:
    assert gpus_in_use(finished.jobs()).max() == len(NODES)


# --- trainings to which things happen --------------------------------------------------------------------------------


def trainings_copy(folder: Path, seeds: list[int]) -> Copy:
    """A study of baselines only, which stand still at their gates where there is a folder for them."""
    copy = study_copy(folder)
    copy.set(study__variants=["baseline"], study__seeds=seeds)
    put_gates(copy)
    return copy


def gated_study(cluster: Cluster, folder: Path, seeds: list[int]) -> ClusterStudy:
    copy = trainings_copy(folder, seeds)
    (copy.folder / gate.GATES).mkdir()
    return ClusterStudy(copy, cluster)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The results of the same trainings on this machine when nothing happens to them."""
    copy = trainings_copy(tmp_path_factory.mktemp("undisturbed") / "study", [*HARMED, *ORPHANED])
    copy.snakemake("--", "ner")
    return results(copy.folder)


def assert_found(study: ClusterStudy, undisturbed: dict[str, bytes], seeds: list[int]) -> None:
    """The study has all that these trainings find, to the byte, and no resume state is left."""
    found = results(study.copy.folder)
    for seed in seeds:
        expected = {name: what for name, what in undisturbed.items() if f"/baseline/seed-{seed}/" in name}
        assert len(expected) == 8
        assert different(expected, {name: found.get(name, b"") for name in expected}) == []
    assert not any("/resume/" in name for name in found)


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
