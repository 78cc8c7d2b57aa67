"""A copy of the workflow that a test may run and edit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[1]
STUDY = CHECKOUT / "tests" / "small_study.yaml"
PARTS = ["Snakefile", "config.yaml", "rules", "workflow_scripts", "envs", "resources", "profiles"]


class Copy:
    """A copy of the workflow that a test may edit, and the results that it makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study = folder / "study.yaml"

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake with the local profile; returns all that it printed."""
        command = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--cores", "2"]
        done = subprocess.run(
            [*command, "--configfile", str(self.study), *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0 or not check, printed
        return printed

    def planned(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a dry run plans."""
        printed = self.snakemake("--dry-run", *arguments, "--quiet", "rules")
        table = re.findall(r"^(\w+) +(\d+)$", printed, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in table if rule not in ("total", "all")}

    def set(self, **values: object) -> None:
        """Write settings into the study's file; ``ner__training__epochs=2`` is a nested one."""
        raw = yaml.safe_load(self.study.read_text())
        for path, value in values.items():
            *parents, key = path.split("__")
            part = raw
            for parent in parents:
                part = part.setdefault(parent, {})
            part[key] = value
        self.study.write_text(yaml.safe_dump(raw))


def copy_workflow(folder: Path) -> Copy:
    folder.mkdir(parents=True)
    for part in PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    shutil.copy(STUDY, folder / "study.yaml")
    return Copy(folder)
