"""Signals of SLURM: Snakemake does not forward them to its jobs."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path


def pass_on_sigterm() -> None:
    """From now on, forward each SIGTERM that this process gets to its children.

    Handlers that are set later are not affected: the wakeup file descriptor is written to in addition.
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
