"""What a command costs: processor time and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# The peak of a process begins with the memory of the one that started it, so a small one stands between.
BETWEEN = """
import json, resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024], file)
sys.exit(status)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time, and peak memory in bytes."""

    seconds: float
    memory: int


def cost(command: Sequence[str], folder: Path | None = None) -> tuple[Cost, str]:
    """Run `command` in `folder`; returns what it cost, and what it printed.

    Raises:
        RuntimeError: it failed; the message is what it printed.
    """
    with tempfile.NamedTemporaryFile() as file:
        between = [sys.executable, "-c", BETWEEN, file.name]
        done = subprocess.run([*between, *command], cwd=folder, capture_output=True, text=True)
        printed = done.stdout + done.stderr
        if done.returncode:
            raise RuntimeError(printed)
        return Cost(*json.load(file)), printed
