"""Processes of this machine: which one this is, and whether another one still runs."""

from __future__ import annotations

import os
import uuid
from functools import cache
from pathlib import Path


@cache
def system_id() -> str:
    """Identifier of this boot and process namespace; where there is no /proc, a random one, which equals no other.

    Process ids are unique in it: containers number their processes themselves.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return uuid.uuid4().hex


def start_time(process: int) -> int | None:
    """Start of a process in clock ticks since the boot; ``None`` if it does not run. Process ids are reused."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(") ")[2].split()  # the name before may contain anything
    return None if state in "ZX" else int(fields[18])


def own_start_time() -> int:
    """Start of this process in clock ticks since the boot; 0 where there is no /proc."""
    return start_time(os.getpid()) or 0
