"""The layout of a corpus, and its sources."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from posner.config.corpora import ColumnsCorpus, GeneratedCorpus
from posner.corpora.corpus import (
    SCHEMA,
    SPLITS,
    Provenance,
    Sentence,
    describe_corpus,
    file_hashes,
    read_card,
    read_split,
    write_corpus,
)
from posner.corpora.sources import load_corpus
from posner.errors import InputError
from posner.files import sha256

no_deadline = hypothesis_settings(deadline=None)  # other jobs may hold the cores while this one is timed

WHERE = Provenance("columns", "a small corpus")


def sentence(ner: str = "B-PER O", pos: str = "NNP VBD") -> Sentence:
    return Sentence(("Ann", "ran"), tuple(pos.split()), tuple(ner.split()))


def transpose(rows: list[tuple[str, str, str]]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    tokens, pos, ner = zip(*rows, strict=True)
    return tokens, pos, ner


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
visible = st.characters(exclude_categories=["C", "Z"])
tokens = st.builds("{}{}".format, texts, visible)
tags = st.builds("{}{}{}".format, visible, texts, visible)
rows = st.tuples(tokens, tags, st.sampled_from(["O", "B-PER", "I-PER"]))
sentences = st.builds(
    lambda rows, document: Sentence(*transpose(rows), document=document),
    st.lists(rows, min_size=1, max_size=5),
    st.none() | texts,
)


@no_deadline
@given(train=st.lists(sentences, min_size=1, max_size=5), test=st.lists(sentences, min_size=1, max_size=3))
def test_nothing_is_lost_on_disk(
    tmp_path_factory: pytest.TempPathFactory, train: list[Sentence], test: list[Sentence]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "round"
    train = [*train, sentence()]  # so that every entity type is in train
    splits = {"train": train, "validation": [sentence()], "test": test}
    card = write_corpus(folder, splits, Provenance("columns", "é", files={"a b": "c"}, facts={"best": {"test": 0.5}}))
    assert {split: read_split(folder / f"{split}.parquet") for split in SPLITS} == splits
    assert read_card(folder / "corpus.json") == card
    assert {p.name for p in folder.iterdir()} == {"train.parquet", "validation.parquet", "test.parquet", "corpus.json"}


def test_same_corpus_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_corpus(tmp_path / name, {split: [sentence()] for split in SPLITS}, WHERE)
    for file in ("train.parquet", "corpus.json"):
        assert sha256(tmp_path / "a" / file) == sha256(tmp_path / "b" / file)


@pytest.mark.parametrize("split", SPLITS)
def test_an_empty_split_is_refused(split: str) -> None:
    splits = {name: [sentence()] for name in SPLITS} | {split: []}
    with pytest.raises(InputError, match=f"the {split} split of a small corpus is empty"):
        describe_corpus(splits, WHERE)


def test_an_empty_file_is_an_empty_split(tmp_path: Path) -> None:
    for split in SPLITS:
        (tmp_path / split).write_text("" if split == "validation" else "Ann NNP - I-PER\n")
    splits, provenance = load_corpus(columns(tmp_path))
    with pytest.raises(InputError, match="the validation split of train, validation, test is empty"):
        write_corpus(tmp_path / "written", splits, provenance)
    assert not (tmp_path / "written").exists()


def test_an_entity_type_that_train_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="entity type 'LOC' is in test but not in train"):
        describe_corpus({"train": [sentence()], "validation": [sentence()], "test": [sentence("B-LOC O")]}, WHERE)


def test_a_pos_tag_that_train_does_not_have_is_counted() -> None:
    odd = sentence(pos="FW UH")
    card = describe_corpus(
        {"train": [sentence()], "validation": [sentence()], "test": [odd, odd, sentence(pos="FW VBD")]}, WHERE
    )
    assert card.pos_tags == ("NNP", "VBD")
    assert card.unseen_pos_tags == {"validation": {}, "test": {"FW": 3, "UH": 2}}


def test_the_card_counts() -> None:
    documents = [Sentence(("a",), ("N",), ("B-X",), name) for name in ("1", "1", "2", None)]
    card = describe_corpus(
        {"train": [sentence(), *documents], "validation": [sentence()], "test": [sentence("O O")]}, WHERE
    )
    assert card.sentences == {"train": 5, "validation": 1, "test": 1}
    assert card.tokens == {"train": 6, "validation": 2, "test": 2}
    assert card.documents == {"train": 2, "validation": 0, "test": 0}
    assert card.entities == {"train": {"PER": 1, "X": 4}, "validation": {"PER": 1}, "test": {}}
    assert card.ner_labels == ("O", "B-PER", "I-PER", "B-X", "I-X")


@pytest.mark.parametrize(("pos", "ner"), [(("N",), ("O", "O")), (("N", "N"), ("O",)), (("N",) * 3, ("O", "O"))])
def test_lengths_that_differ_are_refused(pos: tuple[str, ...], ner: tuple[str, ...]) -> None:
    with pytest.raises(
        InputError, match=rf"tokens \(2\), POS tags \({len(pos)}\) and NER labels \({len(ner)}\) differ"
    ):
        Sentence(("a", "b"), pos, ner)


def test_a_sentence_without_tokens_is_refused() -> None:
    with pytest.raises(InputError, match="no tokens"):
        Sentence((), (), ())


def test_a_damaged_split_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path, {split: [sentence()] for split in SPLITS}, WHERE)
    path = tmp_path / "train.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for damaged in (path, tmp_path / "no.parquet"):
        with pytest.raises(InputError, match="not a corpus split"):
            read_split(damaged)


@pytest.mark.parametrize("missing", SCHEMA.names)
def test_a_split_of_another_layout_is_refused(tmp_path: Path, missing: str) -> None:
    row = {"document": "d", "tokens": ["a"], "pos": ["N"], "ner": ["O"]}
    del row[missing]
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "x.parquet")
    with pytest.raises(InputError, match="not a corpus split"):
        read_split(tmp_path / "x.parquet")


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '"x"', '{"provenance": null}', '{"provenance": {}}'])
def test_a_damaged_card_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(InputError, match="not a corpus description"):
        read_card(tmp_path / "corpus.json")


# --- sources ---------------------------------------------------------------------------------------------------------


def columns(folder: Path) -> ColumnsCorpus:
    return ColumnsCorpus(
        source="columns", train=folder / "train", validation=folder / "validation", test=folder / "test", licence="mine"
    )


def test_column_files_are_loaded_with_their_hashes(tmp_path: Path) -> None:
    for split in SPLITS:
        (tmp_path / split).write_text(f"{split} NNP - I-PER\n")
    splits, provenance = load_corpus(columns(tmp_path))
    assert {name: [s.tokens for s in part] for name, part in splits.items()} == {s: [(s,)] for s in SPLITS}
    assert provenance == Provenance(
        "columns",
        "train, validation, test",
        licence="mine",
        files={split: sha256(tmp_path / split) for split in SPLITS},
    )


def test_files_of_one_name_are_all_hashed(tmp_path: Path) -> None:
    paths = [tmp_path / "here" / split / "data.txt" for split in SPLITS]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_text(str(path))
    assert file_hashes(paths) == {f"{split}/data.txt": sha256(path) for split, path in zip(SPLITS, paths, strict=True)}


def test_a_split_that_is_also_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("Ann NNP - I-PER\n")
    (tmp_path / "validation").write_text("Ann NNP - I-PER\n")
    (tmp_path / "test").symlink_to(tmp_path / "train")
    with pytest.raises(InputError, match="train and test are the same data"):
        load_corpus(columns(tmp_path))


def test_the_generated_corpus_states_its_facts(tmp_path: Path) -> None:
    splits, provenance = load_corpus(GeneratedCorpus(source="generated", train=200, validation=50, test=50))
    write_corpus(tmp_path, splits, provenance)
    stored = json.loads((tmp_path / "corpus.json").read_text())["provenance"]
    assert stored["source"] == "generated"
    assert 0.6 < stored["facts"]["best_f1_without_pos"]["test"] < stored["facts"]["best_f1_with_pos"]["test"] == 1
    assert read_card(tmp_path / "corpus.json").provenance == provenance


@pytest.mark.skipif("POSNER_CONLL2003" not in os.environ, reason="POSNER_CONLL2003 names no folder of the real corpus")
def test_the_real_corpus_is_read_whole(tmp_path: Path) -> None:
    folder = Path(os.environ["POSNER_CONLL2003"])
    settings = ColumnsCorpus(
        source="columns", train=folder / "eng.train", validation=folder / "eng.testa", test=folder / "eng.testb"
    )
    card = write_corpus(tmp_path, *load_corpus(settings))
    # Tables 1 and 2 of Tjong Kim Sang & De Meulder (2003); they count -DOCSTART- lines as sentences.
    documents = {"train": 946, "validation": 216, "test": 231}
    assert card.documents == documents
    published = {"train": (14987, 203621), "validation": (3466, 51362), "test": (3684, 46435)}
    assert card.sentences == {split: n - documents[split] for split, (n, _) in published.items()}
    assert card.tokens == {split: n for split, (_, n) in published.items()}
    assert card.entities["train"] == {"LOC": 7140, "MISC": 3438, "ORG": 6321, "PER": 6600}
    assert card.entities["test"] == {"LOC": 1668, "MISC": 702, "ORG": 1661, "PER": 1617}
