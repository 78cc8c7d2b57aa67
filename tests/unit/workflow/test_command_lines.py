"""Command lines: their help, and what is refused, with an error of one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_study import CPU, EARLIEST, LATE, LOGITS, QUICK, SWEEP, Study, call, command
from posner.commands.names import module_names
from posner.workflow.options import options

CHECKOUT = Path(__file__).parents[3]
COMMAND_NAMES = sorted(module_names())


@pytest.mark.parametrize("script", COMMAND_NAMES)
def test_help_names_every_option(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call(script, "--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: posner {script} ")
    for path, _ in options(command(script)):
        assert f"--{path.replace('_', '-')} " in text


def test_a_command_runs_in_a_new_process(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "posner", "assign_folds", "--train", tmp_path / "no.parquet", "--folds", "2",
         "--fold-seed", "0", "--output", tmp_path / "folds.json"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"error: {tmp_path / 'no.parquet'}")
    assert len(finished.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def error_of(capsys: pytest.CaptureFixture[str], attempt: Callable[[], Any]) -> str:
    """The error of a command with invalid input; it must be one line, with status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        attempt()
    assert caught.value.code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("script", COMMAND_NAMES)
def test_an_unknown_option_is_one_line(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, lambda: call(script, "--outptu x"))
    assert "--outptu" in line


def ner(study: Study, *more: str | Path, compute: str = CPU, **places: Path) -> Callable[[], None]:
    """A NER training that must be refused."""
    folders = {"corpus": study.corpus, "encoder": study.encoder, "pieces": study.pieces} | places
    arguments = [part for name, path in folders.items() for part in (f"--{name}", path)]
    settings = [part for part in (QUICK, compute, *more) if part]
    return lambda: call("train_ner", *arguments, *settings, "--output", study.root / "refused")


def tagger(study: Study, folds: Path, name: str) -> Callable[[], None]:
    """A training of a tagger that must be refused."""
    files = ("--corpus", study.corpus, "--encoder", study.encoder, "--pieces", study.pieces, "--folds", folds)
    return lambda: call("train_tagger", *files, f"--tagger {name}", QUICK, CPU, "--output", study.root / "refused")


def corrupt(study: Study, checkpoint: Path, confusion: Path) -> Callable[[], None]:
    """A sweep that must be refused."""
    files = ("--corpus", study.corpus, "--pieces", study.pieces, "--checkpoint", checkpoint, "--confusion", confusion)
    outputs = ("--output", study.root / "refused.parquet", "--changes", study.root / "refused.changes.parquet")
    return lambda: call("sweep_corruption", *files, "--predicted", study.predicted, SWEEP, CPU, *outputs)


def test_gold_logits_are_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    settings = "--variant.fusion late --variant.pos gold --variant.feature logits"
    assert "gold POS has no logits" in error_of(capsys, ner(study, settings))


def test_predicted_pos_is_required(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--predicted" in error_of(capsys, ner(study, EARLIEST))
    assert "--predicted" in error_of(capsys, ner(study, LOGITS))


def test_an_offset_deeper_than_the_encoder_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    settings = EARLIEST.replace("earliest", "3")
    line = error_of(capsys, ner(study, settings, predicted=study.predicted))
    assert "3 is deeper than the encoder, which has 2 layers" in line
    assert not (study.root / "refused").exists()


@pytest.mark.parametrize("name", ["corpus", "encoder", "pieces", "predicted"])
def test_a_missing_input_is_reported(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    missing = tmp_path / "nowhere"
    line = error_of(capsys, ner(study, LATE, **{name: missing}))
    assert str(missing) in line


def test_an_unavailable_device_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, ner(study, "--compute.device cuda:99", compute=""))
    assert "cuda:99" in line


def test_fp16_on_a_cpu_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, ner(study, "--compute.device cpu --compute.precision fp16", compute=""))
    assert "fp16" in line


def test_a_fold_that_the_folds_do_not_have_is_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, tagger(study, study.folds, "fold-7"))
    assert "fold-7" in line


def test_folds_of_another_corpus_are_refused(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = tmp_path / "folds.json"
    short.write_text(json.dumps(json.loads(study.folds.read_text(encoding="utf-8"))[:-1]), encoding="utf-8")
    line = error_of(capsys, tagger(study, short, "fold-0"))
    assert str(short) in line


def test_more_folds_than_documents_are_refused(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--train", study.corpus / "train.parquet", "--folds 1000 --fold-seed 0")
    line = error_of(capsys, lambda: call("assign_folds", *arguments, "--output", study.root / "refused.json"))
    assert "1000 folds are more than" in line


def test_a_damaged_checkpoint_is_named(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "model"
    shutil.copytree(study.root / "ner" / "late" / "model", broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    line = error_of(capsys, corrupt(study, broken, study.confusion))
    assert str(broken) in line
    assert "delete" in line


def test_a_damaged_encoder_is_named(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "encoder"
    shutil.copytree(study.encoder, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    arguments = ("--encoder.source path --encoder.path", broken, "--train", study.corpus / "train.parquet")
    line = error_of(capsys, lambda: call("prepare_encoder", *arguments, "--output", tmp_path / "prepared"))
    assert str(broken) in line
    assert not (tmp_path / "prepared").exists()


@pytest.mark.parametrize("text", ["", "{}", "{", '{"splits": {}}', "[]", '{"splits": {"train": {"counts": 3}}}'])
def test_a_damaged_confusion_matrix_is_named(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "confusion_matrix.json"
    path.write_text(text, encoding="utf-8")
    line = error_of(capsys, corrupt(study, study.root / "ner" / "late" / "model", path))
    assert str(path) in line
