"""Few training steps are warned of before anything is trained, as soon as the size of train is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posner.config.short_trainings import short_trainings_warning
from posner.config.study import Config
from posner.config.validation import check
from posner.files import write_json


def study(corpora: dict[str, Any], **training: int) -> Config:
    return check(
        {
            "study": {"title": "t", "corpora": list(corpora), "encoders": ["e"], "variants": ["base"], "seeds": [1]},
            "corpora": corpora,
            "encoders": {"e": {"source": "hub", "id": "some/encoder", "revision": "0"}},
            "variants": {"base": {"fusion": "none"}},
            "ner": {"training": {"epochs": 3, "train_batch_size": 32} | training},
        }
    )


def warning(corpora: dict[str, Any], folder: Path, **training: int) -> str | None:
    return short_trainings_warning(study(corpora, **training), [(name, folder / f"{name}.json") for name in corpora])


def columns(folder: Path, sentences: int, end: str) -> dict[str, Any]:
    (folder / "train.txt").write_bytes(f"a NN O{end}b NN O{end}{end}".encode() * sentences)
    return {"source": "columns", "train": str(folder / "train.txt"), "validation": "v", "test": "t", "ner_column": 2}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_small_column_files_are_warned_of(tmp_path: Path, end: str) -> None:
    text = warning({"tweets": columns(tmp_path, 1639, end)}, tmp_path)
    assert text is not None
    assert text.startswith("config: ner.training: only 156 on 'tweets' training steps. With fewer than 300")
    assert "min_steps" in text
    assert "\n" not in text
    assert warning({"tweets": columns(tmp_path, 1639, end)}, tmp_path, min_steps=300) is None
    assert warning({"tweets": columns(tmp_path, 3200, end)}, tmp_path) is None


def test_the_card_of_a_prepared_corpus_counts(tmp_path: Path) -> None:
    hub = {"source": "hub", "id": "some/corpus", "revision": "0"}
    assert warning({"c": hub}, tmp_path) is None, "not prepared yet"
    write_json(tmp_path / "c.json", {"sentences": {"train": 3200}})
    assert warning({"c": hub}, tmp_path) is None
    write_json(tmp_path / "c.json", {"sentences": {"train": 3100}})
    assert "only 291 on 'c'" in str(warning({"c": hub}, tmp_path))


def test_many_corpora_are_one_line(tmp_path: Path) -> None:
    generated = {f"c{i}": {"source": "generated", "train": 32 * i, "seed": i} for i in range(1, 102)}
    assert warning(generated, tmp_path) == warning({name: generated[name] for name in list(generated)[:99]}, tmp_path)
    assert "only 3 on 'c1', 6 on 'c2', 9 on 'c3' and 96 more training steps" in str(warning(generated, tmp_path))
