"""The fingerprints of the project's own jobs: they miss nothing that runs, and count nothing unexpected."""

from __future__ import annotations

import ast
import importlib
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from posner.commands.names import class_name, module_names
from posner.workflow.command import Command, run
from posner.workflow.provenance import UNCOUNTED
from rerun_matrix import SOURCES, Job, edits, fingerprint, forget, jobs, module_name, reached

JOBS = {job.name: job for stage in jobs().values() for job in stage}
TRAININGS = [name for name in JOBS if name.startswith("train_")]
MODEL_RUNS = [
    *TRAININGS,
    *[name for name in JOBS if name.startswith(("sweep_", "predict", "tag_", "prepare_encoder", "tokenize_"))],
]
ANALYSES = [name for name in JOBS if name not in MODEL_RUNS]


def parts(job: str) -> set[str]:
    """Packages and modules below ``posner`` of which a job counts definitions, and these definitions' names."""
    names = {name.removeprefix("posner.") for name in reached(JOBS[job]) if ":" in name}
    return names | {part for name in names for part in parents(name)}


def parents(name: str) -> Iterator[str]:
    module = name.partition(":")[0]
    while module:
        yield module
        module = module.rpartition(".")[0]


# --- what a reader expects -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("job", MODEL_RUNS)
def test_running_a_model_depends_on_no_analysis(job: str) -> None:
    unexpected = {"stats", "summaries", "report", "calibration", "benchmark", "config.statistics", "config.validation"}
    assert not unexpected & parts(job)


@pytest.mark.parametrize("job", TRAININGS)
def test_training_depends_on_no_sweep(job: str) -> None:
    assert not {"config.corruption", "pos.corruption", "pos.donors", "prediction.sweep", "config.corpora"} & parts(job)


@pytest.mark.parametrize("job", TRAININGS)
def test_no_result_depends_on_leases(job: str) -> None:
    assert not {"training.lease", "training.slurm_jobs"} & parts(job)
    assert "training.resume" in parts(job)


@pytest.mark.parametrize("job", ANALYSES)
def test_analyses_depend_on_no_model(job: str) -> None:
    allowed = {"model.folders"}  # which files a model has
    modules = {part for part in parts(job) if ":" not in part}
    assert not {"training", "prediction"} & modules
    assert {part for part in modules if part.startswith("model.")} <= allowed


@pytest.mark.parametrize("job", JOBS)
def test_a_job_depends_on_no_other_command(job: str) -> None:
    command = job.partition(",")[0]
    bases = {f"commands.{name}" for name in ("analyses", "base", "plots", "training")}
    own = {module_names()[command].removeprefix("posner."), *bases}
    others = {part for part in parts(job) if part.startswith("commands.") and ":" not in part} - own
    assert others == {".".join(module_names()[command].split(".")[1:3])}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_depends_on_no_settings_that_it_does_not_take(job: str) -> None:
    assert not {"config.study", "config.validation", "config.encoder_limits"} & parts(job)
    fusions = {part for part in parts(job) if part in ("model.fusion.late", "model.fusion.encoder")}
    fusion = job.partition(", ")[2]
    assert fusions == ({f"model.fusion.{fusion}"} if fusion in ("late", "encoder") else set())


def test_taggers_and_gold_variants_depend_on_different_commands() -> None:
    assert "commands.pos.train_tagger" in parts("train_tagger")
    assert "commands.pos" not in parts("train_ner, late")


@pytest.mark.parametrize("job", [name for name in JOBS if name.startswith("plot_")])
def test_a_figure_depends_on_no_other_figure(job: str) -> None:
    draws = {part.partition(":")[2] for part in parts(job) if part.startswith("report.figures.")}
    assert len([name for name in draws if name.startswith("draw_")]) <= 1


def test_what_the_notebook_imports_is_counted() -> None:
    notebook = json.loads((SOURCES.parent / "notebooks" / "results_analysis.ipynb").read_text(encoding="utf-8"))
    lines = [line for cell in notebook["cells"] for line in cell["source"] if "import" in line]
    imports = [
        re.fullmatch(r"from (posner[\w.]+) import ([\w, ]+)\n?", line) for line in lines if "from posner" in line
    ]
    rules = (SOURCES.parent / "rules" / "presentation.smk").read_text(encoding="utf-8")
    assert imports
    for names in imports:
        assert names is not None, "import definitions by name, on one line"
        for name in names[2].split(", "):
            assert f"{names[1]}:{name}" in rules


# --- nothing that runs is missed -------------------------------------------------------------------------------------

IMPORTED = """
import importlib, json, multiprocessing, sys
import datasets, matplotlib.pyplot, pandas, pyarrow.parquet, scipy.stats, seqeval.metrics, torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel
import posner.workflow.command  # every job runs its command with it

def imported(module):
    importlib.import_module(module)
    return sorted(name for name in sys.modules if name.partition(".")[0] == "posner")

with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    print(json.dumps(pool.map(imported, sys.argv[1:], chunksize=1)))
"""


@pytest.mark.slow
def test_every_module_that_a_command_imports_is_known() -> None:
    modules = {job.entry.partition(":")[0]: job for job in JOBS.values()}
    done = subprocess.run([sys.executable, "-c", IMPORTED, *modules], capture_output=True, text=True, check=True)
    uncounted = {module for name in UNCOUNTED for module in [name.partition(":")[0], *imported_by(name)]}
    for job, imported in zip(modules.values(), json.loads(done.stdout), strict=True):
        assert set(imported) - uncounted <= reached(job._replace(unreachable=())), job.name


