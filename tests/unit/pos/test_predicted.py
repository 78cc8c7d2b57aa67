"""Predicted POS is merged only if each token is predicted once, by a tagger that was not trained on it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posner.arrays import WordLogits
from posner.corpora.corpus import Sentence
from posner.errors import InputError
from posner.pos.features import Standardisation, by_sentence, one_hot_table, tag_ids
from posner.pos.merging import LeakageError, merge
from posner.pos.predicted import read_predicted
from posner.pos.tagger_output import TaggerOutput, tagger_names, write_output
from tiny_models import TAGS, make_sentences

LENGTHS = {"train": [2, 3, 1, 2, 4], "validation": [2, 1], "test": [3]}
FOLDS = [0, 1, 0, 1, 0]
FALLBACK = 2


def words(split: str, sentence: int, length: int | None = None) -> WordLogits:
    """The output for one sentence: random, with a fixed seed."""
    n = LENGTHS[split][sentence] if length is None else length
    generator = np.random.default_rng([list(LENGTHS).index(split), sentence])
    return WordLogits(generator.normal(size=(n, len(TAGS))).astype(np.float32), np.ones(n, dtype=bool))


def output(tagger: str, trained_on: Sequence[int], **sentences: list[int]) -> TaggerOutput:
    outputs = {split: [words(split, i) for i in indices] for split, indices in sentences.items()}
    return TaggerOutput(tagger, TAGS, FALLBACK, frozenset(trained_on), sentences, outputs)


def right() -> dict[str, TaggerOutput]:
    """Outputs as in a study."""
    return {
        "fold-0": output("fold-0", [1, 3], train=[0, 2, 4]),
        "fold-1": output("fold-1", [0, 2, 4], train=[1, 3]),
        "final": output("final", range(5), validation=[0, 1], test=[0]),
    }


def merged(outputs: dict[str, TaggerOutput], folder: Path) -> pa.Table:
    for name, each in outputs.items():
        write_output(folder / name, each)
    return merge([folder / name for name in outputs], LENGTHS)


def refused(outputs: dict[str, TaggerOutput], folder: Path) -> str:
    with pytest.raises(LeakageError) as caught:
        merged(outputs, folder)
    return str(caught.value)


# --- what is right ---------------------------------------------------------------------------------------------------


def test_tags_and_logits_survive_in_the_order_of_the_corpus(tmp_path: Path) -> None:
    path = tmp_path / "predicted.parquet"
    pq.write_table(merged(right(), tmp_path), path)
    predicted = read_predicted(path, TAGS)
    assert predicted.tags == TAGS
    for split, lengths in LENGTHS.items():
        logits = np.concatenate([words(split, i).logits for i in range(len(lengths))])
        assert np.array_equal(predicted.logits[split], logits)
        assert predicted.logits[split].dtype == np.float32
        assert np.array_equal(predicted.ids[split], logits.argmax(axis=1))


def test_every_token_knows_its_tagger(tmp_path: Path) -> None:
    table = merged(right(), tmp_path).to_pylist()
    assert len(table) == sum(map(sum, LENGTHS.values()))
    for row in table:
        tagger = f"fold-{FOLDS[row['sentence']]}" if row["split"] == "train" else "final"
        assert row["tagger"] == tagger
        assert row["seen"]
        assert row["tag"] == TAGS[int(np.argmax(row["logits"]))]


def test_the_order_of_the_folders_does_not_matter(tmp_path: Path) -> None:
    forward, backward = right(), dict(reversed(right().items()))
    one, other = merged(forward, tmp_path / "a"), merged(backward, tmp_path / "b")
    assert one.to_pylist() == other.to_pylist()


def test_the_names_of_the_taggers() -> None:
    assert tagger_names(3) == ["fold-0", "fold-1", "fold-2", "final"]


def test_words_without_a_piece_get_the_most_frequent_tag(tmp_path: Path) -> None:
    outputs = right()
    half = WordLogits(np.array([[9, 0, 0, 0], [0, 0, 0, 0], [0, 9, 0, 0]], np.float32), np.array([True, False, True]))
    outputs["final"].words["test"][0] = half
    path = tmp_path / "predicted.parquet"
    table = merged(outputs, tmp_path)
    pq.write_table(table, path)
    assert read_predicted(path, TAGS).ids["test"].tolist() == [0, FALLBACK, 1]
    assert read_predicted(path, TAGS).logits["test"][1].tolist() == [0, 0, 0, 0]
    assert [row["seen"] for row in table.to_pylist()[-3:]] == [True, False, True]


# --- what is wrong ---------------------------------------------------------------------------------------------------


def test_a_tagger_that_predicted_its_training_sentences_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["fold-0"] = replace(outputs["fold-0"], trained_on=frozenset([1, 2, 3]))
    assert refused(outputs, tmp_path) == ("tagger fold-0 predicted 1 sentences that it was trained on, the first is 2")


def test_the_final_tagger_may_not_predict_train(tmp_path: Path) -> None:
    outputs = right()
    outputs["fold-0"] = output("fold-0", [1, 3], train=[0, 2])
    outputs["final"] = output("final", range(5), train=[4], validation=[0, 1], test=[0])
    assert "tagger final predicted 1 sentences" in refused(outputs, tmp_path)


def test_a_tagger_that_predicted_the_split_of_another_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["fold-1"] = output("fold-1", [0, 2, 4], train=[1, 3], test=[0])
    outputs["final"] = output("final", range(5), validation=[0, 1])
    assert refused(outputs, tmp_path) == "tagger fold-1 predicted sentences that another tagger has to predict"
    outputs = right()
    outputs["fold-0"] = output("fold-0", [1, 3], train=[0, 2])
    outputs["final"] = output("final", range(4), train=[4], validation=[0, 1], test=[0])
    assert refused(outputs, tmp_path) == "tagger final predicted sentences that another tagger has to predict"


def test_records_of_two_folds_that_were_swapped_are_refused(tmp_path: Path) -> None:
    outputs = right()
    merged(outputs, tmp_path)
    one, other = (tmp_path / name / "training.json" for name in ("fold-0", "fold-1"))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    with pytest.raises(LeakageError, match="trained on"):
        merge([tmp_path / name for name in outputs], LENGTHS)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_sentence_that_nobody_predicted_is_refused(tmp_path: Path, split: str) -> None:
    outputs = right()
    missing = {
        "train": ("fold-1", output("fold-1", [0, 2, 4], train=[1])),
        "validation": ("final", output("final", range(5), validation=[0], test=[0])),
        "test": ("final", output("final", range(5), validation=[0, 1])),
    }
    name, less = missing[split]
    sentence = {"train": 3, "validation": 1, "test": 0}[split]
    assert refused({**outputs, name: less}, tmp_path) == (
        f"{split} sentence {sentence} token 0 is predicted by no tagger"
    )


def test_a_sentence_that_two_taggers_predicted_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["fold-1"] = output("fold-1", [0, 2], train=[1, 3, 4])
    assert refused(outputs, tmp_path) == "train sentence 4 token 0 is predicted more than once"


def test_a_sentence_that_one_tagger_predicted_twice_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["final"] = output("final", range(5), validation=[0, 1, 1], test=[0])
    assert refused(outputs, tmp_path) == "validation sentence 1 token 0 is predicted more than once"


def test_a_sentence_that_took_the_place_of_another_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["final"] = output("final", range(5), validation=[0, 0], test=[0])
    assert "validation sentence 0 token 0 is predicted more than once" in refused(outputs, tmp_path)


def test_a_sentence_that_the_corpus_does_not_have_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["final"].sentences["test"] = [0, 1]
    outputs["final"].words["test"].append(words("test", 0, 2))
    assert refused(outputs, tmp_path) == "test sentence 1 token 0 is predicted but not in the corpus"


def test_a_split_that_the_corpus_does_not_have_is_refused(tmp_path: Path) -> None:
    outputs = right()
    outputs["final"].sentences["extra"] = [0]
    outputs["final"].words["extra"] = [words("test", 0)]
    assert "extra" in refused(outputs, tmp_path)


@pytest.mark.parametrize("length", [2, 4])
def test_a_sentence_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    outputs = right()
    outputs["final"].words["test"][0] = words("test", 0, length)
    assert "test sentence 0 token" in refused(outputs, tmp_path)


@pytest.mark.parametrize("tags", [(*TAGS[:-1], "XX"), tuple(reversed(TAGS))], ids=["other", "other order"])
def test_taggers_with_different_tags_are_refused(tmp_path: Path, tags: tuple[str, ...]) -> None:
    outputs = right()
    outputs["fold-1"] = replace(outputs["fold-1"], tags=tags)
    assert "different tag sets" in refused(outputs, tmp_path)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_exactly_the_out_of_fold_predictions_are_accepted(data: st.DataObject) -> None:
    folds = ["fold-0", "fold-1", "fold-2"]
    predictors = {i: data.draw(st.lists(st.sampled_from(folds), max_size=2), label=f"{i}") for i in range(5)}
    learned = {fold: data.draw(st.sets(st.integers(0, 4), max_size=2), label=fold) for fold in folds}
    outputs = {"final": right()["final"]}
    for fold in folds:
        indices = [i for i, by in predictors.items() for name in by if name == fold]
        if indices:
            outputs[fold] = output(fold, sorted(learned[fold]), train=indices)
    is_right = all(len(by) == 1 and i not in learned[by[0]] for i, by in predictors.items())
    with tempfile.TemporaryDirectory() as folder:
        if is_right:
            assert merged(outputs, Path(folder)).num_rows == sum(map(sum, LENGTHS.values()))
        else:
            refused(outputs, Path(folder))


# --- files that are damaged ------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def delete(path: Path) -> None:
    path.unlink()


def blank(path: Path) -> None:
    path.write_bytes(b"")


def no_object(path: Path) -> None:
    path.write_text("[]", encoding="utf-8")


def no_keys(path: Path) -> None:
    path.write_text("{}", encoding="utf-8")


def other_table(path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), path)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("predictions.parquet", cut),
        ("predictions.parquet", delete),
        ("predictions.parquet", blank),
        ("predictions.parquet", other_table),
        ("training.json", cut),
        ("training.json", delete),
        ("training.json", blank),
        ("training.json", no_object),
        ("training.json", no_keys),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, file: str, damage: Callable[[Path], None]) -> None:
    outputs = right()
    merged(outputs, tmp_path)
    damage(tmp_path / "fold-1" / file)
    with pytest.raises(InputError, match="no readable tagger output") as caught:
        merge([tmp_path / name for name in outputs], LENGTHS)
    assert str(tmp_path / "fold-1") in str(caught.value)


def without_tags(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)


def without_logits(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns("logits"), path)


@pytest.mark.parametrize("damage", [cut, delete, blank, no_object, other_table, without_tags, without_logits])
def test_damaged_predicted_pos_is_named(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "predicted.parquet"
    pq.write_table(merged(right(), tmp_path), path)
    damage(path)
    with pytest.raises(InputError, match="not predicted POS") as caught:
        read_predicted(path, TAGS)
    assert str(path) in str(caught.value)


def test_other_tags_than_those_of_the_corpus_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "predicted.parquet"
    pq.write_table(merged(right(), tmp_path), path)
    with pytest.raises(InputError, match="another tag set"):
        read_predicted(path, TAGS[::-1])


def test_the_training_record_lists_the_training_sentences(tmp_path: Path) -> None:
    merged(right(), tmp_path)
    record = json.loads((tmp_path / "fold-0" / "training.json").read_text(encoding="utf-8"))
    assert record == {"tagger": "fold-0", "tags": list(TAGS), "trained_on": [1, 3]}


# --- tokens, tags and rows --------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_values_are_split_by_sentence(lengths: list[int]) -> None:
    sentences = [Sentence(("a",) * n, ("NN",) * n, ("O",) * n) for n in lengths]
    values = np.arange(sum(lengths) * 2).reshape(-1, 2)
    parts = by_sentence(values, sentences)
    assert [len(part) for part in parts] == lengths
    assert np.array_equal(np.concatenate(parts), values)


def test_ids_and_rows_of_tags() -> None:
    sentences = [*make_sentences(3), Sentence(("a", "b"), ("never seen", "NN"), ("O", "O"))]
    ids = tag_ids(sentences, TAGS)
    flat = [tag for sentence in sentences for tag in sentence.pos]
    assert [TAGS[i] if i >= 0 else "never seen" for i in ids] == flat
    table = one_hot_table(len(TAGS))
    assert table.shape == (5, 4)
    assert not table[-1].any()


def test_the_standardisation_is_that_of_the_training_tokens() -> None:
    logits = np.random.default_rng(0).normal(3, [1, 2, 5, 0.1], size=(500, 4)).astype(np.float32)
    applied = Standardisation.of(logits).apply(logits)
    assert applied.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-4)
    assert applied.std(axis=0) == pytest.approx(np.full(4, 0.5), rel=1e-4)
