"""Files are written as a whole or not at all, and a killed writer leaves nothing for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from posner.errors import InputError
from posner.files import (
    SILENT_SECONDS,
    TIMESTAMP,
    atomic_path,
    content_hash,
    own_writer,
    part_name,
    protected_inputs,
    read_json,
    read_table,
    require_replaceable,
    write_json,
)

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
        with atomic_path(target, {"old"}) as part:
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
    with atomic_path(target, {"old"}) as part:
        part.mkdir()
        (part / "new").touch()
    assert target.is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["new"]
    assert [path.name for path in elsewhere.parent.iterdir()] == ["model"]


def test_names_of_parts_tell_the_writer(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.json") as part:
        assert part.name == f".a.{own_writer()}.part.json"
        part.touch()


# --- what may not be replaced ----------------------------------------------------------------------------------------


def write_folder(target: Path, *names: str) -> None:
    with atomic_path(target, {"history.csv"}) as part:
        part.mkdir()
        for name in names:
            (part / name).write_text("new")


def test_a_folder_with_files_of_others_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "models"
    (target / "papers").mkdir(parents=True)
    for name in ("config.json", "papers/draft.txt"):
        (target / name).write_text("old")
    with pytest.raises(InputError, match=r"models: would be replaced as a whole, but papers/draft.txt in it is not"):
        write_folder(target, "config.json")
    assert (target / "config.json").read_text() == (target / "papers" / "draft.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_files_of_earlier_versions_and_of_killed_writers_are_replaced(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    kill(started_writer(target / "history.csv", "file"))
    for name in ("config.json", "history.csv", TIMESTAMP):
        (target / name).touch()
    write_folder(target, "config.json", "weights")
    assert sorted(path.name for path in target.iterdir()) == ["config.json", "weights"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_writer_that_is_killed_between_two_folders_leaves_nothing_for_good(tmp_path: Path) -> None:
    target = tmp_path / "model"
    writer = started_writer(target, "folder")
    (part,) = tmp_path.iterdir()
    aside = part.with_name(part_name(target, f"old.{part.name.split('.')[2]}"))
    aside.mkdir()
    kill(writer)
    write_folder(target, "config.json")
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model"
    write_folder(target, "history.csv")
    rename = Path.replace

    def fails(path: Path, to: Path) -> Path:
        if "old" not in path.name and to == target:
            raise OSError("no rename")
        return rename(path, to)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="no rename"):
        write_folder(target, "config.json")
    assert [path.name for path in target.iterdir()] == ["history.csv"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", [".", "..", "../..", "../study", "link"])
def test_the_working_directory_and_folders_above_it_are_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    study = tmp_path / "above" / "study"
    study.mkdir(parents=True)
    monkeypatch.chdir(study)
    Path("link").symlink_to(tmp_path / "above")
    with pytest.raises(InputError, match="holds the working directory"):
        write_folder(Path(name), "config.json")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "above", study, study / "link"]


def test_an_input_is_not_replaced_under_any_name(tmp_path: Path) -> None:
    source = tmp_path / "data" / "train.json"
    source.parent.mkdir()
    source.write_text("input")
    (tmp_path / "link.json").symlink_to(source)
    (tmp_path / "folder").symlink_to(source.parent)
    with protected_inputs([source, tmp_path / "missing"]):
        for name in ("data/train.json", "link.json", "folder/train.json", "folder/../data/train.json"):
            with pytest.raises(InputError, match="is also an input"):
                write_json(tmp_path / name, {})
        with pytest.raises(InputError, match="holds the input"):
            require_replaceable(tmp_path / "folder", {"train.json"})
        write_json(tmp_path / "missing", {})
    assert source.read_text() == "input"
    write_json(source, {})


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        write_json(tmp_path / "pipe", {})
    assert (tmp_path / "pipe").is_fifo()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_content_behind_links_to_folders_counts_and_loops_end(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "large disk").mkdir()
    data = tmp_path / "large disk" / "data.arrow"
    (tmp_path / "corpus" / "test").symlink_to(data.parent)
    (tmp_path / "large disk" / "loop").symlink_to(tmp_path / "corpus")
    data.write_text("one")
    before = content_hash([tmp_path / "corpus"])
    data.write_text("two")
    assert content_hash([tmp_path / "corpus"]) != before


def test_messages_on_unreadable_files_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "table.csv").write_text('a,b\n1,2\n"3,4\n5,6,7\n')
    with pytest.raises(InputError) as deep:
        read_json(tmp_path / "deep.json", [])
    with pytest.raises(InputError) as table:
        read_table(tmp_path / "table.csv", ["a", "c"])
    assert [str(error.value).count("\n") for error in (deep, table)] == [0, 0]
