"""Datasets of the Hub: what is loaded, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pytest
from dataset_tables import EXPECTED, INTEGERS, LABELLED, read, tables
from datasets import DatasetDict
from posner.config.corpora import DiskCorpus, HubCorpus
from posner.corpora.corpus import SPLITS
from posner.corpora.hf_datasets import read_hub
from posner.corpora.sources import load_corpus
from posner.errors import InputError
from posner.files import content_hash

# --- the hub ---------------------------------------------------------------------------------------------------------

HUB = HubCorpus(source="hub", id="some/corpus", revision="abc123")


def test_the_hub_is_asked_for_the_revision_and_runs_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def load_dataset(*arguments: Any, **options: Any) -> DatasetDict:
        asked.append((arguments, options))
        return tables(INTEGERS, LABELLED)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    splits, provenance = load_corpus(HUB)
    load_corpus(HUB.model_copy(update={"name": "en"}))
    assert asked == [(("some/corpus", name), {"revision": "abc123"}) for name in (None, "en")]
    assert splits == dict.fromkeys(SPLITS, EXPECTED)
    assert (provenance.source, provenance.origin, provenance.revision) == ("hub", "some/corpus", "abc123")


@pytest.mark.parametrize(
    "error",
    [ConnectionError("no route"), FileNotFoundError("no such dataset"), RuntimeError("Dataset scripts are no longer")],
)
def test_a_hub_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(datasets, "load_dataset", fail)
    with pytest.raises(InputError) as caught:
        read_hub(HUB)
    for part in (
        "'some/corpus'",
        "'abc123'",
        str(error),
        "source: disk",
        "source: columns",
        "save_to_disk",
        "HF_HUB_OFFLINE",
    ):
        assert part in str(caught.value)


def test_a_local_path_is_not_read_as_a_dataset_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some/corpus").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: tables())
    with pytest.raises(InputError, match="some/corpus exists and would be read instead: use `source: disk`"):
        read_hub(HUB)


def test_a_file_format_is_not_read_as_a_dataset_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` would read all files of that format in the working directory."""
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: tables())
    with pytest.raises(InputError, match="'json' is a file format, not a dataset of the Hub"):
        read_hub(HUB.model_copy(update={"id": "json"}))


def test_the_hub_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the offline mode of the library instead of a mock."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="did not return the dataset 'some/corpus'"):
        read_hub(HUB)


def test_caches_beside_a_saved_dataset_change_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    tables().save_to_disk(folder)
    chosen = DiskCorpus(source="disk", path=folder)
    before = load_corpus(chosen)[1].files, content_hash(chosen.contents)
    datasets.load_from_disk(str(folder))["train"].map(lambda row: row | {"more": 1})
    assert list(folder.glob("train/cache-*.arrow"))
    assert (load_corpus(chosen)[1].files, content_hash(chosen.contents)) == before
    assert {Path(name).name for name in before[0]} == {"data-00000-of-00001.arrow", "dataset_info.json", "state.json"}
    data = next((folder / "test").glob("data-*.arrow"))
    data.write_bytes(data.read_bytes() + b" ")
    assert content_hash(chosen.contents) != before[1]


@pytest.mark.parametrize(
    ("column", "values", "error"),
    [
        ("tokens", ["Ann", ""], "the token '' is empty or white space"),
        ("tokens", ["Ann", " \n"], "is empty or white space"),
        ("pos_tags", ["NNP", ""], "the POS tag '' is empty"),
        ("pos_tags", ["NNP", "VBD "], "the POS tag 'VBD ' is empty, or has invisible ends"),
        ("ner_tags", ["B-PER", "B-PER\u00a0"], "the NER label .* invisible ends; remove these"),
    ],
)
def test_values_that_cannot_be_seen_are_refused(column: str, values: list[str], error: str) -> None:
    row = {"tokens": ["Ann", "ran"], "pos_tags": ["NNP", "VBD"], "ner_tags": ["B-PER", "O"]} | {column: values}
    with pytest.raises(InputError, match=rf"row 0: .*{error}"):
        read(tables({name: [value] for name, value in row.items()}))
