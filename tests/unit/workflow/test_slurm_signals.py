"""Signals of SLURM reach the commands that Snakemake runs in its job."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from workflow_copy import CHECKOUT

CHILD = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("ready", flush=True)
time.sleep(5)
"""
# As Snakemake does: it sets its handler later, and only waits for the child.
PARENT = f"""
import signal, subprocess, sys
from posner.workflow.slurm import pass_on_sigterm
if {{passes_on}}:
    pass_on_sigterm()
signal.signal(signal.SIGTERM, lambda *_: None)
sys.exit(subprocess.run([sys.executable, "-c", {CHILD!r}]).returncode)
"""


@pytest.mark.parametrize(("passes_on", "status"), [(True, 7), (False, 0)])
def test_sigterm_is_passed_on_to_children(passes_on: bool, status: int) -> None:
    command = [sys.executable, "-c", PARENT.format(passes_on=passes_on)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(timeout=20) == status
