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
    """Id of the SLURM job that runs this process alone; empty if there is none.

    A process of a batch script or of an interactive shell has to share its job with others, one that srun has started
    has not.
    """
    step = os.environ.get("SLURM_STEP_ID", "")
    return os.environ.get("SLURM_JOB_ID", "") if step.isdigit() and int(step) < FIRST_UNNUMBERED_STEP else ""


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
    """Working directories of this user's jobs in the queue, by id; ``None`` if there is no SLURM, or no answer."""
    if shutil.which("squeue") is None:
        return None
    answer = subprocess.run(
        ["squeue", "--me", "--noheader", "--array", "--format=%i\t%Z"], capture_output=True, text=True
    )
    return None if answer.returncode else dict(line.split("\t", 1) for line in answer.stdout.splitlines())


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
