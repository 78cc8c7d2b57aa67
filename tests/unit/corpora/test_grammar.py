"""The generated corpus has the stated properties."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest
from posner.config.corpora import GeneratedCorpus
from posner.corpora import grammar
from posner.corpora.corpus import SPLITS, Sentence, all_tokens, count_entities
from posner.corpora.iob import to_iob2
from seqeval.metrics import f1_score

HEADS = {form: kind for kind, (forms, _) in grammar.AMBIGUOUS.items() for form in forms}


def settings(**changes: Any) -> GeneratedCorpus:
    return GeneratedCorpus(source="generated", **{"train": 600, "validation": 200, "test": 400} | changes)


def read_as_names(sentence: Sentence) -> list[str]:
    """Labels from the text alone, with every ambiguous form read as a name."""
    labels = list(sentence.ner)
    for i, token in enumerate(sentence.tokens):
        if token in HEADS:
            two = i > 0 and sentence.tokens[i - 1] in grammar.BEFORE
            labels[i] = f"{'I' if two else 'B'}-{HEADS[token]}"
            if two:
                labels[i - 1] = f"B-{HEADS[token]}"
    return labels


def read_as_words(sentence: Sentence) -> list[str]:
    """Labels from the text alone, with every ambiguous form read as common words."""
    ambiguous = {*HEADS, *grammar.BEFORE}
    return ["O" if t in ambiguous else n for t, n in zip(sentence.tokens, sentence.ner, strict=True)]


def f1(sentences: list[Sentence], labels: list[list[str]]) -> float:
    return float(f1_score([list(s.ner) for s in sentences], labels))


@pytest.mark.parametrize("ambiguity", [0, 0.3, 0.5, 1])
def test_the_stated_f1_is_that_of_the_best_decision(ambiguity: float) -> None:
    splits, facts = grammar.generate(settings(ambiguity=ambiguity))
    for split in SPLITS:
        taken_for_names = f1(splits[split], [read_as_names(s) for s in splits[split]])
        assert facts["best_f1_without_pos"][split] == pytest.approx(taken_for_names)
        assert taken_for_names >= f1(splits[split], [read_as_words(s) for s in splits[split]])
        assert facts["best_f1_with_pos"][split] == 1
    assert facts["ambiguity"] == ambiguity


def test_the_text_does_not_depend_on_the_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every reading reversed, the text stays the same, and the labels and tags of candidates change."""
    splits, _ = grammar.generate(settings(ambiguity=1))
    coin = grammar._coin
    monkeypatch.setattr(grammar, "_coin", lambda rng: not coin(rng))
    others, _ = grammar.generate(settings(ambiguity=1))
    for split in SPLITS:
        for one, other in zip(splits[split], others[split], strict=True):
            assert one.tokens == other.tokens
            for i, token in enumerate(one.tokens):
                candidate = token in HEADS or token in grammar.BEFORE
                assert (one.ner[i] == "O") != (other.ner[i] == "O") if candidate else one.ner[i] == other.ner[i] == "O"
                assert (one.pos[i] != other.pos[i]) == candidate


def test_the_coin_is_fair_for_every_form() -> None:
    splits, _ = grammar.generate(settings(train=8000, ambiguity=1))
    seen = Counter((t, n != "O") for s in splits["train"] for t, n in zip(s.tokens, s.ner, strict=True) if t in HEADS)
    for form in HEADS:
        total = seen[form, True] + seen[form, False]
        assert abs(seen[form, True] / total - 0.5) < 4 * (0.25 / total) ** 0.5  # 4 standard errors


@pytest.mark.parametrize(("ambiguity", "with_pos"), [(0, False), (0, True), (0.5, True), (1, True)])
def test_the_label_is_a_function_of_the_text_or_of_text_and_pos(ambiguity: float, with_pos: bool) -> None:
    splits, _ = grammar.generate(settings(ambiguity=ambiguity))
    labels = defaultdict(set)
    for sentence in splits["train"] + splits["test"]:
        before = ("", *sentence.tokens)
        for token, pos, ner, previous in zip(sentence.tokens, sentence.pos, sentence.ner, before, strict=False):
            kind = "O" if ner == "O" else ner[2:]
            # The type of `Grey` depends on the next word; only whether it is an entity depends on its form.
            kind = "entity" if token in grammar.BEFORE and kind != "O" else kind
            labels[token.lower(), pos if with_pos else ""].add(kind)
            assert not (ner[0] == "I" and previous == "")
    assert {name: kinds for name, kinds in labels.items() if len(kinds) > 1} == {}


def test_without_pos_the_label_is_no_function_of_the_text() -> None:
    splits, _ = grammar.generate(settings(ambiguity=0.5))
    labels = defaultdict(set)
    for sentence in splits["train"]:
        for token, ner in zip(sentence.tokens, sentence.ner, strict=True):
            labels[token].add(ner != "O")
    assert all(labels[form] == {True, False} for form in HEADS)


