"""Studies in a container: definitions have the pinned environment, and rules run in the image if that is asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from workflow_copy import CHECKOUT, Copy, copy_workflow

ENVS = CHECKOUT / "envs"
DEFINITIONS = ["posner.def", "Dockerfile"]
IMAGE = "envs/posner.sif"

# Runs the command of `apptainer exec [OPTIONS] IMAGE SHELL -c COMMAND` on this machine, and notes image and command.
APPTAINER = """#!/usr/bin/env bash
if [ "$1" = --version ]; then echo "apptainer version 1.3.4"; exit; fi
image="${@: -4:1}"; shell="${@: -3:1}"; command="${@: -1}"
printf '%s\\t%s\\n' "$image" "${command//$'\\n'/ }" >> apptainer.log
exec "$shell" -c "$command"
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """A study with a program in place of apptainer."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apptainer").write_text(APPTAINER)
    (programs / "apptainer").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    return copy_workflow(tmp_path / "with blank")


def test_rules_run_in_the_image(copy: Copy) -> None:
    (copy.folder / IMAGE).touch()
    copy.snakemake("--sdm", "apptainer", "--", "corpus")
    calls = [line.split("\t") for line in (copy.folder / "apptainer.log").read_text().splitlines()]
    assert {image for image, _ in calls} == {IMAGE}
    commands = [re.findall(r"-m posner (\w+)", command) for _, command in calls]
    assert commands == [["prepare_corpus"], ["prepare_encoder"]]


def test_without_a_container_the_image_is_not_needed(copy: Copy) -> None:
    copy.snakemake("--", "corpus")
    assert not (copy.folder / "apptainer.log").exists()


def test_a_missing_image_is_an_error_that_says_how_to_build_it(copy: Copy) -> None:
    printed = copy.snakemake("--sdm", "apptainer", "--", "corpus", check=False)
    assert f"{IMAGE} is missing; build it: apptainer build" in printed


@pytest.mark.parametrize("name", DEFINITIONS)
def test_definitions_start_from_the_python_of_the_conda_environment(name: str) -> None:
    [version] = re.findall(r"^from:? python:([\d.]+)-", (ENVS / name).read_text(), flags=re.MULTILINE | re.IGNORECASE)
    assert f"python={version}" in yaml.safe_load((ENVS / "posner.yaml").read_text())["dependencies"]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_definitions_install_the_requirements(name: str) -> None:
    """The command line is valid, and installs nothing here, where all requirements are fulfilled."""
    text = (ENVS / name).read_text()
    assert re.search(r"requirements\.txt /opt/posner/requirements\.txt$", text, flags=re.MULTILINE)
    [install] = re.findall(r"(python -m pip install .*)", text)
    assert install.count("/opt/posner/requirements.txt") == 1
    arguments = install.replace("/opt/posner/requirements.txt", str(CHECKOUT / "requirements.txt")).split()[1:]
    done = subprocess.run(
        [sys.executable, *arguments, "--dry-run", "--no-index"], capture_output=True, text=True, check=True
    )
    assert "Would install" not in done.stdout
