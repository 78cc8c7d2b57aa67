"""Read and write files. Writing is atomic: a file is written beside its target and renamed when complete."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safetensors import SafetensorError

from posner.errors import InputError, first_line
from posner.processes import own_start_time, start_time, system_id

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import TypeAdapter

Json = Mapping[str, Any]  # an object of a JSON file
Model = TypeVar("Model")
SILENT_SECONDS = 3600.0
PART = re.compile(r"\..+\.[0-9a-f]{8}-\d+-\d+\.part(\..*)?")  # see part_name
TIMESTAMP = ".snakemake_timestamp"  # Snakemake leaves it in folders that rules name


@dataclass(frozen=True)
class Writes:
    """What is written in a context. `may_write` is called before a target is put in place; it may raise."""

    may_write: Callable[[], None]
    targets: list[Path] = field(default_factory=list)


_WRITES: ContextVar[Writes | None] = ContextVar("writes", default=None)
_INPUTS: ContextVar[frozenset[Path]] = ContextVar("inputs", default=frozenset())


@contextmanager
def observed_writes(may_write: Callable[[], None]) -> Iterator[list[Path]]:
    """A context that collects the files and folders which :func:`atomic_path` completes in it."""
    writes = Writes(may_write)
    token = _WRITES.set(writes)
    try:
        yield writes.targets
    finally:
        _WRITES.reset(token)


@contextmanager
def protected_inputs(paths: Iterable[Path]) -> Iterator[None]:
    """A context in which :func:`atomic_path` replaces none of these files and folders."""
    inputs = _INPUTS.set(frozenset(real_path(path) for path in paths if path.exists()))
    try:
        yield
    finally:
        _INPUTS.reset(inputs)


@contextmanager
def atomic_path(target: Path, known: Collection[str] = ()) -> Iterator[Path]:
    """A path beside `target` for a file or folder; renamed to `target` if the block succeeds, else removed.

    Args:
        known: names of files in an earlier folder `target` that may be lost, see :func:`require_replaceable`.

    Raises:
        InputError: `target` may not be replaced.
        OSError: `target` cannot be written.
    """
    writes, name = _WRITES.get(), target
    require_writable(target)
    if target.is_symlink() or target.name in ("", ".."):  # a link to a larger disk, for one
        target = real_path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    for part in abandoned_parts(target):
        remove(part)
    temporary = target.with_name(part_name(target, own_writer()))
    try:
        yield temporary
        if temporary.is_dir() and target.is_dir():
            require_replaceable(target, {*known, *names_in(temporary)})
        if writes:
            writes.may_write()
            writes.targets.append(name)  # by which others read it
        put_in_place(temporary, target)
    except SafetensorError as error:
        raise OSError(f"{target} cannot be written: {error}") from error
    finally:
        remove(temporary)


def put_in_place(new: Path, target: Path) -> None:
    """Rename `new` to `target`. A folder there is moved aside first, since none can be renamed over one with files."""
    if not (new.is_dir() and target.is_dir()):
        new.replace(target)
        return
    aside = target.with_name(part_name(target, f"old.{own_writer()}"))
    target.replace(aside)
    try:
        new.replace(target)
    except OSError:
        aside.replace(target)
        raise
    remove(aside)


def require_writable(target: Path) -> None:
    """Make sure that a file or folder may be written at `target`.

    Raises:
        InputError: an input is there, or something that is neither a file nor a folder.
    """
    place = real_path(target)
    if not place.name:
        raise InputError(f"{target}: is the root folder; give another name for the output")
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise InputError(f"{target}: is neither a file nor a folder; give another name for the output")
    if place in _INPUTS.get():
        raise InputError(f"{target}: is also an input, which would be replaced; give another name for the output")


def require_replaceable(folder: Path, known: Collection[str]) -> None:
    """Make sure that a folder may be replaced as a whole: it is absent or empty, or holds only `known` files.

    Args:
        known: paths below the folder.

    Raises:
        InputError: other files would be lost, or the working directory, or an input.
    """
    place = real_path(folder)
    if Path.cwd().resolve().is_relative_to(place):
        raise InputError(f"{folder}: holds the working directory, and would be replaced as a whole; give a new folder")
    if inputs := sorted(path for path in _INPUTS.get() if path.is_relative_to(place)):
        raise InputError(f"{folder}: holds the input {inputs[0]}, and would be replaced as a whole; give a new folder")
    if not place.is_dir():
        return
    lost = (name for name in names_in(place) if name not in known and not is_incidental(name))
    if (name := next(lost, None)) is not None:
        raise InputError(
            f"{folder}: would be replaced as a whole, but {name} in it is not of such an output; give a new folder, or "
            "move that file elsewhere"
        )


def names_in(folder: Path) -> list[str]:
    """Paths of all files below `folder`, relative to it; links are not followed."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def is_incidental(name: str) -> bool:
    """Whether a file is what a killed writer or Snakemake has left in a folder."""
    return Path(name).name == TIMESTAMP or any(PART.fullmatch(part) for part in Path(name).parts)