@pytest.mark.parametrize("ambiguity", [0, 0.25, 0.5, 1])
def test_ambiguity_is_the_share_of_ambiguous_candidates(ambiguity: float) -> None:
    splits, facts = grammar.generate(settings(train=4000, ambiguity=ambiguity))
    forms = Counter(token in HEADS for token in all_tokens(splits["train"]))
    assert facts["ambiguous_candidates"]["train"] == forms[True]
    common = {w for ws, _ in grammar.COMMON.values() for w in ws}
    clear = sum(t.lower() in common for t in all_tokens(splits["train"])) + sum(
        label[0] == "B" and not {s.tokens[i], *s.tokens[i + 1 : i + 2]} & HEADS.keys()
        for s in splits["train"]
        for i, label in enumerate(s.ner)
    )
    assert abs(forms[True] / (forms[True] + clear) - ambiguity) < 0.03


def test_slots_are_never_adjacent() -> None:
    """Else the end of an entity would be ambiguous."""
    for clause in grammar.CLAUSE_TEMPLATES:
        for tail in grammar.TAILS:
            assert not any(a[0] == b[0] == "@" for a, b in pairwise(f"{clause} {tail}".split()))


def test_word_lists_do_not_overlap() -> None:
    """Nor do they in lower case, for uncased encoders."""
    lists = [
        [w.lower() for forms, _ in grammar.AMBIGUOUS.values() for w in forms],
        [w.lower() for w in grammar.BEFORE],
        [w for forms, _ in grammar.COMMON.values() for w in forms],
        [*grammar.FUNCTION_WORDS],
        [
            w.lower()
            for name, (forms, _) in grammar.CLASSES.items()
            if not name.startswith(("ed.", "plan."))
            for w in forms
        ],
        [*grammar.ED.split()],
        [*grammar.PLAN.split()],
        [
            shape.lower()
            for shapes in grammar.SHAPES.values()
            for s in set(shapes)
            for shape in s.split()
            if shape != "{}"
        ],
    ]
    twice = [word for word, count in Counter(w for forms in lists for w in forms).items() if count > 1]
    assert twice == []


def test_same_seed_same_corpus_and_other_seed_another() -> None:
    assert grammar.generate(settings()) == grammar.generate(settings())
    assert grammar.generate(settings())[0] != grammar.generate(settings(seed=1))[0]


def test_splits_do_not_depend_on_each_other() -> None:
    small, large = grammar.generate(settings(train=10))[0], grammar.generate(settings())[0]
    assert small["test"] == large["test"]
    assert small["train"] == large["train"][:10]
    assert large["train"][:100] != large["test"][:100]


def test_it_has_the_configured_sizes() -> None:
    splits, _ = grammar.generate(settings())
    assert {split: len(splits[split]) for split in SPLITS} == {"train": 600, "validation": 200, "test": 400}
    for split in SPLITS:
        assert set(count_entities(splits[split])) == {"PER", "LOC", "ORG", "MISC"}
        assert all(to_iob2(s.ner, "iob2") == s.ner for s in splits[split])
        assert any("I-PER" in s.ner for s in splits[split])
        sizes = Counter(s.document for s in splits[split])
        assert max(sizes.values()) <= 8
        assert all(str(name).startswith(split) for name in sizes)
    assert set(all_tokens(splits["test"])) - set(all_tokens(splits["train"])), "test has unseen names"


def test_some_tags_are_random() -> None:
    splits, _ = grammar.generate(settings(train=2000, ambiguity=0))
    tags: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sentence in splits["train"]:
        for token, tag in zip(sentence.tokens, sentence.pos, strict=True):
            tags[token][tag] += 1
    mixed = {frozenset(c) for c in tags.values() if len(c) > 1}
    assert mixed == {frozenset({"VBD", "VBN"}), frozenset({"IN", "RP"}), frozenset({"NN", "VB"})}
    assert 15 <= len({tag for s in splits["train"] for tag in s.pos}) <= 20


def test_tags_have_their_probabilities() -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    drawn = Counter(grammar._draw({"A": 0.7, "B": 0.2, "C": 0.1}, rng) for _ in range(20_000))
    assert {tag: drawn[tag] / 20_000 for tag in "ABC"} == pytest.approx({"A": 0.7, "B": 0.2, "C": 0.1}, abs=0.02)
    assert all(sum(tags.values()) == pytest.approx(1) for _, tags in grammar.CLASSES.values())


def test_every_word_of_a_template_is_known() -> None:
    for template in (*grammar.CLAUSE_TEMPLATES, *grammar.TAILS):
        for word in template.split():
            known = {"@": set(grammar.SHAPES), "%": set(grammar.CLASSES)}.get(word[0], set(grammar.FUNCTION_WORDS))
            assert word.lstrip("@%") in known
