"""What SLURM and Snakemake do not do for each other: pass a signal on, and end what a killed Snakemake has left."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Iterable
from pathlib import Path

ENDED_AFTER = 300.0  # seconds in which cancelled jobs have to be gone; sites give them about 30 s to save their state


def pass_on_sigterm() -> None:
    """From now on the children of this process get each SIGTERM that it gets.

    Whatever handlers are set later stay as they are: the wakeup file descriptor is written to beside them.
    """
    received, wakeup = socket.socketpair()
    wakeup.setblocking(False)
    signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)

    def pass_on(_: socket.socket) -> None:  # holds the other end, which would be closed if nothing did
        while numbers := received.recv(1):
            if numbers[0] == signal.SIGTERM:
                for child in children():
                    os.kill(child, signal.SIGTERM)

    threading.Thread(target=pass_on, args=(wakeup,), daemon=True).start()


def children() -> list[int]:
    """Ids of the processes that this one has started."""
    return [int(child) for task in Path("/proc/self/task").glob("*/children") for child in task.read_text().split()]


def comment(rule: str, wildcards: Iterable[str]) -> str:
    """What the executor plugin notes in the queue about a job."""
    values = "_".join(wildcards).replace("/", "_")
    return f"rule_{rule}_wildcards_{values}" if values else f"rule_{rule}"


def cancel_leftovers(comments: Collection[str], folder: Path) -> list[str]:
    """Cancel this user's jobs from `folder` with one of `comments`, and wait until they are gone; returns their ids.

    Snakemake's lock leaves one way for a job in the queue to make what this Snakemake is about to make: the Snakemake
    that submitted it was killed. Two such jobs would write the same files.

    Raises:
        TimeoutError: a job does not end.
    """
    leftovers = [job for job, text in queued(folder) if text in comments]
    if leftovers:
        subprocess.run(["scancel", *leftovers], check=True)
    end = time.monotonic() + ENDED_AFTER
    while remaining := sorted({job for job, _ in queued(folder)} & set(leftovers)):
        if time.monotonic() > end:
            raise TimeoutError(f"SLURM jobs of a Snakemake that was killed do not end: {', '.join(remaining)}")
        time.sleep(1)
    return leftovers


def queued(folder: Path) -> list[tuple[str, str]]:
    """Id and comment of this user's jobs in the queue with `folder` as working directory; none where no SLURM is."""
    if shutil.which("squeue") is None:
        return []
    command = ["squeue", "--me", "--noheader", "--format=%i\t%Z\t%k"]
    printed = subprocess.run(command, capture_output=True, text=True).stdout
    jobs = [line.split("\t", 2) for line in printed.splitlines()]
    return [(job, text) for job, place, text in jobs if place == str(folder)]
