"""Saved states that are damaged, of other work, or do not fit: the training starts afresh."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from posner.config.variants import Variant
from posner.files import sha256
from posner.training.resume import ResumeFolder
from safetensors import safe_open
from safetensors.torch import save_file
from stopped_trainings import STEPS, Scores, StoppedAt, Trained, run, same
from tiny_models import LATE
from torch import Tensor


def flip_a_byte(folder: Path) -> None:
    path = next(folder.glob("*.safetensors"))
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(raw)


def cut(folder: Path) -> None:
    path = next(folder.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:1000])


def lose_tensors(folder: Path) -> None:
    next(folder.glob("*.safetensors")).unlink()


def scribble(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "state.json").write_text(text) and None


def of_other_work(folder: Path) -> None:
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps(state | {"key": "other"}))


@pytest.mark.parametrize(
    "damage",
    [flip_a_byte, cut, lose_tensors, of_other_work, scribble("{"), scribble("[]"), scribble('{"key": "key"}')],
)
def test_a_damaged_state_or_one_of_other_work_is_ignored(
    bert: Path,
    tmp_path: Path,
    uninterrupted: dict[Variant, Trained],
    damage: Callable[[Path], None],
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    damage(tmp_path)
    assert ResumeFolder(tmp_path, "key", every=1e9).load() is None
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), uninterrupted[LATE])


def rewritten(edit: Callable[[dict[str, Tensor], dict[str, Any]], None]) -> Callable[[Path], None]:
    """An edit of tensors and values after which all hashes of the state fit again."""

    def rewrite(folder: Path) -> None:
        path = next(folder.glob("*.safetensors"))
        with safe_open(path, framework="pt") as file:
            values = json.loads(file.metadata()["values"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        edit(tensors, values)
        save_file(tensors, path, metadata={"values": json.dumps(values), "names": json.dumps(sorted(tensors))})
        new = path.rename(folder / f"{sha256(path)}.safetensors")
        (folder / "state.json").write_text(json.dumps({"key": "key", "sha256": new.stem}))

    return rewrite


def widen(tensors: dict[str, Tensor], _: dict[str, Any]) -> None:
    tensors["model/classifier.weight"] = torch.zeros(3, 3)


@pytest.mark.parametrize(
    "edit",
    [
        lambda tensors, _: tensors.pop("model/classifier.weight"),
        widen,
        lambda _, values: values["progress"].update(step=STEPS + 1),
        lambda _, values: values["progress"].update(step=-1),
        lambda _, values: values["progress"].update(step="7"),
        lambda _, values: values.pop("best"),
        lambda tensors, _: tensors.pop("optimizer/taken"),
        lambda tensors, _: tensors.update({"optimizer/taken": torch.tensor(7)}),  # would be broadcast
        lambda tensors, _: tensors.update({"progress/cpu": torch.zeros(3, dtype=torch.uint8)}),
    ],
    ids=[
        "missing tensor",
        "shape",
        "after the end",
        "negative",
        "no number",
        "missing part",
        "optimizer",
        "scalar",
        "random",
    ],
)
def test_a_state_that_does_not_fit_is_ignored_and_reported(
    bert: Path,
    tmp_path: Path,
    uninterrupted: dict[Variant, Trained],
    caplog: pytest.LogCaptureFixture,
    edit: Callable[[dict[str, Tensor], dict[str, Any]], None],
) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    rewritten(edit)(tmp_path)
    caplog.set_level("INFO")
    assert same(run(bert, LATE, Scores(), ResumeFolder(tmp_path, "key", every=1e9)), uninterrupted[LATE])
    assert "starting from scratch" in caplog.text
    assert "resumed" not in caplog.text


def test_a_lost_tensor_of_the_optimizer_is_noticed(bert: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run(bert, LATE, Scores(), StoppedAt(tmp_path, 7))
    path = next(tmp_path.glob("*.safetensors"))
    with safe_open(path, framework="pt") as file:
        metadata, names = file.metadata(), file.keys()
        lost = next(name for name in names if name.startswith("optimizer/"))
        tensors = {name: file.get_tensor(name) for name in names if name != lost}
    save_file(tensors, path, metadata=metadata)
    new = path.rename(tmp_path / f"{sha256(path)}.safetensors")
    (tmp_path / "state.json").write_text(json.dumps({"key": "key", "sha256": new.stem}))
    assert ResumeFolder(tmp_path, "key", every=1e9).load() is None
