"""The record of a command: inputs before it, outputs after it, and only one of two processes writes them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from posner.commands.study.verify import Verify
from posner.files import atomic_path, sha256, write_json
from posner.workflow import provenance
from posner.workflow.claim import Claim, ClaimLostError
from posner.workflow.command import Command, run
from posner.workflow.recording import Recording
from posner.workflow.verification import misfits, verified_hashes


class Copy(Command):
    """Write the text of a file twice: to a file, and to a folder."""

    source: Path
    """File to read."""
    output: Path
    """Folder to write to."""

    def execute(self) -> None:
        text = self.source.read_text()
        write_json(self.output / "copy.json", text)
        with atomic_path(self.output / "model") as folder:
            (folder / "deep").mkdir(parents=True)
            (folder / "deep" / "weights").write_text(text)

    def inputs(self) -> list[Path]:
        return [self.source]

    def provenance_path(self) -> Path:
        return self.output / "provenance.json"


@pytest.fixture(autouse=True)
def _without_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of these tests is no part of the library, so it has no fingerprint."""
    monkeypatch.setattr(provenance, "code_of", lambda command: "0123")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("text")
    return path


def copy(source: Path, output: Path) -> None:
    run(Copy, ["--source", str(source), "--output", str(output)])


def test_a_record_has_the_hashes_of_all_that_was_read_and_written(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert record["inputs"] == {os.path.relpath(source): sha256(source)}
    files = ["copy.json", "model/deep/weights"]
    assert record["outputs"] == {name: sha256(tmp_path / "out" / name) for name in files}
    assert record["arguments"] == ["--source", str(source), "--output", str(tmp_path / "out")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["copy.json", "model", "provenance.json"]


def test_environment_variables_that_change_results_are_recorded(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    copy(source, tmp_path / "out")
    environment = json.loads((tmp_path / "out" / "provenance.json").read_text())["environment"]
    assert environment["ATEN_CPU_CAPABILITY"] == "default"
    assert "CUDA_VISIBLE_DEVICES" not in environment


@pytest.mark.parametrize("name", ["copy.json", "model/deep/weights"])
def test_an_input_that_was_changed_after_it_was_written_is_refused(
    source: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(source, tmp_path / "first")
    copy(tmp_path / "first" / name, tmp_path / "second")
    (tmp_path / "first" / name).write_text('"other"\n')
    with pytest.raises(SystemExit) as stop:
        copy(tmp_path / "first" / name, tmp_path / "third")
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "first" / name) in line
    assert "provenance.json" in line
    assert not (tmp_path / "third" / "copy.json").exists()


def test_a_command_without_a_record_reads_no_changed_file_either(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(source, tmp_path / "first")
    (tmp_path / "first" / "copy.json").write_text('"other"')
    monkeypatch.setattr(Copy, "provenance_path", lambda self: None)
    with pytest.raises(SystemExit) as stop:
        copy(tmp_path / "first" / "copy.json", tmp_path / "second")
    assert stop.value.code == 2
    assert not (tmp_path / "second").exists()


def test_files_behind_a_link_have_the_name_by_which_others_read_them(source: Path, tmp_path: Path) -> None:
    out, disk = tmp_path / "out", tmp_path / "large disk" / "model"
    disk.mkdir(parents=True)
    out.mkdir()
    (out / "model").symlink_to(disk)
    copy(source, out)
    assert json.loads((out / "provenance.json").read_text())["outputs"].keys() == {"copy.json", "model/deep/weights"}
    assert (disk / "deep" / "weights").is_file()
    (out / "model" / "deep" / "weights").write_text("other")
    with pytest.raises(ValueError, match="was changed or damaged"):
        verified_hashes([out / "model" / "deep" / "weights"])


def test_summaries_in_several_folders_are_found_by_the_record_of_their_tables(tmp_path: Path) -> None:
    for folder in ["metrics/variants", "tables"]:
        (tmp_path / folder).mkdir(parents=True)
    scores = tmp_path / "metrics" / "variants" / "baseline.json"
    scores.write_text("1")
    outputs = {"../metrics/variants/baseline.json": sha256(scores)}
    record = {"arguments": [], "code": "", "content": "", "place": "", "inputs": {}, "outputs": outputs}
    write_json(tmp_path / "tables" / "ner.provenance.json", record)
    assert verified_hashes([scores]) == {scores: sha256(scores)}
    scores.write_text("2")
    with pytest.raises(ValueError, match=r"baseline\.json was changed or damaged"):
        verified_hashes([scores])


def test_a_missing_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        copy(tmp_path / "missing", tmp_path / "out")
    [line] = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "missing") in line


def test_of_two_processes_the_one_that_began_later_writes(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = Copy(source=source, output=out)
    earlier, later = (Recording.of(command, out / "provenance.json", [name]) for name in ("earlier", "later"))
    with Claim(earlier.path) as lost, Claim(later.path) as held:
        with later.writing(held.require):
            command.execute()
        source.write_text("older settings")
        with pytest.raises(ClaimLostError), earlier.writing(lost.require):
            command.execute()
    assert json.loads((out / "copy.json").read_text()) == "text"
    assert json.loads(later.path.read_text())["arguments"] == ["later"]
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_process_that_lost_its_claim_ends_without_an_error(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(self: Copy) -> None:
        Claim(self.provenance_path()).__enter__()
        write_json(self.output / "copy.json", "older")

    monkeypatch.setattr(Copy, "execute", overtaken)
    copy(source, tmp_path / "out")
    assert not (tmp_path / "out" / "copy.json").exists()
    assert not (tmp_path / "out" / "provenance.json").exists()


def test_results_that_were_only_half_replaced_have_no_record(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(source, tmp_path / "out")

    def fail(self: Copy) -> None:
        write_json(self.output / "copy.json", "newer")
        raise OSError("no space left")

    monkeypatch.setattr(Copy, "execute", fail)
    with pytest.raises(SystemExit):
        copy(source, tmp_path / "out")
    assert not (tmp_path / "out" / "provenance.json").exists()


def test_whether_work_is_finished(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def is_finished() -> bool:
        return Recording.of(Copy(source=source, output=out), out / "provenance.json", []).is_finished()

    assert not is_finished()
    copy(source, out)
    assert is_finished()
    weights = out / "model" / "deep" / "weights"
    weights.write_text("TEXT")
    assert not is_finished()
    weights.unlink()
    assert not is_finished()
    weights.write_text("text")
    assert is_finished()
    source.write_text("another text")
    assert not is_finished()


def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "posner", "verify", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_file_that_does_not_fit_is_named(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results"
    copy(Path("source.txt"), results / "first")
    copy(Path("results/first/copy.json"), results / "second")
    done = verify()
    assert done.returncode == 0
    assert done.stdout == "2 provenance records checked, 0 files do not fit\n"
    (results / "first" / "copy.json").write_text("damaged")
    (results / "second" / "model" / "deep" / "weights").unlink()
    (results / "third").mkdir()
    (results / "third" / "provenance.json").write_text("{")
    done = verify()
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "results/first/copy.json: not the file that is one of the outputs in results/first/provenance.json",
        "results/second/model/deep/weights: missing, but one of the outputs in results/second/provenance.json",
        "results/first/copy.json: not the file that is one of the inputs in results/second/provenance.json",
        "results/third/provenance.json: not a complete provenance record",
        "3 provenance records checked, 4 files do not fit",
    ]
    assert len(list(misfits(results / "second" / "provenance.json"))) == 2


def test_results_that_were_copied_are_named(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copy(source, tmp_path / "results" / "seed-1")
    shutil.copytree("results/seed-1", "results/seed-2")
    assert list(misfits(Path("results/seed-2/provenance.json"))) == [
        "results/seed-2/provenance.json: the record of other results, which were made as results/seed-1/provenance.json"
    ]
    assert list(misfits(Path("results/seed-1/provenance.json"))) == []


def test_all_records_are_checked_but_those_of_published_summaries(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a folder with the name of the published ones further down, above, or behind a link."""
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "published" / "results"
    copy(source, results / "corpus" / "encoder" / "ner" / "published")
    copy(source, results / "published" / "study")
    copy(source, tmp_path / "disk" / "other")
    (results / "linked").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "loop").symlink_to(results)
    assert sorted(Verify(results=results).records()) == [
        results / "corpus" / "encoder" / "ner" / "published" / "provenance.json",
        results / "linked" / "other" / "provenance.json",
    ]


def test_a_folder_without_records_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(Verify, ["--results", str(tmp_path / "nowhere")])
    assert stop.value.code == 2
    assert "nowhere: no provenance records; run this in the folder of a finished study" in capsys.readouterr().err
