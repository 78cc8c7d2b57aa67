"""Measure CPU time and peak memory of a subprocess."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# The peak memory of a process includes that of its parent at the start, so that a small process starts the command.
LAUNCHER = """
import json, resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024], file)
sys.exit(status)
"""


@dataclass(frozen=True)
class Cost:
    """CPU time in seconds and peak memory in bytes."""

    seconds: float
    memory: int


def measure(command: Sequence[str], folder: Path | None = None) -> tuple[Cost, str]:
    """Run `command` in `folder`; returns its cost and its output.

    Raises:
        RuntimeError: it failed; the message is its output.
    """
    with tempfile.NamedTemporaryFile() as file:
        launcher = [sys.executable, "-c", LAUNCHER, file.name]
        done = subprocess.run([*launcher, *command], cwd=folder, capture_output=True, text=True)
        output = done.stdout + done.stderr
        if done.returncode:
            raise RuntimeError(output)
        return Cost(*json.load(file)), output
