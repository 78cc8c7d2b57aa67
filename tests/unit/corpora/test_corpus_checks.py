"""Corpora on which a study would have no meaning are refused before training; the message says what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from posner.config.corpora import GeneratedCorpus
from posner.corpora.checks import LEAST_WITH_ENTITY, check_corpus
from posner.corpora.corpus import SPLITS, Sentence
from posner.corpora.grammar import generate
from posner.corpora.overlap import FEW_SENTENCES
from small_corpus import WHERE, Splits, changed, refusal, sentence, small_corpus, with_tags


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
    splits["train"] = [
        sentence(f"Ann{i}/NNP/B-PER", "././O", ",/,/O", ":/:/O", "--/--/O", "to/TO/O", "Rome/NNP/B-LOC")
        for i in range(5)
    ]
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
    assert f"100% of the sentences of {split} are also in train" in refusal(splits | {split: part})
    check_corpus(splits | {split: part[1:]}, WHERE)  # so few may be so by chance


# --- a generated corpus with one fault ------------------------------------------------------------------------------


@pytest.mark.parametrize("ambiguity", [0, 0.5, 1])
@pytest.mark.parametrize("size", [{"train": 120, "validation": 20, "test": 30}, {"train": 1500}])
def test_generated_corpora_are_accepted_at_every_ambiguity(ambiguity: float, size: dict[str, int]) -> None:
    check_corpus(generate(GeneratedCorpus(source="generated", ambiguity=ambiguity, **size))[0], WHERE)


@pytest.mark.parametrize(
    "tag",
    [
        lambda label: {"O": "0", "B": "1", "I": "2"}[label[0]] + label[-1],
        lambda label: label.replace("-", "_").lower(),
        lambda label: "X" if label == "O" else "N",
    ],
)
def test_ner_labels_by_other_names_as_pos_are_refused(generated: Splits, tag: Callable[[str], str]) -> None:
    splits = with_tags(generated, lambda one: list(map(tag, one.ner)))
    assert "the POS tags of train determine which words are in an entity: they leave 0.0% open" in refusal(splits)


def test_tags_that_nearly_determine_the_entities_are_warned_of(
    generated: Splits, caplog: pytest.LogCaptureFixture
) -> None:
    def nearly(one: Sentence) -> list[str]:  # names of days are no entities, and but for these few not tagged as names
        days = ("Tuesday", "Thursday", "Friday")
        return ["NN" if token in days else tag for token, tag in zip(one.tokens, one.pos, strict=True)]

    with caplog.at_level("WARNING"):
        check_corpus(with_tags(generated, nearly, ["train"]), WHERE)
    assert "open of whether a word is in an entity" in caplog.text


def test_a_tag_for_every_word_is_refused(generated: Splits) -> None:
    splits = with_tags(generated, lambda one: [f"tag of {token.lower()}" for token in one.tokens])
    assert "POS tags of train leave only 0% of the words open (at least 25%)" in refusal(splits)
    splits = with_tags(generated, lambda one: [f"{i}.{' '.join(one.tokens)}" for i in range(len(one))])
    assert "so they are (nearly) one for each word" in refusal(splits)


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (lambda one: ["_"] * len(one), "has only one POS tag, '_'"),
        (lambda one: ["NN"] * len(one), "has only one POS tag, 'NN'"),
        (lambda one: one.tokens, "are the words themselves"),
        (lambda one: one.ner, "are its NER labels"),
        (lambda one: [tag.lower() for tag in one.pos], "have POS tags that train does not have, e.g. 'nn'"),
        (lambda one: [*one.pos[1:], one.pos[0]], "are tagged as in train (at least 50%)"),
    ],
)
def test_other_tags_in_one_split_are_refused(
    generated: Splits, split: str, tags: Callable[[Sentence], Sequence[str]], message: str
) -> None:
    found = refusal(with_tags(generated, tags, [split]))
    assert message in found
    assert split in found


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_needs_words_outside_entities(generated: Splits, split: str) -> None:
    def inside(one: Sentence) -> Sentence:
        return Sentence(one.tokens, one.pos, tuple("B-PER" if label == "O" else label for label in one.ner))

    splits = changed(generated, inside, [split])
    assert f"100% of the tokens of {split} are inside entities (at most 90%)" in refusal(splits)


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_needs_a_handful_of_different_sentences_with_entities(split: str) -> None:
    splits = small_corpus()
    few = splits[split][1 - LEAST_WITH_ENTITY :] * 5
    assert f"the {split} split has entities in only 4 different sentences" in refusal(splits | {split: few})
    check_corpus(splits | {split: [*few, splits[split][0]]}, WHERE)


def test_tokens_of_control_characters_are_refused(generated: Splits) -> None:
    splits = changed(generated, lambda one: Sentence(tuple("\x01" * len(one)), one.pos, one.ner), ["test"])
    assert "100% of the tokens of test have no visible character" in refusal(splits)


@pytest.mark.parametrize(
    "disguise",
    [
        lambda one: one.tokens,
        lambda one: tuple(map(str.upper, one.tokens)),
        lambda one: (*one.tokens[:-1], "!", "!"),
    ],
)
def test_a_split_that_is_largely_in_another_one_is_refused(
    generated: Splits, disguise: Callable[[Sentence], tuple[str, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    def copy(one: Sentence) -> Sentence:
        tokens = disguise(one)
        more = len(tokens) - len(one)
        return Sentence(tokens, one.pos + (".",) * more, one.ner + ("O",) * more)

    copies = list(map(copy, generated["train"]))
    half = copies[:60] + generated["test"][:60]
    message = refusal(generated | {"test": half})
    assert "50% of the sentences of test are also in train, but for case and final punctuation" in message
    with caplog.at_level("WARNING"):
        check_corpus(generated | {"test": copies[:59] + generated["test"][:61]}, WHERE)
    assert "test: 49 % of its sentences are also in train" in caplog.text
