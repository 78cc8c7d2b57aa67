"""A copy of the workflow that a test may run and edit."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from posner.config.corpora import GeneratedCorpus
from posner.corpora.grammar import generate

CHECKOUT = Path(__file__).parents[2]
STUDY = CHECKOUT / "tests" / "support" / "small_study.yaml"
PARTS = ["Snakefile", "config.yaml", "rules", "workflow_scripts", "envs", "resources", "notebooks", "profiles"]


class Copy:
    """A copy of the workflow that a test may edit, with its results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study = folder / "study.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """Environment in which `python -m posner` is that of the copy."""
        return os.environ | {"PYTHONPATH": str(self.folder / "workflow_scripts"), "HF_HUB_OFFLINE": "1"}

    def command(self, *arguments: str) -> dict[str, Any]:
        """Snakemake with the local profile, as arguments of :mod:`subprocess`."""
        command = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--cores", "2"]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {
            "args": [*command, "--configfile", str(self.study), *arguments],
            "cwd": self.folder,
            "env": self.environment | {"PATH": path},
        }

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake to its end; returns all that it printed."""
        done = subprocess.run(**self.command(*arguments), capture_output=True, text=True)
        printed = done.stdout + done.stderr
        assert done.returncode == 0 or not check, printed
        return printed

    def posner(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the copy, whatever its exit status is."""
        command = [sys.executable, "-m", "posner", *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A running Snakemake, with its jobs in a process group of its own; what still runs at the end is killed."""
        process = subprocess.Popen(
            **self.command(*arguments), stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=heed_interrupts
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait_for(self, pattern: str, seconds: float = 180) -> None:
        """Wait until a file matches the pattern, which is relative to the copy."""
        end = time.monotonic() + seconds
        while not list(self.folder.glob(pattern)):
            assert time.monotonic() < end, f"{pattern} did not appear within {seconds} s"
            time.sleep(0.1)

    def planned(self, *arguments: str) -> dict[str, int]:
        """The number of jobs of each rule in a dry run."""
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


def heed_interrupts() -> None:
    """As in a terminal: what a shell starts in the background, the tests themselves for one, ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_two_corpora(folder: Path) -> None:
    """Run the small study to its end in `folder`, with a second corpus, which comes from files."""
    copy = copy_workflow(folder)
    splits, _ = generate(GeneratedCorpus(source="generated", train=60, validation=10, test=10, seed=3))
    for split, sentences in splits.items():
        rows = ("".join(map("{} {} {}\n".format, s.tokens, s.pos, s.ner)) for s in sentences)
        (copy.folder / f"{split}.txt").write_text("\n".join(rows))
    files = {split: f"{split}.txt" for split in splits}
    columns = {"token_column": 0, "pos_column": 1, "ner_column": 2, "scheme": "iob2"}
    copy.set(study__corpora=["small", "files"], corpora__files={"source": "columns", **files, **columns})
    copy.snakemake()


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
