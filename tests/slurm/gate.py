"""Tests put this into a copy of the workflow: trainings stand still at one step until something happens to them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

STEP = 4
GATES = Path("gates")  # a file for each seed that stands; without the folder nothing stands
BALLAST_MB = 3000


def stand(progress: Any, resume: Any, seed: int) -> None:
    """At one step: wait for a signal; on request take more memory and wait on, or go on."""
    if progress.step != STEP or not GATES.is_dir():
        return
    (GATES / str(seed)).touch()
    ballast = b""
    while not (GATES / f"{seed}-open").exists():
        resume.after_step(progress)
        if not ballast and (GATES / f"{seed}-grow").exists():
            ballast = b"x" * BALLAST_MB * 2**20
        time.sleep(0.1)
