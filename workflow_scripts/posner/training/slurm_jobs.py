"""SLURM jobs of this user: which are in the queue, and how they are ended."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Collection

from posner.errors import InputError

CANCEL_SECONDS = 300.0  # jobs have so long to leave the queue; most clusters kill them after 30 s
FIRST_UNNUMBERED_STEP = 0xFFFFFFF0  # ids from here on are those of batch scripts and interactive shells


def own_job() -> str:
    """Id of the SLURM job that runs this process alone at present; empty if there is none.

    A process of a batch script or of an interactive shell (``srun --pty``) shares its job with others, one that srun
    has started does not: the jobs of a group follow each other.
    """
    step = os.environ.get("SLURM_STEP_ID", "")
    is_alone = step.isdigit() and int(step) < FIRST_UNNUMBERED_STEP and "SLURM_PTY_PORT" not in os.environ
    return os.environ.get("SLURM_JOB_ID", "") if is_alone else ""


def own_cluster() -> str:
    """Name of the cluster that SLURM's commands use here; empty if there is none."""
    if name := os.environ.get("SLURM_CLUSTER_NAME"):
        return name
    if shutil.which("scontrol") is None:
        return ""
    config = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True).stdout
    line = re.search(r"^ClusterName\s*=\s*(\S+)", config, flags=re.MULTILINE)
    return line[1] if line else ""


def queued_jobs() -> dict[str, str] | None:
    """Working directories of this user's jobs in the queue, by id; ``None`` if there is no SLURM, or no answer.

    A task of a job array has two ids: ``ARRAY_INDEX``, and that which the task itself knows.
    """
    if shutil.which("squeue") is None:
        return None
    answer = subprocess.run(
        ["squeue", "--me", "--noheader", "--array", "--format=%i\t%A\t%Z"], capture_output=True, text=True
    )
    if answer.returncode:
        return None
    rows = [line.split("\t", 2) for line in answer.stdout.splitlines()]
    return {job: folder for *ids, folder in rows for job in ids}


def cancel_jobs(jobs: Collection[str]) -> None:
    """Cancel jobs of this user, and wait until they have left the queue: until then, they may change their outputs.

    Raises:
        InputError: a job does not end.
    """
    subprocess.run(["scancel", *jobs], capture_output=True)
    end = time.monotonic() + CANCEL_SECONDS
    while (queue := queued_jobs()) is None or not queue.keys().isdisjoint(jobs):
        if time.monotonic() > end:
            raise InputError(f"SLURM does not end these jobs: {', '.join(sorted(jobs))}; cancel them, then run again")
        time.sleep(1)
