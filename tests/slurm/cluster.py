"""A SLURM cluster on this one machine, for tests: two nodes with a GPU each, and accounting.

Everything is started by hand in a scratch folder, listens on loopback, and ends with the object that started it. Needs
root and Debian's packages slurm-wlm, slurmdbd, munge and mariadb-server.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pandas as pd

NODES = ("n1", "n2")  # each has one GPU
SHARDS = 2  # of each GPU, for jobs that share it
GRES = f"gpu:1,shard:{SHARDS}"
ACCOUNT = "posner"
PARTITION = "gpu"
CPU_PARTITION = "cpu"
URGENT = "urgent"  # its jobs preempt those of PARTITION
KILL_WAIT = 10  # seconds between SIGTERM and SIGKILL
PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "unshare", "setpriv")

# Clusters track processes by control groups (here: version 1). It matters which way: with them a signal goes to the
# process that SLURM has started and to no other; without them SLURM goes by who started whom, and signals all.
FREEZER = Path("/sys/fs/cgroup/freezer")
TRACKING = "cgroup" if os.access(FREEZER, os.W_OK) else "linuxproc"

# More memory and cores than there may be, so that jobs which ask for much and use little run side by side.
SLURM_CONF = """
ClusterName=posner
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[slurmctld]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=15
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdSpoolDir={folder}/spool-%n
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/{tracking}
TaskPlugin=task/none
ReturnToService=2
SlurmdTimeout=15
# As on most clusters, memory limits are enforced; without control groups by looking at it now and then.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
KillWait={kill_wait}
OverTimeLimit=0
JobRequeue=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=bf_interval=2,sched_min_interval=1000000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[slurmdbd]}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations
AccountingStorageTRES=gres/gpu,gres/shard
AccountingStoreFlags=job_comment
GresTypes=gpu,shard
{nodes}
PartitionName={partition} Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName={cpu_partition} Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=1
PartitionName={urgent} Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=2
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=64000 Gres={gres}"
SLURMDBD_CONF = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=15
DbdHost=localhost
DbdPort={ports[slurmdbd]}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
"""


class ClusterError(Exception):
    """A part of the cluster did not do what it was started for."""


def free_ports(names: tuple[str, ...]) -> dict[str, int]:
    """A free port of the loopback interface for each name."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: opened.getsockname()[1] for name, opened in zip(names, sockets, strict=True)}
    for opened in sockets:
        opened.close()
    return ports


def table(printed: str) -> pd.DataFrame:
    """What SLURM printed with a header and bars between columns; all values as text."""
    return pd.read_csv(io.StringIO(printed), sep="|", dtype=str, keep_default_na=False)


