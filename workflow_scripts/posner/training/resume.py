"""Resume states: a training that was killed resumes at its last saved step and ends with the same bits.

A state is stored outside the outputs, since Snakemake removes those of a failed job, and is removed when the outputs
are complete. It consists of two files: tensors in a safetensors file that is named after the SHA-256 of its content,
and ``state.json``, which names that file and the work that it belongs to. A state of other work, or a damaged one, is
ignored: the training then starts from scratch.
"""

from __future__ import annotations

import json
import logging
import re
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Protocol, Self

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from posner.errors import first_line
from posner.files import remove, sha256
from posner.training.lease import Lease
from posner.training.snapshot import Snapshot

log = logging.getLogger(__name__)
INDEX = "state.json"
# States, folders of unfinished ones, and unfinished files of earlier versions.
STATE_FILE = re.compile(r"[0-9a-f]{64}\.safetensors|[0-9a-f]{32}(\.(safetensors|json))?")
STOP = (signal.SIGTERM, signal.SIGINT)  # what a scheduler, a time limit or a terminal sends; also SIGHUP, see watch
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


class Resume(ABC):
    """Storage for the state of a running training, if any. As a context manager, it holds the lease of the run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    @abstractmethod
    def restore(self, work: Resumable) -> None:
        """Bring `work` to where it was stopped."""

    @abstractmethod
    def watch(self, work: Resumable) -> AbstractContextManager[None]:
        """A context in which signals have `work` saved.

        Raises:
            SystemExit: a signal asked the process to end; `work` has been saved.
        """

    @abstractmethod
    def interruptible(self) -> AbstractContextManager[None]:
        """A context that changes nothing of the work, so that it may be left at any point.

        Raises:
            Stopped: a signal asked the process to end.
        """

    @abstractmethod
    def after_step(self, work: Resumable) -> None:
        """Save `work` if it is time to.

        Raises:
            Stopped: a signal asked the process to end.
        """


class NoResume(Resume):
    """Work that starts from scratch after it was stopped."""

    def restore(self, work: Resumable) -> None:
        return None

    def watch(self, work: Resumable) -> AbstractContextManager[None]:
        return nullcontext()

    def interruptible(self) -> AbstractContextManager[None]:
        return nullcontext()

    def after_step(self, work: Resumable) -> None:
        return None


class ResumeFolder(Resume):
    """Keeps the state of `work` in `folder`: saved every `every` seconds, at SIGUSR1, and at SIGTERM before the end.

    One process at a time uses the folder: within the context that this object is, it holds the folder's lease (see
    :mod:`posner.training.lease`).
    """

    def __init__(self, folder: Path, key: str, every: float) -> None:
        self.folder, self.key, self.every = folder, key, every
        self.lease = Lease(folder)
        self.last_save = time.monotonic()
        self.requested_save = self.requested_stop = 0  # numbers of signals
        self.is_interruptible = False

    def __enter__(self) -> Self:
        self.lease.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.lease.release()
        with suppress(OSError):  # it holds a state, or the lease of another process
            self.folder.rmdir()

    def restore(self, work: Resumable) -> None:
        snapshot = self.load()
        if snapshot is None:
            return
        start = work.snapshot().copy()
        try:
            work.restore(snapshot)
            log.info("resumed at step %d", work.step)
        except Exception as error:  # each part of the work has its own for what it cannot use
            log.warning("%s: a state that does not fit (%s); starting from scratch", self.folder, first_line(error))
            work.restore(start)

    def load(self) -> Snapshot | None:
        """The state of this work, if there is a complete one."""
        index = self.folder / INDEX
        if not index.is_file():
            return None
        try:
            state = json.loads(index.read_text(encoding="utf-8"))
            if state["key"] != self.key:
                log.info("%s: a state of other settings, inputs or code; starting from scratch", index)
                return None
            path = self.folder / f"{state['sha256']}.safetensors"
            if sha256(path) != state["sha256"]:
                raise ValueError("its tensors are not those that were saved")
            with safe_open(path, framework="pt") as file:
                values, names = (json.loads(file.metadata()[key]) for key in ("values", "names"))
            tensors = load_file(path)
            if sorted(tensors) != names:
                raise ValueError("tensors are missing")
            return Snapshot(tensors, values)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            log.warning("%s: a damaged state (%s); starting from scratch", index, error)
            return None

    def save(self, work: Resumable) -> None:
        """Replace the state. A failure to write it is reported and does not end the work.

        Raises:
            LeaseLostError: another process has taken over; nothing is saved.
        """
        snapshot = work.snapshot()
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()}
        try:
            self.lease.require()
            unfinished = self.folder / self.lease.holder.token  # save_file itself writes temporary files beside its own
            unfinished.mkdir(exist_ok=True)
            new, index = unfinished / "state.safetensors", unfinished / INDEX
            metadata = {"values": json.dumps(snapshot.values), "names": json.dumps(sorted(tensors))}
            save_file(tensors, new, metadata=metadata)
            digest = sha256(new)
            current = new.rename(self.folder / f"{digest}.safetensors")
            index.write_text(json.dumps({"key": self.key, "sha256": digest}), encoding="utf-8")
            index.rename(self.folder / INDEX)
            for other in self.files():
                if other not in (current, self.folder / INDEX):
                    remove(other)
        except (OSError, SafetensorError) as error:
            log.warning("%s: the resume state cannot be saved: %s", self.folder, error)
        self.last_save, self.requested_save = time.monotonic(), 0

    @contextmanager
    def watch(self, work: Resumable) -> Iterator[None]:
        hangup = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else set()  # nohup ignores it
        before = {number: signal.signal(number, self.on_signal) for number in {*STOP, SAVE} | hangup}
        try:
            yield
        except Stopped as stop:
            self.save(work)
            log.info("stopped by %s at step %d; the same command resumes from there", stop, work.step)
            raise SystemExit(128 + stop.number) from None
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_signal(self, number: int, _: FrameType | None) -> None:
        """Note the request; stop at once where that is possible.

        Raises:
            Stopped: the work can be left at this point.
        """
        if number == SAVE:
            self.requested_save = number
            return
        self.requested_stop = number
        if self.is_interruptible:
            raise Stopped(number)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        self.is_interruptible = True
        try:
            if self.requested_stop:
                raise Stopped(self.requested_stop)
            yield
        finally:
            self.is_interruptible = False

    def after_step(self, work: Resumable) -> None:
        if self.requested_stop:
            raise Stopped(self.requested_stop)
        if self.lease.lost or self.requested_save or time.monotonic() - self.last_save >= self.every:
            self.save(work)

    def require(self) -> None:
        """Make sure that this process may still write the results.

        Raises:
            LeaseLostError: another process has taken over.
        """
        self.lease.require()

    def remove(self) -> None:
        """Remove the state: the work is done."""
        for path in self.files():
            remove(path)

    def files(self) -> list[Path]:
        """The files of this and of earlier states, and folders of unfinished ones; others are not touched."""
        return [path for path in self.folder.iterdir() if path.name == INDEX or STATE_FILE.fullmatch(path.name)]
