"""A training that is killed or stopped again and again, at any moment: it ends with the same bits and leaves nothing.

``POSNER_FUZZ_CASES`` sets the number of kills: one for every hundred.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from training_command import assert_same_results, training_command

KILLS = max(3, int(os.environ.get("POSNER_FUZZ_CASES", "300")) // 100)
SIGNALS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
PATIENCE = 4  # kills in a row, after which the training may end


@pytest.mark.slow
def test_a_training_survives_kills_at_any_moment(tmp_path: Path) -> None:
    command = training_command(tmp_path / "work")
    started = time.monotonic()
    subprocess.run(command(tmp_path / "uninterrupted"), check=True, capture_output=True)
    duration = time.monotonic() - started
    chance = random.Random(0)
    kills = completions = 0
    while kills < KILLS or not completions:
        output, state = tmp_path / f"run-{completions}", tmp_path / f"state-{completions}"
        arguments = command(output, f"--resume={state}", "--save-every=0.05")
        for _ in range(PATIENCE):
            process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(chance.uniform(0, duration))
            process.send_signal(chance.choice(SIGNALS))  # it may have ended
            _, printed = process.communicate()
            kills += process.returncode != 0
            assert is_tidy(printed), printed.decode()
        subprocess.run(arguments, check=True, capture_output=True)
        assert_same_results(output, tmp_path / "uninterrupted")
        assert files(output) == files(tmp_path / "uninterrupted")
        assert not state.exists()
        completions += 1
    print(f"{kills} kills, {completions} completions")


def is_tidy(printed: bytes) -> bool:
    """Whether a process ended without a traceback, apart from those that are Python's own.

    Ctrl-C while Python starts is a KeyboardInterrupt. And where a signal arrives in a destructor or callback, Python
    prints the exception of the handler and ignores it; the training then stops at its next step.
    """
    return b"Traceback" not in printed or b"KeyboardInterrupt" in printed or b"Exception ignored in" in printed


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}
