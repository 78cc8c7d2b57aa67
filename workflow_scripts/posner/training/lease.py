"""Leases: at most one training at a time writes a run, on one machine or on a cluster with a shared file system.

A lease is a file that is created by one process only and names it. The holder sets the file's modification time every
`BEAT` seconds. Another process compares modification times with each other only, never with a clock, since hosts have
different clocks.

A process that needs a lease which another one holds ends the holder first (:meth:`Lease.acquire`). A holder that only
seemed dead, because its host or its network was suspended, finds that the lease is no longer its own and ends without
writing anything (:meth:`Lease.require`).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from posner.errors import InputError
from posner.processes import own_start_time, start_time, system_id
from posner.training.slurm_jobs import cancel_jobs, own_cluster, own_job, queued_jobs

log = logging.getLogger(__name__)
NAME = "lease.json"
BEAT = 10.0  # seconds between two heartbeats
SILENT_BEATS = 6  # a holder on another host is dead after as many missing heartbeats in a row
STOP_SECONDS = 60.0  # a process on this host has so long to save its state, then it is killed


class LeaseLostError(InputError):
    """This process may not go on with its training: it holds the lease no longer."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lease.

    `system` and `started` as of :mod:`posner.processes` make the id `process` unique. `job` is the id of the SLURM job
    on `cluster` that runs it alone, or in turn with the rest of its group; else it is empty.
    """

    token: str
    host: str
    system: str
    process: int
    started: int
    cluster: str
    job: str

    @classmethod
    def this_process(cls) -> Holder:
        return cls(
            token=uuid.uuid4().hex,
            host=socket.gethostname(),
            system=system_id(),
            process=os.getpid(),
            started=own_start_time(),
            cluster=os.environ.get("SLURM_CLUSTER_NAME", ""),
            job=own_job(),
        )

    def __str__(self) -> str:
        job = f", SLURM job {self.job}" if self.job else ""
        return f"process {self.process} on {self.host}{job}"

    def is_alive(self) -> bool:
        """Whether the process runs; it has to be one of this system."""
        return start_time(self.process) == self.started


class Lease:
    """The right to write the run whose resume state is in `folder`; no process holds it at first."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / NAME
        self.holder = Holder.this_process()
        self.lost = False
        self.released = threading.Event()
        self.heart = threading.Thread(target=self._beat, daemon=True)

    def acquire(self) -> None:
        """Become the holder, after ending the present one if there is one.

        A holder in another SLURM job of this cluster is cancelled. One on this system gets SIGTERM, and SIGKILL if it
        does not end within `STOP_SECONDS`. Any other has to be dead, which its heartbeat shows.

        Raises:
            InputError: the holder is alive and cannot be ended from here.
            OSError: the lease cannot be written.
        """
        while not self._create():
            holder = holder_of(self.folder)
            if beat_of(self.path) is None:
                continue  # released meanwhile
            if holder is not None:
                log.info("%s: taking over from %s, which is ended if it still runs", self.folder, holder)
            self._end(holder)
            if holder_of(self.folder) == holder:
                self.path.unlink(missing_ok=True)
        self.heart.start()

    def require(self) -> None:
        """Make sure that this process still holds the lease.

        Raises:
            LeaseLostError: it does not.
        """
        if self.lost or holder_of(self.folder) != self.holder:
            self.lost = True
            raise LeaseLostError(
                f"{self.folder}: another process has taken over this training, or the folder was removed;"
                " ending without writing anything"
            )

    def release(self) -> None:
        """Stop being the holder."""
        self.released.set()
        self.heart.join()
        if holder_of(self.folder) == self.holder:
            self.path.unlink(missing_ok=True)

    def _create(self) -> bool:
        """Whether there was no lease, and this process has it now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            file = self.path.open("x", encoding="utf-8")  # atomic, on NFS too: it fails if the file exists
        except FileExistsError:
            return False
        except FileNotFoundError:  # a training that has ended has just removed the folder
            return self._create()
        try:
            with file:
                json.dump(asdict(self.holder), file)
        except OSError:  # a full disk
            self.path.unlink()
            raise
        return True

    def _beat(self) -> None:
        while not self.released.wait(BEAT):
            try:
                if holder_of(self.folder) != self.holder:
                    self.lost = True
                    return
                os.utime(self.path)
            except OSError as error:  # of a network file system, which may answer next time
                log.warning("%s: no heartbeat: %s", self.path, error)

    def _end(self, holder: Holder | None) -> None:
        """Return when the holder is dead; ``None`` is one that died before its name was written."""
        is_ended = holder is not None and self._is_ended_by_slurm(holder)
        if holder is not None and holder.system == self.holder.system:
            end_process(holder)
        elif not is_ended:
            await_silence(self.folder, holder)

    def _is_ended_by_slurm(self, holder: Holder) -> bool:
        """End the SLURM job of the holder; False if it has none that can be ended from here.

        A job that is not listed may have ended, or belong to another user: its heartbeat decides.
        Not before the job has left the queue is it safe to write the outputs: the Snakemake in it removes them after
        its command has failed.
        """
        if not holder.job or holder.job == self.holder.job or holder.cluster != own_cluster():
            return False
        if holder.job not in (queued_jobs() or {}):
            return False
        cancel_jobs([holder.job])
        return True


def holder_of(folder: Path) -> Holder | None:
    """The holder of the lease of `folder`; ``None`` if there is no lease, or none that is complete."""
    try:
        return Holder(**json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def beat_of(path: Path) -> int | None:
    """Modification time of a lease in nanoseconds, or ``None`` if there is no lease.

    The file is opened, because a network file system may answer a mere question from its cache.
    """
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return None


def end_process(holder: Holder) -> None:
    """End a process of this system, if it still runs.

    Raises:
        InputError: it belongs to another user, or does not even end when it is killed.
    """
    if not holder.is_alive():
        return
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        try:
            os.kill(holder.process, number)
        except ProcessLookupError:
            return
        except PermissionError:
            raise InputError(f"{holder} does the same training for another user: stop it, then run again") from None
        if wait_until(lambda: not holder.is_alive(), seconds):
            return
    raise InputError(f"{holder} does the same training and does not end: stop it, then run again")


def await_silence(folder: Path, holder: Holder | None) -> None:
    """Return when `holder` has released the lease of `folder`, or has missed `SILENT_BEATS` heartbeats in a row.

    Beats are counted, not seconds: when the file system stops answering for a while, that is one missing beat.

    Raises:
        InputError: the holder is alive.
    """
    first = beat_of(folder / NAME)
    for _ in range(SILENT_BEATS):
        time.sleep(BEAT)
        beat = beat_of(folder / NAME)
        if beat is None or holder_of(folder) != holder:
            return
        if beat != first:
            raise InputError(f"{folder} is in use by {holder}, which is alive: stop it, then run again")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` becomes true within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
