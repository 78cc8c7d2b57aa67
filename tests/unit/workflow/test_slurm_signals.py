"""Signals reach what Snakemake runs in a SLURM job, and what a killed Snakemake left is told from other jobs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from posner.workflow.slurm import cancel_leftovers, comment
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


def test_leftovers_are_cancelled_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, queue = tmp_path / "with blank", tmp_path / "queue"
    mine = comment("train_ner", ["corpus", "encoder", "late", "1"])
    assert mine == "rule_train_ner_wildcards_corpus_encoder_late_1"
    jobs = [("1", here, mine), ("2", here, "rule_train_ner_wildcards_corpus_encoder_late_2"), ("3", tmp_path, mine)]
    queue.write_text("".join(f"{job}\t{place}\t{text}\n" for job, place, text in jobs))
    for name, body in {
        "squeue": f"cat {queue}",
        "scancel": f'(sleep 1; sed -i "/^$1\t/d" {queue}) > /dev/null &',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert cancel_leftovers([mine], here) == ["1"]
    assert [line[0] for line in queue.read_text().splitlines()] == ["2", "3"]
    assert cancel_leftovers([mine], here) == []