def imported_by(name: str) -> Iterator[str]:
    """The modules of the library that a module, or that of a definition, imports."""
    path = SOURCES / f"{name.partition(':')[0].replace('.', '/')}.py"
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("posner."):
            yield node.module


@contextmanager
def traced(used: set[str]) -> Iterator[None]:
    """Add each top-level definition of the library that runs to `used`."""

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(SOURCES)):
            module = module_name(Path(code.co_filename).relative_to(SOURCES))
            used.add(f"{module}:{code.co_qualname.partition('.')[0]}")

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def call(used: dict[str, set[str]], job: str, options: str) -> None:
    """Run the command of a job in this process, and note the definitions that ran."""
    name = job.partition(",")[0]
    command: type[Command] = getattr(importlib.import_module(module_names()[name]), class_name(name))
    with traced(used.setdefault(job, set())):
        run(command, options.split())


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Definitions that ran in a few jobs on tiny data, by job."""
    folder = tmp_path_factory.mktemp("jobs")
    used: dict[str, set[str]] = {}
    corpus, encoder, run_folder = folder / "corpus", folder / "encoder", folder / "ner" / "late" / "seed-1"
    generated = "--corpus.source generated --corpus.train 60 --corpus.validation 20 --corpus.test 20 --corpus.seed 1"
    call(used, "prepare_corpus", f"{generated} --output {corpus}")
    call(
        used,
        "assign_folds",
        f"--train {corpus / 'train.parquet'} --folds 2 --fold-seed 1 --output {folder / 'folds.json'}",
    )
    scratch = (
        "--encoder.source scratch --encoder.vocab-size 300 --encoder.hidden-size 16 --encoder.num-hidden-layers 2"
        " --encoder.num-attention-heads 2 --encoder.intermediate-size 32"
    )
    call(used, "prepare_encoder", f"--train {corpus / 'train.parquet'} {scratch} --output {encoder}")
    training = (
        "--training.epochs 1 --training.train-batch-size 8 --training.learning-rate 0.003 --seed 1"
        " --compute.device cpu --compute.threads 1"
    )
    files = f"--corpus {corpus} --encoder {encoder}"
    call(used, "tokenize_corpus", f"{files} --output {folder / 'pieces.json'}")
    files += f" --pieces {folder / 'pieces.json'}"
    late = "--variant.fusion late --variant.pos gold --variant.feature one_hot"
    call(used, "train_ner, late", f"{files} {training} {late} --output {run_folder}")
    call(
        used,
        "train_tagger",
        f"{files} {training} --tagger final --folds {folder / 'folds.json'} --output {folder / 'tagger'}",
    )
    return used


TRACED_JOBS = [
    "prepare_corpus",
    "assign_folds",
    "prepare_encoder",
    "tokenize_corpus",
    "train_ner, late",
    "train_tagger",
]


@pytest.mark.slow
@pytest.mark.parametrize("job", TRACED_JOBS)
def test_every_definition_that_runs_is_counted(used: dict[str, set[str]], job: str) -> None:
    ran = {name for name in used[job] if "<" not in name}
    assert len(ran) >= 10
    missed = ran - reached(JOBS[job])
    assert {name for name in missed if not name.startswith(UNCOUNTED)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("job", TRACED_JOBS)
def test_an_edit_to_a_definition_that_runs_changes_the_fingerprint(
    used: dict[str, set[str]], job: str, edited_copy: Callable[[str], Path]
) -> None:
    ran = sorted(name for name in used[job] if "<" not in name and not name.startswith(UNCOUNTED))
    for name in random.Random(job).sample(ran, 6):
        assert fingerprint(JOBS[job], edited_copy(name)) != fingerprint(JOBS[job], SOURCES), name


@pytest.mark.slow
def test_an_edit_changes_the_fingerprints_of_the_jobs_that_reach_it_only(edited_copy: Callable[[str], Path]) -> None:
    names = [
        f"{module_name(path.relative_to(SOURCES))}:{name}"
        for path in sorted((SOURCES / "posner").rglob("*.py"))
        for name, _ in edits(path.read_text(encoding="utf-8"))
        if not name.startswith("line ")
    ]
    before: dict[Job, str] = {job: fingerprint(job, SOURCES) for job in JOBS.values()}
    for name in random.Random(1).sample(names, 8):
        root = edited_copy(name)
        changed = {job.name for job in JOBS.values() if fingerprint(job, root) != before[job]}
        assert changed == {job.name for job in JOBS.values() if reached(job) & parts_of(name)}, name


def parts_of(name: str) -> set[str]:
    """The definitions of one assignment, such as ``module:(A, B)``."""
    module, _, names = name.partition(":")
    return {f"{module}:{part.strip()}" for part in names.strip("()").split(",")}


@pytest.fixture
def edited_copy(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A copy of the library in which one definition, given as ``module:name``, is edited."""
    shutil.copytree(SOURCES / "posner", tmp_path / "posner", ignore=shutil.ignore_patterns("__pycache__"))
    texts: dict[Path, str] = {}

    def edit(name: str) -> Path:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        module, _, definition = name.partition(":")
        path = tmp_path / f"{module.replace('.', '/')}.py"
        texts[path] = path.read_text(encoding="utf-8")
        path.write_text(dict(edits(texts[path]))[definition], encoding="utf-8")
        forget()
        return tmp_path

    yield edit
    forget()