def real_path(path: Path) -> Path:
    """The absolute path without links; unlike :meth:`Path.resolve`, it accepts links that lead to themselves."""
    return Path(os.path.realpath(path))


def own_writer() -> str:
    """This process, as it stands in the names of files that it has not completed: system, process, start."""
    system = hashlib.sha256(system_id().encode()).hexdigest()[:8]
    return f"{system}-{os.getpid()}-{own_start_time()}"


def part_name(target: Path, writer: str) -> str:
    """Name of `target` while `writer` writes it."""
    return f".{target.stem}.{writer}.part{target.suffix}"


def abandoned_parts(target: Path) -> list[Path]:
    """Incomplete versions of `target` whose writers were killed."""
    parts = target.parent.glob(part_name(Path(glob.escape(target.name)), "*-*-*"))
    return [path for path in parts if is_abandoned(path, path.name.removesuffix(f".part{target.suffix}"))]


def is_abandoned(path: Path, name: str) -> bool:
    """Whether nobody writes the file or folder `path` any more, whose `name` ends with its writer.

    A writer on another machine cannot be asked. It was killed if it has written nothing for `SILENT_SECONDS`.
    """
    system, process, started = name.rpartition(".")[2].split("-")
    if system == own_writer().partition("-")[0]:
        return start_time(int(process)) != int(started)
    try:
        last_write = max(file.stat().st_mtime for file in [path, *path.rglob("*")])
    except FileNotFoundError:  # it has just been completed
        return False
    return time.time() - last_write > SILENT_SECONDS


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_json(target: Path, value: Any) -> None:
    """Write `value` as indented JSON.

    Raises:
        ValueError: it contains NaN or infinity, which are not JSON; missing numbers are ``null``.
    """
    with atomic_path(target) as path:
        path.write_text(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(paths: Sequence[Path]) -> str:
    """One hash, 16 hexadecimal digits, of the contents of all files and folders in `paths`; files may be missing."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(entries(path)) if path.is_dir() else [path]
        for file in files:
            total.update(f"{file.relative_to(path)} {sha256(file) if file.is_file() else None}\n".encode())
    return total.hexdigest()[:16]


def entries(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """All files and folders below `folder`, also behind links; a link to a folder above itself is not followed."""
    above = (*above, real_path(folder))
    for path in folder.iterdir():
        yield path
        if path.is_dir() and real_path(path) not in above:
            yield from entries(path, above)


def read_frame(path: Path, columns: Sequence[str], what: str, numbers: Sequence[str] = ()) -> pd.DataFrame:
    """A parquet file with at least `columns`, of which `numbers` are numeric; `what` describes it in messages.

    Raises:
        InputError: the file cannot be read, or lacks a column or a number.
    """
    import pandas as pd  # here, because it is slow to import and most users of this module do not read tables
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: not {what} ({first_line(error)}); delete it and run again") from error
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"{path}: not {what} (it has no column {missing[0]!r}); delete it and run again")
    if wrong := [name for name in numbers if not pd.api.types.is_numeric_dtype(frame[name]) or frame[name].hasnans]:
        raise InputError(f"{path}: not {what} (column {wrong[0]!r} is not of numbers only); delete it and run again")
    return frame


def read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """A JSON object with at least `keys`.

    Raises:
        InputError: the file cannot be read or lacks a key.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: no readable results ({first_line(error)}); delete it and run again") from error
    if not isinstance(value, dict) or (missing := [key for key in keys if key not in value]):
        lacking = repr(missing[0]) if isinstance(value, dict) else "an object"
        raise InputError(f"{path}: not the expected results (without {lacking}); delete it and run again")
    return value


def read_model(path: Path, kind: TypeAdapter[Model], what: str, remedy: str = "delete it and run again") -> Model:
    """A JSON file whose values have the types of `kind`; `what` describes it in messages.

    Raises:
        InputError: the file cannot be read, or a value is missing or of another type.
    """
    try:
        return kind.validate_json(path.read_bytes(), strict=True)
    except OSError as error:
        problem = first_line(error)
    except ValueError as error:  # of pydantic
        [first, *_] = error.errors(include_url=False)  # type: ignore[attr-defined]
        problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
    raise InputError(f"{path}: not {what} ({problem}); {remedy}")


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV."""
    with atomic_path(path) as part:
        frame.to_csv(part, index=False, lineterminator="\n")


def read_table(path: Path, numbers: Sequence[str]) -> pd.DataFrame:
    """A table of :func:`write_table`. The columns `numbers` are numeric, all others are text.

    Types are not inferred, since ``NA`` and ``null`` may be names of POS tags or variants.

    Raises:
        InputError: the file cannot be read, or lacks a column.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        return frame.assign(**{name: pd.to_numeric(frame[name]) for name in numbers})
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not the expected table ({first_line(error)}); delete it and run again") from error
