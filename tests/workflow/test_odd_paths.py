"""A study whose checkout, working directory, data and interpreter have odd names, and so does its title."""

from __future__ import annotations

import html
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml
from posner.config.base import LARGEST_SEED
from posner.config.corpora import GeneratedCorpus
from posner.corpora.grammar import generate
from workflow_copy import copy_workflow

ODD = "a  'b' \"c\" $HOME é {corpus} {B} `id`"
TITLE = "A {B} study of {corpus}, 50 % \\ $x$ <b>é</b> | `id` 'q' \"p\" *a* _b_"


def make_interpreter(folder: Path) -> Path:
    """A Python in `folder` with the packages of this one."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (folder / "share").symlink_to(Path(sysconfig.get_path("data"), "share"))  # templates of notebooks
    return python


def write_columns(folder: Path) -> dict[str, str]:
    """A small corpus in column files; returns its settings."""
    folder.mkdir(parents=True)
    splits, _ = generate(GeneratedCorpus(source="generated", train=60, validation=20, test=20, seed=3))
    for split, sentences in splits.items():
        rows = ("".join(map("{} {} {}\n".format, s.tokens, s.pos, s.ner)) for s in sentences)
        (folder / f"{split} {{x}}.txt").write_text("\n".join(rows), encoding="utf-8")
    return {split: str(folder / f"{split} {{x}}.txt") for split in splits}


@pytest.mark.slow
def test_a_study_runs_to_its_report_from_odd_places(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / f"checkout {ODD}".replace("{corpus} {B}", ""))
    files = write_columns(tmp_path / f"data {ODD}")
    python = make_interpreter(tmp_path / f"python {ODD}".replace(":", ""))
    work = tmp_path / f"work {ODD}"
    work.mkdir()
    columns = {"token_column": 0, "pos_column": 1, "ner_column": 2, "scheme": "iob2"}
    copy.set(
        study__title=TITLE,
        study__corpora=["files"],
        study__variants=["baseline", "late-predicted-logits", "late-oracle-one_hot"],
        corpora__files={"source": "columns", "licence": TITLE, **files, **columns},
        study__seeds=[LARGEST_SEED],
        variants__baseline={"seeds": [LARGEST_SEED]},
        **dict.fromkeys(("pos__seed", "pos__fold_seed", "corruption__seed", "statistics__seed"), LARGEST_SEED),
    )
    arguments = copy.command("--directory", str(work))
    arguments["args"] = [str(python), *arguments["args"][1:]]
    arguments["env"] |= {"PATH": f"{python.parent}:{os.environ['PATH']}"}
    done = subprocess.run(**arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = (work / "results" / "summary.rst").read_text(encoding="utf-8")
    report = (work / "results" / "report.html").read_text(encoding="utf-8")
    assert "{B} study of {corpus}" in summary
    assert html.escape("A {B} study of {corpus}") in report
    config = yaml.safe_load((work / "results" / "config.json").read_text(encoding="utf-8"))
    assert config["study"]["title"] == TITLE
    again = subprocess.run(**arguments | {"args": [*arguments["args"], "-n"]}, capture_output=True, text=True)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_checkout_with_braces_in_its_path_is_refused_with_one_line(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "a {corpus} b")
    printed = copy.snakemake("--dry-run", check=False)
    assert f"rename the folder: {copy.folder}" in printed
    assert "Traceback" not in printed


def test_a_checkout_with_a_colon_in_its_path_is_refused_with_one_line(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "a:b")
    printed = copy.snakemake("--dry-run", check=False)
    assert f"rename the folder of the checkout: {copy.folder}" in printed
    assert "Traceback" not in printed


def test_a_key_that_is_given_twice_on_the_command_line_is_refused(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    printed = copy.snakemake("--dry-run", "--config", "pos={folds: 3, folds: 4}", check=False)
    assert "--config: pos.folds is given twice; merge the two" in printed
    assert "Traceback" not in printed


def test_a_key_that_is_given_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    copy.study.write_text("pos:\n  folds: 3\nstudy: {title: Mine}\npos:\n  seed: 1\n")
    printed = copy.snakemake("--dry-run", check=False)
    assert f"{copy.study}, line 4: pos is given a second time, after line 1; merge the two" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("name", ["{corpus}", "{x}", "<results>", "<x>", "a $HOME 'b' \"c\" é"])
def test_data_in_a_folder_with_any_name_can_be_planned(tmp_path: Path, name: str) -> None:
    copy = copy_workflow(tmp_path / "copy")
    files = write_columns(tmp_path / name)
    copy.set(
        study__title=TITLE,
        study__corpora=["files"],
        corpora__files={"source": "columns", **files, "extra_tests": {"more": {"test": files["test"]}}},
    )
    assert copy.planned()["prepare_corpus"] == 1
