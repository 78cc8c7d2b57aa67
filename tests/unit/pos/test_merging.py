"""Predicted POS is merged only if each token is predicted once, by a tagger that was not trained on it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posner.pos.merging import LeakageError, merge
from posner.pos.tagger_output import TaggerOutput, tagger_names
from tagger_outputs import FOLDS, LENGTHS, joined, output, valid_outputs, words, write_and_merge
from tiny_models import TAGS


def refused(outputs: dict[str, TaggerOutput], folder: Path) -> str:
    with pytest.raises(LeakageError) as caught:
        write_and_merge(outputs, folder)
    return str(caught.value)


# --- what is merged --------------------------------------------------------------------------------------------------


def test_every_token_knows_its_tagger(tmp_path: Path) -> None:
    table = write_and_merge(valid_outputs(), tmp_path).to_pylist()
    assert len(table) == sum(map(sum, LENGTHS.values()))
    for row in table:
        tagger = f"fold-{FOLDS[row['sentence']]}" if row["split"] == "train" else "final"
        assert row["tagger"] == tagger
        assert row["seen"]
        assert row["tag"] == TAGS[int(np.argmax(row["logits"]))]


def test_the_order_of_the_folders_does_not_matter(tmp_path: Path) -> None:
    forward, backward = valid_outputs(), dict(reversed(valid_outputs().items()))
    one, other = write_and_merge(forward, tmp_path / "a"), write_and_merge(backward, tmp_path / "b")
    assert one.to_pylist() == other.to_pylist()


def test_the_names_of_the_taggers() -> None:
    assert tagger_names(3) == ["fold-0", "fold-1", "fold-2", "final"]


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_tagger_that_predicted_its_training_sentences_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    outputs["fold-0"] = replace(outputs["fold-0"], trained_on=frozenset([1, 2, 3]))
    assert refused(outputs, tmp_path) == ("tagger fold-0 predicted 1 sentences that it was trained on, the first is 2")


def test_the_final_tagger_may_not_predict_train(tmp_path: Path) -> None:
    outputs = valid_outputs()
    outputs["fold-0"] = output("fold-0", [1, 3], train=[0, 2])
    outputs["final"] = output("final", range(5), train=[4], validation=[0, 1], test=[0])
    assert "tagger final predicted 1 sentences" in refused(outputs, tmp_path)


def test_a_tagger_that_predicted_the_split_of_another_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    outputs["fold-1"] = output("fold-1", [0, 2, 4], train=[1, 3], test=[0])
    outputs["final"] = output("final", range(5), validation=[0, 1])
    assert refused(outputs, tmp_path) == "tagger fold-1 predicted sentences that another tagger has to predict"
    outputs = valid_outputs()
    outputs["fold-0"] = output("fold-0", [1, 3], train=[0, 2])
    outputs["final"] = output("final", range(4), train=[4], validation=[0, 1], test=[0])
    assert refused(outputs, tmp_path) == "tagger final predicted sentences that another tagger has to predict"


def test_records_of_two_folds_that_were_swapped_are_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    write_and_merge(outputs, tmp_path)
    one, other = (tmp_path / name / "training.json" for name in ("fold-0", "fold-1"))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    with pytest.raises(LeakageError, match="trained on"):
        merge([tmp_path / name for name in outputs], LENGTHS)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_sentence_that_nobody_predicted_is_refused(tmp_path: Path, split: str) -> None:
    outputs = valid_outputs()
    missing = {
        "train": ("fold-1", output("fold-1", [0, 2, 4], train=[1])),
        "validation": ("final", output("final", range(5), validation=[0], test=[0])),
        "test": ("final", output("final", range(5), validation=[0, 1])),
    }
    name, incomplete = missing[split]
    sentence = {"train": 3, "validation": 1, "test": 0}[split]
    assert refused({**outputs, name: incomplete}, tmp_path) == (
        f"{split} sentence {sentence} token 0 is predicted by no tagger"
    )


def test_a_sentence_that_two_taggers_predicted_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    outputs["fold-1"] = output("fold-1", [0, 2], train=[1, 3, 4])
    assert refused(outputs, tmp_path) == "train sentence 4 token 0 is predicted more than once"


def test_a_sentence_that_one_tagger_predicted_twice_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    outputs["final"] = output("final", range(5), validation=[0, 1, 1], test=[0])
    assert refused(outputs, tmp_path) == "validation sentence 1 token 0 is predicted more than once"


def test_a_sentence_that_took_the_place_of_another_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    outputs["final"] = output("final", range(5), validation=[0, 0], test=[0])
    assert "validation sentence 0 token 0 is predicted more than once" in refused(outputs, tmp_path)


def test_a_sentence_that_the_corpus_does_not_have_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    final = outputs["final"]
    final.sentences["test"], final.lengths["test"] = [0, 1], [3, 2]
    final.words["test"] = joined([final.words["test"], words("test", 0, 2)])
    assert refused(outputs, tmp_path) == "test sentence 1 token 0 is predicted but not in the corpus"


def test_a_split_that_the_corpus_does_not_have_is_refused(tmp_path: Path) -> None:
    outputs = valid_outputs()
    final = outputs["final"]
    final.sentences["extra"], final.lengths["extra"], final.words["extra"] = [0], [3], words("test", 0)
    assert "extra" in refused(outputs, tmp_path)


@pytest.mark.parametrize("length", [2, 4])
def test_a_sentence_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    outputs = valid_outputs()
    outputs["final"].lengths["test"], outputs["final"].words["test"] = [length], words("test", 0, length)
    assert "test sentence 0 token" in refused(outputs, tmp_path)


@pytest.mark.parametrize("tags", [(*TAGS[:-1], "XX"), tuple(reversed(TAGS))], ids=["other", "other order"])
def test_taggers_with_different_tags_are_refused(tmp_path: Path, tags: tuple[str, ...]) -> None:
    outputs = valid_outputs()
    outputs["fold-1"] = replace(outputs["fold-1"], tags=tags)
    assert "different tag sets" in refused(outputs, tmp_path)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_exactly_the_out_of_fold_predictions_are_accepted(data: st.DataObject) -> None:
    folds = ["fold-0", "fold-1", "fold-2"]
    predictors = {i: data.draw(st.lists(st.sampled_from(folds), max_size=2), label=f"{i}") for i in range(5)}
    learned = {fold: data.draw(st.sets(st.integers(0, 4), max_size=2), label=fold) for fold in folds}
    outputs = {"final": valid_outputs()["final"]}
    for fold in folds:
        indices = [i for i, by in predictors.items() for name in by if name == fold]
        if indices:
            outputs[fold] = output(fold, sorted(learned[fold]), train=indices)
    is_valid = all(len(by) == 1 and i not in learned[by[0]] for i, by in predictors.items())
    with tempfile.TemporaryDirectory() as folder:
        if is_valid:
            assert write_and_merge(outputs, Path(folder)).num_rows == sum(map(sum, LENGTHS.values()))
        else:
            refused(outputs, Path(folder))
