"""Resume states: a training that was killed goes on from where it was, to the same bits.

A state lies outside the outputs, since Snakemake removes those of a failed job, and is removed when the outputs are
whole. It is two files: tensors in a safetensors file that is named after the SHA-256 of what it holds, and
``state.json``, which names that file and the work that it belongs to. A state of other work, or one that is damaged, is
passed over: the training then starts anew.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Protocol

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from posner.files import sha256, write_json
from posner.training.snapshot import Snapshot

log = logging.getLogger(__name__)
STOP = (signal.SIGTERM, signal.SIGINT)  # what a scheduler, a time limit or a terminal sends
SAVE = signal.SIGUSR1  # what a scheduler can be asked to send some time before the end


class Resumable(Protocol):
    """Work that can be stopped between two steps."""

    step: int

    def snapshot(self) -> Snapshot:
        """All that the work's continuation depends on."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to where the snapshot was taken."""


class Stopped(BaseException):
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class NoResume:
    """Work that starts anew after it was stopped."""

    def restore(self, work: Resumable) -> None:
        """Bring `work` to where it was stopped."""

    def watch(self, work: Resumable) -> AbstractContextManager[None]:
        """A context in which signals have `work` saved."""
        return nullcontext()

    def interruptible(self) -> AbstractContextManager[None]:
        """A context that changes nothing of the work, so that it may be left at any point."""
        return nullcontext()

    def after_step(self, work: Resumable) -> None:
        """Save `work` if it is time to."""

    def remove(self) -> None:
        """Forget the state: the work is done."""


class ResumeFolder(NoResume):
    """Keeps the state of `work` in `folder`: saved every `every` seconds, at SIGUSR1, and at SIGTERM before the end."""

    def __init__(self, folder: Path, key: str, every: float) -> None:
        self.folder, self.key, self.every = folder, key, every
        self.saved = time.monotonic()
        self.wanted = self.stopped = 0
        self.is_interruptible = False

    def restore(self, work: Resumable) -> None:
        snapshot = self.load()
        if snapshot is not None:
            work.restore(snapshot)
            log.info("resumed at step %d", work.step)

    def load(self) -> Snapshot | None:
        """The state of this work, if there is a whole one."""
        index = self.folder / "state.json"
        if not index.is_file():
            return None
        try:
            state = json.loads(index.read_text(encoding="utf-8"))
            if state["key"] != self.key:
                log.info("%s: a state of other settings, inputs or code; starting anew", index)
                return None
            path = self.folder / f"{state['sha256']}.safetensors"
            if sha256(path) != state["sha256"]:
                raise ValueError("its tensors are not those that were saved")
            with safe_open(path, framework="pt") as file:
                values = json.loads(file.metadata()["values"])
            return Snapshot(load_file(path), values)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            log.warning("%s: a damaged state (%s); starting anew", index, error)
            return None

    def save(self, work: Resumable) -> None:
        """Replace the state; one that cannot be written is no reason to lose the work itself."""
        snapshot = work.snapshot()
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            new = self.folder / f"{os.getpid()}.safetensors"  # its own, if two processes should do the same work
            save_file(tensors, new, metadata={"values": json.dumps(snapshot.values)})
            digest = sha256(new)
            current = new.rename(self.folder / f"{digest}.safetensors")
            write_json(self.folder / "state.json", {"key": self.key, "sha256": digest})
            for other in set(self.folder.glob("*.safetensors")) - {current}:
                other.unlink()
        except (OSError, SafetensorError) as error:
            log.warning("%s: the resume state cannot be saved: %s", self.folder, error)
        self.saved, self.wanted = time.monotonic(), 0

    @contextmanager
    def watch(self, work: Resumable) -> Iterator[None]:
        before = {number: signal.signal(number, self.on_signal) for number in (*STOP, SAVE)}
        try:
            yield
        except Stopped as stop:
            self.save(work)
            log.info("stopped by %s at step %d; the same command goes on from there", stop, work.step)
            raise SystemExit(128 + stop.number) from None
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_signal(self, number: int, _: FrameType | None) -> None:
        """Note what is asked; stop at once where that is possible."""
        if number == SAVE:
            self.wanted = number
            return
        self.stopped = number
        if self.is_interruptible:
            raise Stopped(number)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        self.is_interruptible = True
        try:
            if self.stopped:
                raise Stopped(self.stopped)
            yield
        finally:
            self.is_interruptible = False

    def after_step(self, work: Resumable) -> None:
        if self.stopped:
            raise Stopped(self.stopped)
        if self.wanted or time.monotonic() - self.saved >= self.every:
            self.save(work)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
