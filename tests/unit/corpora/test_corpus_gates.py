"""Extra tests, folds and the command that prepares a corpus refuse or warn of what would have no meaning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from posner.commands.corpus.prepare_corpus import PrepareCorpus
from posner.commands.corpus.summarise_corpus import SummariseCorpus
from posner.corpora.corpus import SPLITS, CorpusCard, Provenance, Sentence, read_card
from posner.corpora.extra_tests import check_extra_test, write_extra_test
from posner.corpora.folds import assign_folds
from posner.errors import InputError
from posner.files import read_table
from posner.workflow.command import run
from small_corpus import Splits, refusal, sentence, small_corpus, with_tags

# --- extra tests and folds -------------------------------------------------------------------------------------------


def test_an_extra_test_is_checked_as_a_split_is(generated: Splits) -> None:
    def refused(sentences: Sequence[Sentence]) -> str:
        with pytest.raises(InputError, match=r"^extra test x: ") as caught:
            check_extra_test("x", sentences, generated)
        return str(caught.value)

    assert "are also in train of the corpus" in refused(generated["train"][:99] + generated["test"][:1])
    assert "are also in validation of the corpus" in refused(generated["validation"])
    assert "only one POS tag, '_'" in refused(with_tags(generated, lambda one: ["_"] * len(one))["test"])
    assert "entities in only" in refused([one for one in generated["test"] if set(one.ner) != {"O"}][:1])
    check_extra_test("x", generated["test"], generated)  # other labels of the same sentences are a test, too


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
