"""Leases: one holder at a time, whatever became of the one before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from posner.errors import InputError
from posner.processes import start_time
from posner.training import lease as module
from posner.training import slurm_jobs
from posner.training.lease import Holder, Lease, LeaseLostError, holder_of
from posner.training.slurm_jobs import own_job, queued_jobs

HOLD = """
import signal, sys, time
from pathlib import Path
from posner.training.lease import Lease
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
Lease(Path(sys.argv[1])).acquire()
print("holds", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of seconds take a fraction of one."""
    monkeypatch.setattr(module, "BEAT", 0.05)
    monkeypatch.setattr(module, "STOP_SECONDS", 1.0)
    monkeypatch.setattr(slurm_jobs, "CANCEL_SECONDS", 3.0)
    for name in ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_CLUSTER_NAME"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def other_process(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lease of `folder`."""
    with subprocess.Popen([sys.executable, "-c", HOLD, folder, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        yield process
        process.kill()


@contextmanager
def acquired(folder: Path) -> Iterator[Lease]:
    lease = Lease(folder)
    lease.acquire()
    try:
        yield lease
    finally:
        lease.release()


def write(folder: Path, **changes: object) -> Holder:
    """A lease of this process with changes."""
    holder = replace(Holder.this_process(), **changes)  # type: ignore[arg-type]
    (folder / "lease.json").write_text(json.dumps(asdict(holder)))
    return holder


def is_ours(folder: Path) -> bool:
    """Whether this process can get the lease, and has it until it releases it."""
    with acquired(folder) as lease:
        lease.require()
        held = holder_of(lease.folder) == lease.holder
    return held and not lease.path.exists()


def test_the_lease_of_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert is_ours(tmp_path / "a" / "b")


def test_one_of_many_that_begin_at_once_creates_it(tmp_path: Path) -> None:
    leases = [Lease(tmp_path / "state") for _ in range(20)]
    created: list[bool] = []
    threads = [threading.Thread(target=lambda lease=lease: created.append(lease._create())) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created) == [False] * 19 + [True]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Lease(tmp_path / "file").acquire()


# --- on this machine -------------------------------------------------------------------------------------------------


def test_a_process_that_is_alive_gets_sigterm(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        assert is_ours(tmp_path)
        assert process.wait() == -signal.SIGTERM


def test_a_process_that_does_not_heed_sigterm_is_killed(tmp_path: Path) -> None:
    with other_process(tmp_path, "stubborn") as process:
        assert is_ours(tmp_path)
        assert process.wait() == -signal.SIGKILL


def test_a_killed_process_leaves_a_lease_that_is_free_at_once(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        process.kill()
        process.wait()
        start = time.monotonic()
        assert is_ours(tmp_path)
        assert time.monotonic() - start < 1


def test_a_zombie_is_dead(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        process.kill()  # and its parent, this process, does not look
        assert is_ours(tmp_path)


def test_another_process_with_the_same_id_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        write(tmp_path, process=stranger.pid, started=(start_time(stranger.pid) or 0) - 1)
        assert is_ours(tmp_path)
        assert stranger.poll() is None
        stranger.kill()


def test_another_users_process_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    with other_process(tmp_path) as process, monkeypatch.context() as patched:
        patched.setattr(os, "kill", refuse)
        with pytest.raises(InputError, match=rf"process {process.pid} on \S+ does the same training for another user"):
            Lease(tmp_path).acquire()


# --- on another machine ----------------------------------------------------------------------------------------------


@contextmanager
def beating(path: Path, times: int = 100) -> Iterator[None]:
    """Heartbeats by a clock that is years behind."""
    stop = threading.Event()

    def beat() -> None:
        for second in range(times):
            if stop.wait(0.02) or not path.exists():
                return
            os.utime(path, (second, second))

    heart = threading.Thread(target=beat)
    heart.start()
    yield
    stop.set()
    heart.join()


def test_a_holder_elsewhere_whose_heart_beats_is_not_disturbed(tmp_path: Path) -> None:
    holder = write(tmp_path, system="other", host="node7")
    with beating(tmp_path / "lease.json"), pytest.raises(InputError, match=r"process \d+ on node7, which is alive"):
        Lease(tmp_path).acquire()
    assert holder_of(tmp_path) == holder


def test_a_holder_elsewhere_whose_heart_has_stopped_is_dead(tmp_path: Path) -> None:
    write(tmp_path, system="other")
    start = time.monotonic()
    assert is_ours(tmp_path)
    assert time.monotonic() - start >= module.SILENT_BEATS * module.BEAT


def test_a_lease_that_was_never_written_to_its_end_is_free_after_a_while(tmp_path: Path) -> None:
    (tmp_path / "lease.json").write_text('{"token": ')
    assert is_ours(tmp_path)


def test_a_lease_that_is_released_meanwhile_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", 0.5)
    write(tmp_path, system="other")
    threading.Timer(0.2, (tmp_path / "lease.json").unlink).start()
    start = time.monotonic()
    assert is_ours(tmp_path)
    assert time.monotonic() - start < 1


# --- on a cluster ----------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the ids of jobs in the queue of the cluster `here`, where this process is job 1."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    queue = folder / "queue"
    queue.write_text("1\n2\n3\n")
    for name, body in {
        "squeue": f"sed 's/.*/&\t&\t\\/home\\/me/' {queue}",
        "scancel": f'(sleep 0.3; sed -i "/^$1$/d" {queue}) > /dev/null 2>&1 &',
        "scontrol": "echo 'ClusterName             = here'",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    monkeypatch.setenv("SLURM_STEP_ID", "0")
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "here")
    return queue


@pytest.mark.parametrize("in_a_job", [True, False])
def test_a_job_elsewhere_is_cancelled_and_waited_for(
    tmp_path: Path, queue: Path, monkeypatch: pytest.MonkeyPatch, in_a_job: bool
) -> None:
    if not in_a_job:
        monkeypatch.delenv("SLURM_JOB_ID")
        monkeypatch.delenv("SLURM_CLUSTER_NAME")
    write(tmp_path, system="other", job="2", cluster="here")
    with beating(tmp_path / "lease.json"):
        assert is_ours(tmp_path)
    assert queue.read_text().split() == ["1", "3"]


def test_a_job_that_is_not_listed_is_judged_by_its_heartbeat(tmp_path: Path, queue: Path) -> None:
    """It may have ended, or belong to another user."""
    write(tmp_path, system="other", job="4", cluster="here")
    with beating(tmp_path / "lease.json"), pytest.raises(InputError, match="alive"):
        Lease(tmp_path).acquire()
    assert is_ours(tmp_path)
    assert queue.read_text().split() == ["1", "2", "3"]


def test_a_job_that_does_not_end_is_named(tmp_path: Path, queue: Path) -> None:
    (queue.parent / "scancel").write_text("#!/bin/sh\n")
    write(tmp_path, system="other", job="2", cluster="here")
    with pytest.raises(InputError, match="SLURM does not end these jobs: 2;"):
        Lease(tmp_path).acquire()


def test_both_ids_of_a_task_of_a_job_array_are_listed(queue: Path) -> None:
    (queue.parent / "squeue").write_text("#!/bin/sh\nprintf '5_1\\t6\\t/home/me\\n'\n")
    assert queued_jobs() == {"5_1": "/home/me", "6": "/home/me"}


def test_an_interactive_step_is_more_than_one_training(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"JOB_ID": "7", "STEP_ID": "0", "PTY_PORT": "123"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert own_job() == ""


@pytest.mark.parametrize(("step", "job"), [("0", "7"), ("4294967290", ""), ("4294967291", ""), (None, "")])
def test_a_session_or_a_script_is_more_than_one_training(
    monkeypatch: pytest.MonkeyPatch, step: str | None, job: str
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    if step is not None:
        monkeypatch.setenv("SLURM_STEP_ID", step)
    assert own_job() == job


@pytest.mark.parametrize(("job", "cluster"), [("2", "there"), ("1", "here")], ids=["another cluster", "this job"])
def test_other_jobs_are_judged_by_their_heartbeat(tmp_path: Path, queue: Path, job: str, cluster: str) -> None:
    write(tmp_path, system="other", job=job, cluster=cluster)
    with beating(tmp_path / "lease.json"), pytest.raises(InputError, match="alive"):
        Lease(tmp_path).acquire()
    assert is_ours(tmp_path)
    assert queue.read_text().split() == ["1", "2", "3"]


# --- the holder's side -----------------------------------------------------------------------------------------------


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_the_heart_beats(tmp_path: Path) -> None:
    with acquired(tmp_path) as lease:
        first = lease.path.stat().st_mtime_ns
        assert eventually(lambda: lease.path.stat().st_mtime_ns > first)


@pytest.mark.parametrize(
    "end", [lambda folder: write(folder) and None, lambda folder: (folder / "lease.json").unlink()]
)
def test_a_lost_lease_is_noticed_and_not_touched(tmp_path: Path, end: Callable[[Path], None]) -> None:
    with acquired(tmp_path) as lease:
        end(tmp_path)
        with pytest.raises(LeaseLostError, match="another process has taken over"):
            lease.require()
        other = holder_of(lease.folder)
    assert holder_of(lease.folder) == other


def test_the_heart_notices_a_lost_lease(tmp_path: Path) -> None:
    with acquired(tmp_path) as lease:
        write(tmp_path)
        assert eventually(lambda: lease.lost)
