"""Corpora on which a study would have no meaning are refused before training; the message says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from posner.commands.corpus.prepare_corpus import PrepareCorpus
from posner.commands.corpus.summarise_corpus import SummariseCorpus
from posner.corpora.checks import FEW_SENTENCES, check_corpus
from posner.corpora.corpus import SPLITS, CorpusCard, Provenance, Sentence, read_card
from posner.corpora.extra_tests import write_extra_test
from posner.corpora.folds import assign_folds
from posner.errors import InputError
from posner.files import read_table
from posner.workflow.command import run

WHERE = Provenance("columns", "a small corpus")
Splits = dict[str, list[Sentence]]


def sentence(*rows: str) -> Sentence:
    """A sentence of rows such as ``Ann/NNP/B-PER``."""
    tokens, pos, ner = zip(*(row.split("/") for row in rows), strict=True)
    return Sentence(tokens, pos, ner)


def small_corpus() -> Splits:
    """A corpus that nothing is wrong with."""
    return {
        split: [
            *(sentence(f"{split}{i}/NNP/B-PER", "ran/VBD/O", "././O") for i in range(12)),
            sentence("to/TO/O", "Rome/NNP/B-LOC"),
        ]
        for split in SPLITS
    }


def changed(splits: Splits, change: Callable[[Sentence], Sentence], names: Sequence[str] = SPLITS) -> Splits:
    """The splits with all sentences of some of them changed."""
    return splits | {name: [change(one) for one in splits[name]] for name in names}


def refusal(splits: Splits) -> str:
    """The one line that a corpus is refused with."""
    with pytest.raises(InputError) as caught:
        check_corpus(splits, WHERE)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("a small corpus: ")
    return message


def test_a_usual_corpus_is_accepted() -> None:
    check_corpus(small_corpus(), WHERE)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_split_without_entities_is_refused(split: str) -> None:
    def without(one: Sentence) -> Sentence:
        return Sentence(one.tokens, one.pos, ("O",) * len(one))

    assert f"the {split} split has no entity" in refusal(changed(small_corpus(), without, [split]))
    assert "the train split has no entity" in refusal(changed(small_corpus(), without))


@pytest.mark.parametrize("other", [0, 1])
def test_a_single_pos_tag_is_refused(other: int) -> None:
    splits = changed(small_corpus(), lambda one: Sentence(one.tokens, ("-X-",) * len(one), one.ner))
    splits["train"] += [sentence("Ann/NNP/B-PER", "ran/-X-/O")] * other
    message = refusal(splits)
    assert ("only one POS tag, '-X-'" if not other else "one POS tag on 97.5% of its tokens, '-X-'") in message
    assert "pos_column, pos_field" in message


@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_a_token_column_as_pos_is_refused(case: Callable[[str], str]) -> None:
    splits = changed(small_corpus(), lambda one: Sentence(one.tokens, tuple(map(case, one.tokens)), one.ner))
    assert "100% of the POS tags of train are the words themselves" in refusal(splits)


def test_punctuation_may_be_its_own_tag() -> None:
    splits = small_corpus()
    splits["train"] = [sentence("Ann/NNP/B-PER", "././O", ",/,/O", ":/:/O", "--/--/O", "to/TO/O", "Rome/NNP/B-LOC")] * 3
    check_corpus(splits, WHERE)


@pytest.mark.parametrize(
    "tag", [lambda label: label, lambda label: label.removeprefix("B-"), lambda label: f"I{label[1:]}"]
)
def test_ner_labels_as_pos_are_refused(tag: Callable[[str], str]) -> None:
    def labelled(one: Sentence) -> Sentence:
        return Sentence(one.tokens, tuple("O" if label == "O" else tag(label) for label in one.ner), one.ner)

    assert "the POS tags of train are its NER labels" in refusal(changed(small_corpus(), labelled))


@pytest.mark.parametrize(("one", "other"), [("train", "validation"), ("train", "test"), ("validation", "test")])
def test_copies_are_refused_by_their_content(one: str, other: str) -> None:
    splits = small_corpus()
    copy = [Sentence(s.tokens, s.pos, s.ner, document="other") for s in reversed(splits[one])]
    assert f"{one} and {other} have the same sentences" in refusal(splits | {other: copy})


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_part_of_another_split_is_refused(split: str) -> None:
    splits = small_corpus()
    part = splits["train"][-FEW_SENTENCES:]
    assert f"all sentences of {split} are also in train; remove them from train" in refusal(splits | {split: part})
    check_corpus(splits | {split: part[1:]}, WHERE)  # so few may be so by chance


def test_splits_of_one_sentence_may_be_equal() -> None:
    splits = small_corpus()
    check_corpus(splits | dict.fromkeys(("validation", "test"), splits["train"][:1]), WHERE)


def test_an_entity_type_outside_train_names_the_ways_out() -> None:
    splits = small_corpus()
    splits["test"].append(sentence("IBM/NNP/B-ORG"))
    message = refusal(splits)
    assert "entity type 'ORG' is in test but not in train" in message
    assert "replace its labels with O or with those of a type of train (LOC, PER)" in message


def test_too_few_documents_name_the_ways_out() -> None:
    with pytest.raises(InputError) as caught:
        assign_folds(["1"] * 30, 5, 42)
    message = str(caught.value)
    assert "pos.folds: 5 folds are more than the 1 documents of train" in message
    assert "remove the -DOCSTART- lines of train, or leave out document_field" in message
    assert len(set(assign_folds([None] * 30, 5, 42))) == 5, "without them each sentence is a document"


def test_an_extra_test_without_entities_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    card = prepared(tmp_path, small_corpus())
    with pytest.raises(InputError, match="extra test other: x has no entity"):
        write_extra_test(folder, "other", [sentence("the/DT/O")], Provenance("columns", "x"), card, [])


# --- the command -----------------------------------------------------------------------------------------------------


def write_columns(folder: Path, splits: Splits) -> list[str]:
    """Column files of a corpus; returns the options that name them."""
    for split in SPLITS:
        blocks = (
            "\n".join(f"{t} {p} _ {n}" for t, p, n in zip(s.tokens, s.pos, s.ner, strict=True)) for s in splits[split]
        )
        (folder / split).write_text("\n\n".join(blocks) + "\n")
    files = [f"--corpus.{split}={folder / split}" for split in SPLITS]
    return ["--corpus.source=columns", "--corpus.scheme=iob2", *files]


def prepared(folder: Path, splits: Splits) -> CorpusCard:
    """The card of a corpus that the command prepares."""
    run(PrepareCorpus, [*write_columns(folder, splits), f"--output={folder / 'corpus'}"])
    return read_card(folder / "corpus" / "corpus.json")


def test_the_command_writes_nothing_if_it_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits = small_corpus() | {"test": [sentence("the/DT/O", "house/NN/O")]}
    with pytest.raises(SystemExit, match="2"):
        prepared(tmp_path, splits)
    assert "the test split has no entity" in capsys.readouterr().err
    assert not list((tmp_path / "corpus").glob("*.json")) + list((tmp_path / "corpus").glob("*.parquet"))


def test_repeated_sentences_and_unseen_tags_are_counted_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    splits = small_corpus()  # of which one sentence is in all splits
    splits["test"] += [splits["validation"][0], splits["validation"][0], sentence("oh/UH/O")]
    with caplog.at_level("WARNING"):
        card = prepared(tmp_path, splits)
    assert card.repeated_sentences == {"validation": 1, "test": 3}
    assert card.unseen_pos_tags == {"validation": {}, "test": {"UH": 1}}
    assert "test: 3 sentences (18.8 %) are also in an earlier split" in caplog.messages
    assert "test: 1 tokens have POS tags that train does not have: UH" in caplog.messages
    run(SummariseCorpus, [f"--card={tmp_path / 'corpus' / 'corpus.json'}", f"--output={tmp_path / 'corpus.csv'}"])
    table = read_table(tmp_path / "corpus.csv", ["repeated_sentences", "tokens_with_unseen_pos"])
    assert table["repeated_sentences"].tolist() == [0, 1, 3]
    assert table["tokens_with_unseen_pos"].tolist() == [0, 0, 1]


def test_a_card_of_before_has_no_repeated_sentences(tmp_path: Path) -> None:
    prepared(tmp_path, small_corpus())
    path = tmp_path / "corpus" / "corpus.json"
    raw = json.loads(path.read_text())
    del raw["repeated_sentences"]
    path.write_text(json.dumps(raw))
    assert read_card(path).repeated_sentences == {}
