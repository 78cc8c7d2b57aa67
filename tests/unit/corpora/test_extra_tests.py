"""Extra tests: their sources, what is refused, and scores of models that are already trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fabricated import VARIANTS, read
from fabricated_summaries import write_comparisons
from posner.commands.extra_tests.compare_extra_tests import CompareExtraTests
from posner.commands.extra_tests.prepare_extra_test import PrepareExtraTest
from posner.config.corpora import Corpus
from posner.config.statistics import Statistics
from posner.config.validation import check
from posner.corpora.corpus import SPLITS, Provenance, Sentence, read_card, read_split, write_corpus
from posner.corpora.extra_tests import write_extra_test
from posner.corpora.grammar import generate
from posner.corpora.sources import load_corpus
from posner.errors import InputError
from posner.files import write_json
from posner.stats.stages import stage_levels
from posner.summaries.oracles import BASELINE_NOT_LEARNED
from pydantic import TypeAdapter
from seqeval.metrics import f1_score
from stored_predictions import predictions_table

LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
STAGES = (3, 9)  # numbers of seeds, of which the runs below are the first
ANN = Sentence(("Ann", "sings"), ("NNP", "VBZ"), ("B-PER", "O"), "a")
ROME = Sentence(("in", "Rome"), ("IN", "NNP"), ("O", "B-LOC"), "b")
MADE_UP = Provenance("made", "up")


def corpus_of(**settings: Any) -> Any:
    return TypeAdapter(Corpus).validate_python(settings)


def test_an_extra_test_takes_the_place_of_the_test_split() -> None:
    files = {"source": "columns", "train": "a", "validation": "b", "test": "c", "ner_column": 2, "licence": "mine"}
    corpus = corpus_of(**files, extra_tests={"other": {"test": "d", "licence": "yours"}})
    assert corpus.with_test("other") == corpus_of(**files | {"test": "d", "licence": "yours"})
    assert corpus.alone() == corpus_of(**files)
    hub = corpus_of(
        source="hub", id="x", revision="1", tokens_field="t", extra_tests={"o": {"id": "y", "revision": "2"}}
    )
    assert hub.with_test("o") == corpus_of(source="hub", id="y", revision="2", tokens_field="t")


def test_a_column_file_can_have_columns_and_a_scheme_of_its_own(tmp_path: Path) -> None:
    """As CleanCoNLL has, which is CoNLL-2003's test in five columns and IOB2."""
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("Ann NNP O I-PER\nsings VBZ O O\n")
    new.write_text("Ann\tNNP\tlink\tB-*\tB-PER\nRome\tNNP\tlink\tB-*\tB-LOC\n")
    files = {"source": "columns", "train": old, "validation": old, "test": old}
    corpus = corpus_of(**files, extra_tests={"new": {"test": new, "ner_column": 4, "scheme": "iob2"}})
    assert corpus.with_test("new") == corpus_of(**files | {"test": new, "ner_column": 4, "scheme": "iob2"})
    splits, _ = load_corpus(corpus.with_test("new"), ["test"])
    assert [sentence.ner for sentence in splits["test"]] == [("B-PER", "B-LOC")]


def test_generated_tests_are_other_sentences_of_the_grammar() -> None:
    corpus = corpus_of(
        source="generated", train=30, test=20, extra_tests={"hard": {"test": 40, "ambiguity": 1, "seed": 7}}
    )
    splits, _ = load_corpus(corpus.with_test("hard"), ["test"])
    assert splits.keys() == {"test"}
    assert len(splits["test"]) == 40
    assert splits["test"] == generate(corpus_of(source="generated", test=40, ambiguity=1, seed=7))[0]["test"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"x": {"tests": 3}}, "corpora.small.extra_tests.x.tests: unknown key; did you mean 'test'?"),
        ({"a/b": {"seed": 1}}, "corpora.small.extra_tests.a/b"),
    ],
)
def test_a_wrong_extra_test_is_named(extra: dict[str, Any], message: str) -> None:
    raw = {
        "study": {"title": "", "corpora": ["small"], "encoders": ["e"], "variants": ["v"], "seeds": [1]},
        "corpora": {"small": {"source": "generated", "extra_tests": extra}},
        "encoders": {"e": {"source": "scratch"}},
        "variants": {"v": {}},
    }
    with pytest.raises(InputError) as caught:
        check(raw)
    assert message in str(caught.value)


# --- prepared --------------------------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    write_corpus(folder, {split: [ANN, ROME] for split in SPLITS}, MADE_UP)
    return folder


def written(corpus: Path, *sentences: Sentence) -> dict[str, Any]:
    train = read_split(corpus / "train.parquet")
    write_extra_test(corpus, "more", sentences, MADE_UP, read_card(corpus / "corpus.json"), train)
    assert read_split(corpus / "extra" / "more.parquet") == list(sentences)
    return read(corpus / "extra" / "more.json")


