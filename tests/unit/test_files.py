"""Files are written as a whole or not at all, and a killed writer leaves nothing for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from posner.files import SILENT_SECONDS, atomic_path, own_writer, part_name, write_json

WRITE = """
import sys, time
from pathlib import Path
from posner.files import atomic_path

with atomic_path(Path(sys.argv[1])) as part:
    if sys.argv[2] == "folder":
        part.mkdir()
        (part / "weights").write_text("half")
    else:
        part.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def started_writer(target: Path, kind: str) -> subprocess.Popen[str]:
    """A process that has half written `target`."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(target), kind], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    return writer


def kill(writer: subprocess.Popen[str]) -> None:
    os.killpg(writer.pid, signal.SIGKILL)
    writer.communicate()


def of_another_machine(target: Path, age: float) -> Path:
    """A part of a writer on another machine, which has written nothing for `age` seconds."""
    part = target.with_name(part_name(target, "0123abcd-1-1"))
    part.mkdir()
    (part / "weights").write_text("half")
    now = part.stat().st_mtime
    for path in [part / "weights", part]:
        os.utime(path, (now - age, now - age))
    return part


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_writer_has_left_is_removed_by_the_next_one(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "a [model].json"
    kill(started_writer(target, kind))
    assert len(list(tmp_path.iterdir())) == 1
    write_json(target, {"complete": True})
    assert list(tmp_path.iterdir()) == [target]


def test_a_writer_that_is_alive_keeps_its_part(tmp_path: Path) -> None:
    target = tmp_path / "scores.json"
    writer = started_writer(target, "file")
    write_json(target, {"complete": True})
    assert len(list(tmp_path.iterdir())) == 2
    kill(writer)


def test_parts_of_other_targets_stay(tmp_path: Path) -> None:
    kill(started_writer(tmp_path / "seed-1.parquet", "file"))
    write_json(tmp_path / "seed-1.json", {})
    write_json(tmp_path / "seed-11.parquet", {})
    (tmp_path / ".seed-1.notes.part.parquet").write_text("of a user")
    assert len(list(tmp_path.iterdir())) == 4
    write_json(tmp_path / "seed-1.parquet", {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".seed-1.notes.part.parquet",
        "seed-1.json",
        "seed-1.parquet",
        "seed-11.parquet",
    ]


@pytest.mark.parametrize(("age", "stays"), [(0.5 * SILENT_SECONDS, True), (1.5 * SILENT_SECONDS, False)])
def test_on_another_machine_a_writer_is_dead_when_it_has_written_nothing_for_long(
    tmp_path: Path, age: float, stays: bool
) -> None:
    part = of_another_machine(tmp_path / "model", age)
    write_json(tmp_path / "model", {})
    assert part.exists() == stays


def test_a_folder_replaces_a_folder_and_a_failure_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "model"
    for text in ["old", "new"]:
        with atomic_path(target) as part:
            part.mkdir()
            (part / text).touch()
    with pytest.raises(FileNotFoundError), atomic_path(target) as part:
        (part / "file in a folder that is not there").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_to_a_folder_elsewhere_is_kept(tmp_path: Path, is_there: bool) -> None:
    elsewhere = tmp_path / "large disk" / "model"
    if is_there:
        elsewhere.mkdir(parents=True)
        (elsewhere / "old").touch()
    target = tmp_path / "model"
    target.symlink_to(elsewhere)
    with atomic_path(target) as part:
        part.mkdir()
        (part / "new").touch()
    assert target.is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["new"]
    assert [path.name for path in elsewhere.parent.iterdir()] == ["model"]


def test_names_of_parts_tell_the_writer(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.json") as part:
        assert part.name == f".a.{own_writer()}.part.json"
        part.touch()
