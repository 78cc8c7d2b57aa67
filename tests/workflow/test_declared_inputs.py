"""A command reads no file of a study but those that its provenance record lists as inputs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workflow_copy import Copy

pytestmark = pytest.mark.slow

# Without the inputs' own records, which are only compared with them.
RECORD = "provenance.json"
# They contain times.
NOT_REPRODUCED = ("history.csv", ".pdf")


def records(copy: Copy) -> dict[str, Path]:
    """One record of each command, with the longest list of inputs."""
    found: dict[str, tuple[int, Path]] = {}
    for path in sorted(copy.folder.glob(f"results/**/*{RECORD}")):
        record = json.loads(path.read_text())
        size = len(record["inputs"])
        if record["script"] not in found or size > found[record["script"]][0]:
            found[record["script"]] = (size, path)
    return {script: path for script, (_, path) in found.items()}


def garble_all_but(copy: Copy, inputs: set[str]) -> None:
    """Overwrite every other file of the study."""
    for path in copy.folder.glob("results/**/*"):
        name = str(path.relative_to(copy.folder))
        if path.is_file() and name not in inputs and not name.endswith(RECORD):
            path.write_bytes(b"\x00 not to be read")


def test_every_file_that_a_command_reads_is_an_input(finished: Copy, tmp_path: Path) -> None:
    results = records(finished)
    assert len(results) > 30
    problems = []
    for script, path in results.items():
        copy = Copy(tmp_path / script)
        shutil.copytree(finished.folder, copy.folder, ignore=shutil.ignore_patterns(".snakemake", "workflow_scripts"))
        place = copy.folder / path.relative_to(finished.folder)
        before: dict[str, Any] = json.loads(place.read_text())
        garble_all_but(copy, set(before["inputs"]))
        command = [sys.executable, "-m", "posner", script, *before["arguments"]]
        done = subprocess.run(command, cwd=copy.folder, env=finished.environment, capture_output=True, text=True)
        if done.returncode:
            problems.append(f"{script}: {done.stderr[-1000:]}")
            continue
        after = json.loads(place.read_text())
        different = {name for name, digest in before["outputs"].items() if after["outputs"].get(name) != digest}
        problems += [f"{script}: {name}" for name in different if not name.endswith(NOT_REPRODUCED)]
        shutil.rmtree(copy.folder)
    assert not problems, "\n".join(problems)