def test_the_card_counts_what_train_does_not_have(corpus: Path) -> None:
    new = Sentence(("Lee", "ran", "far"), ("NNP", "VBD", "RB"), ("B-PER", "O", "O"), "c")
    card = written(corpus, ANN, new)
    assert (card["sentences"], card["tokens"], card["documents"]) == (2, 5, 2)
    assert card["entities"] == {"PER": 2}
    assert card["unseen_pos_tags"] == {"VBD": 1, "RB": 1}
    assert card["sentences_in_train"] == 1
    assert written(corpus, new)["sha256"] != card["sha256"], "whatever depends on the card depends on the sentences"


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([], "up has no sentences"),
        ([Sentence(("x",), ("NN",), ("B-ORG",))], "the corpus has no entity type 'ORG', only LOC, PER"),
        ([ROME, ANN], "all of its sentences are in train"),
    ],
)
def test_a_test_of_another_corpus_is_refused(corpus: Path, sentences: list[Sentence], message: str) -> None:
    with pytest.raises(InputError, match=message):
        written(corpus, *sentences)
    assert not (corpus / "extra").exists()


def test_a_column_file_becomes_an_extra_test(corpus: Path, tmp_path: Path) -> None:
    """The files of the other splits need not exist."""
    names = [f"Lee{i}" for i in range(5)]
    (tmp_path / "more.txt").write_text("".join(f"{name} NNP I-PER\nran VBD O\n\n" for name in names))
    settings = corpus_of(
        source="columns", train="gone", validation="gone", test="gone", ner_column=2,
        extra_tests={"more": {"test": tmp_path / "more.txt"}},
    )  # fmt: skip
    PrepareExtraTest(corpus=settings.with_test("more"), name="more", folder=corpus).execute()
    expected = [Sentence((name, "ran"), ("NNP", "VBD"), ("B-PER", "O")) for name in names]
    assert read_split(corpus / "extra" / "more.parquet") == expected
    assert list(read(corpus / "extra" / "more.json")["provenance"]["files"]) == ["more.txt"]


# --- compared --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [None, "path not learned", BASELINE_NOT_LEARNED])
def test_differences_are_those_of_each_test(corpus: Path, tmp_path: Path, reason: str | None) -> None:
    generator = np.random.default_rng(0)
    variants = {name: VARIANTS[name] for name in ("baseline", "late-gold-one_hot")}
    gold: dict[str, list[list[str]]] = {}
    expected: dict[tuple[str, str, int], float] = {}
    card, train = read_card(corpus / "corpus.json"), read_split(corpus / "train.parquet")
    for test, size in {"one": 5, "two": 8}.items():
        gold[test] = [generator.choice(LABELS[:1] + LABELS[1::2], 4).tolist() for _ in range(size)]
        sentences = [Sentence(("w",) * 4, ("NN",) * 4, tuple(labels)) for labels in gold[test]]
        write_extra_test(corpus, test, sentences, MADE_UP, card, train)
        for name, settings in variants.items():
            for seed in settings.seeds or ():
                finds_nothing = reason == BASELINE_NOT_LEARNED and name == "baseline"
                labels = LABELS[:1] if finds_nothing else LABELS
                predicted = [generator.choice(labels, 4).tolist() for _ in range(size)]
                path = tmp_path / "runs" / test / name / f"seed-{seed}" / "predictions.parquet"
                path.parent.mkdir(parents=True)
                predictions_table(list(zip(gold[test], predicted, strict=True)), LABELS, test).to_parquet(path)
                expected[test, name, seed] = float(f1_score(gold[test], predicted))
    before = None if reason == BASELINE_NOT_LEARNED else reason  # on the test set of the corpus
    f1 = {name: dict.fromkeys(settings.seeds or (), 0.8) for name, settings in variants.items()}
    write_comparisons(tmp_path, f1, variants, tmp_path)
    stored = json.loads((tmp_path / "ner_comparisons.json").read_text())
    stored["variants"]["late-gold-one_hot"]["reason"] = before
    write_json(tmp_path / "main.json", stored)
    CompareExtraTests(
        variants=variants, statistics=Statistics(resamples=200, stages=STAGES), tests=("one", "two"), corpus=corpus,
        main=tmp_path / "main.json", predictions=tmp_path / "runs", output=tmp_path / "extra.json", tables=tmp_path,
    ).execute()  # fmt: skip
    table = pd.read_csv(tmp_path / "extra_tests.csv").set_index(["test", "variant", "seed"])
    assert table["f1"].to_dict() == pytest.approx(expected)
    compared = pd.read_csv(tmp_path / "extra_tests_comparisons.csv").set_index("test")
    summaries = json.loads((tmp_path / "extra.json").read_text())
    assert list(compared.index) == ["test", "one", "two"]
    assert compared.loc["test", "f1"] == pytest.approx(0.8, abs=0.02)
    assert compared["reason"].dropna().tolist() == [*([before] if before else []), *([reason] * 2 if reason else [])]
    for test, size in {"one": 5, "two": 8}.items():
        seeds = VARIANTS["baseline"].seeds or ()
        differences = [expected[test, "late-gold-one_hot", seed] - expected[test, "baseline", seed] for seed in seeds]
        assert table.loc[(test, "late-gold-one_hot"), "difference"].tolist() == pytest.approx(differences)
        assert compared.loc[test, "difference"] == pytest.approx(np.mean(differences))
        assert summaries[test]["units"] == {"kind": "sentences", "number": size}
        assert summaries[test]["statistics"]["level"] == stage_levels(STAGES, 0.95)[0]
        assert summaries[test]["variants"]["late-gold-one_hot"]["sentence"].startswith(
            "Gold POS (late, one-hot) changes"
        )
