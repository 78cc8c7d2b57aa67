"""Studies that run on the test cluster, and what can happen to their trainings."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import gate
import pandas as pd
import psutil
from cluster import ACCOUNT, CPU_PARTITION, PARTITION, URGENT, Cluster, wait_until
from workflow_copy import CHECKOUT, Copy, copy_workflow

# A test does not wait as long as a user does to hear that a job has ended.
IMPATIENT = ["--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"]


def documented(page: str, start: str, **names: str) -> list[str]:
    """The words of the line of `page` that begins with `start`, with this cluster's names for the capital ones."""
    lines = (CHECKOUT / page).read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith(start)]
    for placeholder, name in names.items():
        assert f"={placeholder}" in line, line
        line = line.replace(f"={placeholder}", f"={name}")
    return shlex.split(line)


COMMAND = documented("README.md", "snakemake --profile profiles/slurm", ME=ACCOUNT, GPUS=PARTITION)
TO_CPU_PARTITION = documented("docs/cluster.md", "--set-resources assign_folds", CPUS=CPU_PARTITION)


@dataclass(frozen=True)
class ClusterStudy:
    """A copy of the workflow whose jobs go to the cluster."""

    copy: Copy
    cluster: Cluster

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start Snakemake, which prints into controller.log."""
        settings = self.copy.command()
        settings["args"] = [
            sys.executable,
            "-m",
            *COMMAND,
            "--configfile",
            str(self.copy.study),
            *IMPATIENT,
            *arguments,
        ]
        settings["env"] |= self.cluster.environment
        with (self.copy.folder / "controller.log").open("a") as log:
            return subprocess.Popen(**settings, stdout=log, stderr=subprocess.STDOUT)

    def run(self, *arguments: str) -> int:
        """Run Snakemake to its end; returns its exit status."""
        process = self.start(*arguments)
        try:
            return process.wait(timeout=600)
        finally:
            process.kill()

    @property
    def printed(self) -> str:
        """What all of the study's Snakemakes have printed."""
        return (self.copy.folder / "controller.log").read_text()

    def jobs(self) -> pd.DataFrame:
        """The study's jobs in accounting, oldest first, with the `rule` of each, its `gpus` and `memory` in MB."""
        jobs = self.cluster.sacct()
        jobs = jobs[jobs["WorkDir"] == str(self.copy.folder)].copy()
        jobs["rule"] = jobs["Comment"].str.extract(r"^rule_(\w+?)(?:_wildcards_.*)?$", expand=False)
        jobs["gpus"] = jobs["AllocTRES"].str.extract(r"gres/gpu=(\d+)", expand=False).fillna("0").astype(int)
        jobs["memory"] = jobs["ReqTRES"].str.extract(r"mem=(\d+)M", expand=False).astype(int)
        jobs["state"] = jobs["State"].str.split().str[0]  # "CANCELLED by 0"
        return jobs


def study_copy(folder: Path) -> Copy:
    """The small study with fewer variants; its jobs may use a GPU, which the test cluster has only in name."""
    copy = copy_workflow(folder)
    copy.set(
        study__variants=["baseline", "late-predicted-logits", "encoder-gold"],
        variants__baseline={},
        compute__device="auto",
    )
    return copy


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


def put_gates(copy: Copy) -> None:
    """Have the copy's trainings stand still at one step, where there is a folder for gates."""
    library = copy.folder / "workflow_scripts" / "posner"
    shutil.copy(gate.__file__, library)
    loop = library / "training" / "loop.py"
    text, save = loop.read_text(), "                resume.after_step(progress)\n"
    assert text.count(save) == 1
    text = text.replace(save, save + "                stand(progress, resume, seed)\n")
    first_import = "from posner.config.training import"
    assert text.count(first_import) == 1
    loop.write_text(text.replace(first_import, f"from posner.gate import stand\n{first_import}"))


def standing(study: ClusterStudy, seeds: Iterable[int]) -> list[Training]:
    """The trainings of these seeds that stand at their gates or have stood there."""
    return [Training(study, seed) for seed in seeds if (study.copy.folder / gate.GATES / str(seed)).exists()]


@dataclass(frozen=True)
class Training:
    """A training of the baseline."""

    study: ClusterStudy
    seed: int

    @property
    def comment(self) -> str:
        return f"rule_train_ner_wildcards_small_tiny_baseline_{self.seed}"

    @property
    def log(self) -> str:
        logs = self.study.copy.folder / "logs" / "small" / "tiny"
        return (logs / "ner" / "baseline" / f"seed-{self.seed}.log").read_text()

    def job(self) -> tuple[str, str]:
        """The job's id and node."""
        queue = self.study.cluster.squeue()
        [(job, node)] = queue.loc[queue["COMMENT"] == self.comment, ["JOBID", "NODELIST"]].itertuples(index=False)
        return job, node

    def runs(self) -> pd.DataFrame:
        """Each of its runs in accounting, in order."""
        jobs = self.study.jobs()
        return jobs[jobs["Comment"] == self.comment].sort_values("Start")

    def save(self) -> None:
        """Have it save its state, as it does every few minutes."""
        state = Path(f"results/small/tiny/resume/ner-baseline-{self.seed}")
        [process] = [
            process
            for process in psutil.process_iter(["cmdline"])
            if {"train_ner", str(state)} <= set(process.info["cmdline"] or [])
            and Path(process.cwd()) == self.study.copy.folder
        ]
        process.send_signal(signal.SIGUSR1)
        wait_until((self.study.copy.folder / state / "state.json").exists, f"{state} was not saved")

    # What can happen to it.

    def cancel(self) -> None:
        self.study.cluster.command("scancel", self.job()[0])

    def run_out_of_time(self) -> None:
        """Limits are in minutes, but the end of a job can be set to the second; SLURM looks every half minute."""
        self.study.cluster.command("scontrol", "update", f"JobId={self.job()[0]}", "EndTime=now+1seconds")

    def run_out_of_memory(self) -> None:
        self.save()  # there is no warning
        (self.study.copy.folder / gate.GATES / f"{self.seed}-grow").touch()

    def be_preempted(self) -> None:
        node = self.job()[1]
        wanted = ["--account", ACCOUNT, "--partition", URGENT, "--nodelist", node, "--gpus=1", "--mem=100"]
        self.study.cluster.command("sbatch", *wanted, "--output=/dev/null", "--wrap", "sleep 1")

    def lose_its_node(self) -> None:
        self.save()  # there is no warning
        node = self.job()[1]
        self.study.cluster.kill_node(node)
        self.study.cluster.start_node(node)


# What a study has found.


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


def gpus_in_use(jobs: pd.DataFrame) -> pd.Series:
    """GPUs in use after each start and end of a job; one that was cancelled before it started had none."""
    jobs = jobs[jobs["gpus"] > 0]
    starts = pd.Series(jobs["gpus"].to_numpy(), index=pd.to_datetime(jobs["Start"]))
    ends = pd.Series(-jobs["gpus"].to_numpy(), index=pd.to_datetime(jobs["End"]))
    return pd.concat([starts, ends]).groupby(level=0).sum().cumsum()


def assert_found(study: ClusterStudy, undisturbed: dict[str, bytes], seeds: list[int]) -> None:
    """The study has all that these trainings find, to the byte, and no resume state is left."""
    found = results(study.copy.folder)
    for seed in seeds:
        expected = {name: what for name, what in undisturbed.items() if f"/baseline/seed-{seed}/" in name}
        assert len(expected) == 8
        assert different(expected, {name: found.get(name, b"") for name in expected}) == []
    assert not any("/resume/" in name for name in found)
