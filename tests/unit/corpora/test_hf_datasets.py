"""Corpora in the layout of `datasets`: in memory, from a folder, and from the Hub without network access."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dataset_tables import EXPECTED, INTEGERS, LABELLED, NER, POS, STRINGS, read, refusal, settings, tables
from datasets import Dataset, DatasetDict
from posner.config.corpora import DiskCorpus
from posner.corpora.corpus import SPLITS
from posner.corpora.hf_datasets import read_disk
from posner.corpora.sources import load_corpus
from posner.errors import InputError


@pytest.mark.parametrize(
    ("loaded", "changes"),
    [
        (tables(), {}),
        (tables(INTEGERS, LABELLED), {}),
        (tables(INTEGERS, LABELLED), {"pos_names": POS}),
        (tables(INTEGERS), {"pos_names": POS, "ner_names": NER}),
        (tables(INTEGERS | {"ner_tags": STRINGS["ner_tags"]}), {"pos_names": POS}),
        (tables(STRINGS | {"ner_tags": [["I-PER", "I-PER", "O"], ["O"]]}), {"scheme": "iob1"}),
        (tables(STRINGS | {"ner_tags": [["B-PER", "E-PER", "O"], ["O"]]}), {"scheme": "bioes"}),
        (
            tables(INTEGERS, LABELLED).rename_columns({"tokens": "words", "pos_tags": "xpos", "ner_tags": "ner"}),
            {"tokens_field": "words", "pos_field": "xpos", "ner_field": "ner"},
        ),
        (tables(INTEGERS, LABELLED).with_format("numpy", columns=["tokens"]), {}),
    ],
)
def test_every_kind_of_tags_gives_the_same_sentences(loaded: DatasetDict, changes: dict[str, Any]) -> None:
    splits = read(loaded, **changes)
    assert splits == dict.fromkeys(SPLITS, EXPECTED)
    assert {type(text) for s in splits["test"] for column in (s.tokens, s.pos, s.ner) for text in column} == {str}


def test_splits_go_by_their_names_and_documents_are_kept() -> None:
    one = {name: column[:1] for name, column in STRINGS.items()}
    loaded = DatasetDict(
        {
            "a": Dataset.from_dict(STRINGS | {"doc": [7, None]}),
            "b": Dataset.from_dict(one | {"doc": [8]}),
            "c": Dataset.from_dict(one | {"doc": [9]}),
        }
    )
    splits = read(loaded, train="a", validation="b", test="c", document_field="doc")
    assert list(splits) == list(SPLITS)
    assert [[s.document for s in splits[split]] for split in SPLITS] == [["7", None], ["8"], ["9"]]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([float("nan"), 1.0], [None, "1.0"]),
        ([None, float("nan")], [None, None]),
        (["", " \t"], [None, None]),
        (["nan", "NaN"], [None, None]),
        ([" nan ", "NULL"], [None, None]),
        (["-", "N/A"], [None, None]),
        (["a ", "a"], ["a", "a"]),
        (["None", "<NA>"], [None, None]),
        (["nano", "none such"], ["nano", "none such"]),
        ([0, 1], ["0", "1"]),
    ],
)
def test_missing_document_ids_are_unknown_documents(documents: list[Any], expected: list[str | None]) -> None:
    loaded = tables(STRINGS | {"doc": documents})
    assert [sentence.document for sentence in read(loaded, document_field="doc")["train"]] == expected


def test_an_empty_split() -> None:
    loaded = tables()
    loaded["test"] = loaded["test"].select([])
    assert refusal(loaded) == "here, split 'test': is empty; give a split with sentences"
    loaded["test"] = Dataset.from_dict({name: [] for name in STRINGS})
    assert refusal(loaded) == "here, split 'test': is empty; give a split with sentences"


def test_a_missing_split() -> None:
    loaded = tables()
    loaded["valid"] = loaded.pop("validation")
    error = refusal(loaded)
    assert "no split 'validation' for validation, only train, test, valid; did you mean 'valid'?" in error


@pytest.mark.parametrize("field", ["tokens_field", "pos_field", "ner_field", "document_field"])
def test_a_missing_column(field: str) -> None:
    error = refusal(tables(), **{field: "ner_tag"})
    assert "here, split 'train': no column 'ner_tag'" in error
    assert field in error
    assert error.endswith("did you mean 'ner_tags'?")


@pytest.mark.parametrize("setting", ["pos_names", "ner_names"])
def test_integers_without_names(setting: str) -> None:
    names = {"pos_names": POS, "ner_names": NER}
    del names[setting]
    assert f"holds integers without names; give their names in {setting}" in refusal(tables(INTEGERS), **names)


@pytest.mark.parametrize("loaded", [tables(), tables(INTEGERS, LABELLED)])
def test_names_that_would_be_ignored_are_refused(loaded: DatasetDict) -> None:
    assert "has its own tag names; remove pos_names" in refusal(loaded, pos_names=["X", "Y", "Z"])


@pytest.mark.parametrize("tag", [-1, 3])
def test_an_integer_without_a_name(tag: int) -> None:
    loaded = tables(INTEGERS | {"pos_tags": [[0, 0, 1], [tag]]})
    error = refusal(loaded, pos_names=POS, ner_names=NER)
    assert error == f"here, split 'train', row 1: tag {tag} has no name: there are 3, numbered from 0"


def test_no_label_of_a_class_label_is_not_the_last_label() -> None:
    loaded = tables(INTEGERS | {"ner_tags": [[1, 2, 0], [-1]]}, LABELLED)
    assert "row 1: tag -1 has no name" in refusal(loaded)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"pos_tags": [["NNP", "NNP", "VBD"], ["''", "NN"]]}, "row 1: tokens (1), POS tags (2) and NER labels (1)"),
        ({"ner_tags": [["B-PER", "S-PER", "O"], ["O"]]}, "row 0: NER label 'S-PER' is outside the scheme iob2"),
        ({"tokens": [["Ann", None, "ran"], ["'"]]}, "row 0: a value is missing"),
        ({"ner_tags": [["B-PER", "I-PER", "O"], None]}, "row 1: a value is missing"),
        ({"tokens": [["a"], []], "pos_tags": [["N"], []], "ner_tags": [["O"], []]}, "row 1: a sentence has no tokens"),
        ({"tokens": ["Ann Lee ran", "'"]}, "column 'tokens' does not hold lists"),
        ({"tokens": [[1, 2, 3], [4]]}, "column 'tokens' (tokens_field) does not hold strings"),
        ({"pos_tags": [[0.5, 1.0, 1.5], [2.0]]}, "holds float64, neither strings nor integers"),
    ],
)  # fmt: skip
def test_rows_and_columns_that_are_no_sentences(columns: dict[str, Any], error: str) -> None:
    assert error in refusal(tables(STRINGS | columns))


# --- a folder --------------------------------------------------------------------------------------------------------


def test_a_folder_is_read_and_its_files_are_hashed(tmp_path: Path) -> None:
    folder = tmp_path / "my corpus; rm -rf"
    tables(INTEGERS, LABELLED).save_to_disk(folder)
    splits, provenance = load_corpus(DiskCorpus(source="disk", path=folder, licence="mine"))
    assert splits == dict.fromkeys(SPLITS, EXPECTED)
    assert (provenance.source, provenance.origin, provenance.licence) == ("disk", folder.name, "mine")
    arrow = {name for name in provenance.files if name.endswith(".arrow")}
    assert arrow == {f"{split}/data-00000-of-00001.arrow" for split in SPLITS}
    assert {f"{split}/dataset_info.json" for split in SPLITS} <= set(provenance.files)


def test_one_split_for_two_is_refused() -> None:
    with pytest.raises(InputError, match="validation and test are the same data: test"):
        load_corpus(settings(validation="test"))


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_disk(DiskCorpus(source="disk", path=tmp_path / "no"))


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not written by DatasetDict\.save_to_disk"):
        read_disk(DiskCorpus(source="disk", path=tmp_path))


def test_a_folder_of_one_split(tmp_path: Path) -> None:
    Dataset.from_dict(STRINGS).save_to_disk(tmp_path / "one")
    with pytest.raises(InputError, match="a single split"):
        read_disk(DiskCorpus(source="disk", path=tmp_path / "one"))


def test_a_damaged_folder(tmp_path: Path) -> None:
    tables().save_to_disk(tmp_path / "x")
    (tmp_path / "x" / "test" / "data-00000-of-00001.arrow").write_bytes(b"no arrow")
    with pytest.raises(InputError, match=r"not written by DatasetDict\.save_to_disk"):
        read_disk(DiskCorpus(source="disk", path=tmp_path / "x"))


def test_an_empty_split_of_a_folder(tmp_path: Path) -> None:
    loaded = tables()
    loaded["test"] = loaded["test"].select([])
    loaded.save_to_disk(tmp_path / "x")
    with pytest.raises(InputError) as caught:
        read_disk(DiskCorpus(source="disk", path=tmp_path / "x"))
    assert str(caught.value) == f"{tmp_path / 'x'}: split 'test' is empty; fill it, or save the dataset without it"


@pytest.mark.parametrize("name", ["data-00000-of-00001.arrow", "dataset_info.json"])
def test_a_git_lfs_pointer_in_a_folder(tmp_path: Path, name: str) -> None:
    tables().save_to_disk(tmp_path / "x")
    path = tmp_path / "x" / "train" / name
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InputError) as caught:
        read_disk(DiskCorpus(source="disk", path=tmp_path / "x"))
    assert str(caught.value) == f"{path}: is a Git LFS pointer; run git lfs pull"


def test_a_damaged_text_in_a_folder(tmp_path: Path) -> None:
    tables().save_to_disk(tmp_path / "x")
    path = tmp_path / "x" / "test" / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes().replace(b"AnnLee", b"An\xffLee"))
    with pytest.raises(InputError, match=r"split 'test': damaged \(ArrowInvalid: .*\); save it again$") as caught:
        read_disk(DiskCorpus(source="disk", path=tmp_path / "x"))
    assert len(str(caught.value).splitlines()) == 1