def wait_until(done: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """What `done` returns as soon as it is true; an error that says `what` did not happen when `seconds` are over."""
    end = time.monotonic() + seconds
    while not (value := done()):
        if time.monotonic() > end:
            raise ClusterError(f"after {seconds:.0f} s: {what}")
        time.sleep(0.2)
    return value


@dataclass(frozen=True)
class Cluster:
    """The cluster: a context manager that starts it, and stops exactly what it has started."""

    folder: Path  # must be short: it holds sockets, whose paths have at most 107 characters
    ports: dict[str, int] = field(default_factory=lambda: free_ports(("slurmctld", "slurmdbd", *NODES)))
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Cluster:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which SLURM's commands find this cluster."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self) -> Cluster:
        if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
            raise ClusterError(f"not installed: {', '.join(missing)}; `make test-slurm` installs them on Debian")
        self._configure()
        self._start_munge()
        self._start_database()
        self._daemon("slurmdbd", "slurmdbd", "-D", MYSQL_UNIX_PORT=str(self.folder / "mariadb.socket"))
        self._await("slurmdbd", lambda: self._answers("sacctmgr", "--immediate", "add", "cluster", "posner"))
        self.command("sacctmgr", "--immediate", "add", "account", ACCOUNT)
        self.command("sacctmgr", "--immediate", "add", "user", "root", f"account={ACCOUNT}")
        self._daemon("slurmctld", "slurmctld", "-D", "-c")
        self._await("slurmctld", lambda: self._answers("scontrol", "ping"))
        for node in NODES:
            self.start_node(node)
        return self

    def stop(self) -> None:
        """End what was started, last first; nodes with all that runs on them."""
        for name in reversed(list(self.daemons)):
            daemon = self.daemons.pop(name)
            daemon.send_signal(signal.SIGKILL if name in NODES else signal.SIGTERM)
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for group in (FREEZER / f"slurm_{node}" for node in NODES):
            for path in sorted(group.glob("**"), reverse=True):  # a folder after those that it holds
                path.rmdir()

    def start_node(self, node: str) -> None:
        """Start a node and wait until it takes jobs.

        A node is a process namespace: as with a machine, nothing that runs on it outlives it, and nothing else dies.
        The shell is its process 1, which has to reap orphans. The configuration lies where a node's programs look for
        it by themselves, because Snakemake's jobs call srun without the environment variable that names it.
        """
        isolate = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        script = f"mount --bind {self.folder} /etc/slurm && {{ slurmd -D -N {node} & wait; }}"
        self._daemon(node, *isolate, "sh", "-c", script, log=f"slurmd-{node}")
        self._await(node, lambda: not self._states(node) & {"DOWN", "UNKNOWN", "NOT_RESPONDING"}, log=f"slurmd-{node}")

    def kill_node(self, node: str) -> None:
        """End a node and its jobs at once and without a word, as a power cut does; returns when the cluster noticed."""
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()
        wait_until(lambda: "DOWN" in self._states(node), f"{node} was killed and is not down", seconds=120)

    def command(self, *command: str, check: bool = True) -> str:
        """Run one of SLURM's commands on this cluster; returns what it printed."""
        done = subprocess.run(command, env=os.environ | self.environment, capture_output=True, text=True)
        if check and done.returncode:
            raise ClusterError(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return done.stdout

    def sacct(self, *options: str) -> pd.DataFrame:
        """What accounting knows of jobs: a row for each time that one was queued, all values as text."""
        fields = "JobIDRaw,Comment,Account,Partition,State,ReqTRES,AllocTRES,TimelimitRaw,Start,End,WorkDir"
        which = ("--starttime=now-1days", "--allocations", "--duplicates", "--parsable2", f"--format={fields}")
        return table(self.command("sacct", *which, *options))

    def steps(self, job: str) -> pd.DataFrame:
        """The numbered steps of a job and their times, in order; those of all its runs."""
        which = ("--starttime=now-1days", "--duplicates", "--parsable2", "--format=JobID,Start,End")
        steps = table(self.command("sacct", f"--jobs={job}", *which))
        return steps[steps["JobID"].str.fullmatch(r"\d+\.\d+")].sort_values("Start")

    def squeue(self) -> pd.DataFrame:
        """The jobs in the queue; COMMENT has the rule and wildcards that they are for."""
        return table(self.command("squeue", "--format=%i|%k|%T|%P|%N|%Z"))

    def _configure(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        for name in ("state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir()
        host = socket.gethostname().split(".")[0]
        nodes = "\n".join(NODE.format(name=node, host=host, port=self.ports[node], gres=GRES) for node in NODES)
        values: dict[str, Any] = {
            "folder": self.folder,
            "host": host,
            "ports": self.ports,
            "nodes": nodes,
            "tracking": TRACKING,
            "kill_wait": KILL_WAIT,
            "partition": PARTITION,
            "cpu_partition": CPU_PARTITION,
            "urgent": URGENT,
        }
        (self.folder / "slurm.conf").write_text(SLURM_CONF.format(**values))
        (self.folder / "slurmdbd.conf").write_text(SLURMDBD_CONF.format(**values))
        (self.folder / "slurmdbd.conf").chmod(0o600)
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")  # else the daemon looks for systemd
        gres = []
        for number, node in enumerate(NODES):
            device = self.folder / f"gpu{number}"
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(195, number))  # the numbers of NVIDIA's devices
            gres += [
                f"NodeName={node} Name=gpu File={device}",
                f"NodeName={node} Name=shard File={device} Count={SHARDS}",
            ]
        (self.folder / "gres.conf").write_text("\n".join([*gres, ""]))

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        files = [f"--{kind}-file={self.folder}/munge.{kind}" for kind in ("key", "log", "pid", "seed")]
        self._daemon("munged", "munged", "--foreground", f"--socket={self.folder}/munge.socket", *files)
        self._await("munged", (self.folder / "munge.socket").exists)

    def _start_database(self) -> None:
        data = f"--datadir={self.folder}/mariadb"
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", data, "--user=root", "--skip-test-db"],
            check=True,
            stdout=self._log("mariadbd"),
            stderr=subprocess.STDOUT,
        )
        settings = ["--user=root", "--skip-networking", "--innodb-lock-wait-timeout=900"]
        files = [f"--socket={self.folder}/mariadb.socket", f"--pid-file={self.folder}/mariadb.pid"]
        self._daemon("mariadbd", "mariadbd", "--no-defaults", data, *settings, *files)
        self._await("mariadbd", (self.folder / "mariadb.socket").exists)

    def _daemon(self, name: str, *command: str, log: str | None = None, **environment: str) -> None:
        """Start a daemon that dies with this process."""
        self.daemons[name] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            env=os.environ | self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log(log or name),
            stderr=subprocess.STDOUT,
            cwd=self.folder,
        )

    def _await(self, name: str, ready: Callable[[], bool], log: str | None = None) -> None:
        """Wait until a daemon is ready; if it ends or is not in time, its log says why."""

        def is_ready() -> bool:
            if self.daemons[name].poll() is not None:
                raise ClusterError(f"{name} has ended")
            return ready()

        try:
            wait_until(is_ready, f"{name} is not ready")
        except ClusterError as error:
            tail = (self.folder / f"{log or name}.log").read_text(errors="replace").splitlines()[-30:]
            raise ClusterError("\n".join([str(error), *tail])) from None

    def _log(self, name: str) -> IO[bytes]:
        return (self.folder / f"{name}.log").open("ab")

    def _answers(self, *command: str) -> bool:
        done = subprocess.run(command, env=os.environ | self.environment, capture_output=True, text=True)
        return done.returncode == 0 and "DOWN" not in done.stdout

    def _states(self, node: str) -> set[str]:
        """The state of a node and its flags."""
        found = re.search(r"State=(\S+)", self.command("scontrol", "show", "node", node))
        return set(found[1].split("+")) if found else {"UNKNOWN"}
