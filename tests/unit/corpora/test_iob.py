"""Tagging schemes: conversion keeps the entities, and invalid tags are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from posner.corpora.iob import Scheme, TagError, to_iob2
from seqeval.metrics.sequence_labeling import get_entities

no_deadline = hypothesis_settings(deadline=None)  # other jobs may hold the cores while this one is timed

Layout = list[tuple[str | None, int]]
TYPES = ["PER", "LOC", "x-y"]

# A sentence as parts: (type, length) of an entity, or (None, length) of the tokens outside.
parts = st.lists(st.tuples(st.sampled_from([*TYPES, None]), st.integers(1, 4)), max_size=8)


def encode(layout: Layout, scheme: Scheme) -> list[str]:
    tags: list[str] = []
    previous = None
    for name, length in layout:
        if name is None:
            tags += ["O"] * length
        elif scheme == "iob1":
            tags += [f"{'B' if name == previous else 'I'}-{name}", *[f"I-{name}"] * (length - 1)]
        elif scheme == "iob2":
            tags += [f"B-{name}", *[f"I-{name}"] * (length - 1)]
        elif length == 1:
            tags += [f"S-{name}"]
        else:
            tags += [f"B-{name}", *[f"I-{name}"] * (length - 2), f"E-{name}"]
        previous = name
    return tags


@no_deadline
@given(parts, st.sampled_from(["iob1", "iob2", "bioes"]))
def test_every_scheme_gives_the_same_iob2(layout: Layout, scheme: Scheme) -> None:
    assert list(to_iob2(encode(layout, scheme), scheme)) == encode(layout, "iob2")


@no_deadline
@given(
    st.lists(st.sampled_from(["O", *(f"{p}-{name}" for p in "BI" for name in TYPES)])),
    st.sampled_from(["iob1", "iob2"]),
)
def test_seqeval_finds_the_same_entities(tags: list[str], scheme: Scheme) -> None:
    """For any sequence of B- and I-, as conlleval and seqeval read them."""
    converted = to_iob2(tags, scheme)
    assert get_entities(list(converted)) == get_entities(tags)
    assert to_iob2(converted, "iob2") == converted


@no_deadline
@given(parts)
def test_seqeval_finds_the_same_entities_in_bioes(layout: Layout) -> None:
    tags = encode(layout, "bioes")
    assert get_entities(list(to_iob2(tags, "bioes"))) == get_entities(tags)


def test_iob1_begins_an_entity_after_another_type() -> None:
    assert to_iob2(["I-A", "I-A", "I-B", "B-B", "O", "I-B"], "iob1") == ("B-A", "I-A", "B-B", "B-B", "O", "B-B")


def test_an_i_that_continues_nothing_begins_an_entity() -> None:
    assert to_iob2(["I-A", "O", "I-A", "I-B"], "iob2") == ("B-A", "O", "B-A", "B-B")


@pytest.mark.parametrize(
    ("tag", "scheme", "allowed"),
    [
        ("S-PER", "iob1", "O, B-TYPE, I-TYPE"),
        ("E-PER", "iob2", "O, B-TYPE, I-TYPE"),
        ("L-PER", "bioes", "O, B-TYPE, I-TYPE, E-TYPE, S-TYPE"),
        ("PER", "iob1", "O, B-TYPE"),
        ("B-", "iob2", "O, B-TYPE"),
        ("B- ", "iob2", "O, B-TYPE"),
        ("B", "iob2", "O, B-TYPE"),
        ("-PER", "iob2", "O, B-TYPE"),
        ("BI-PER", "iob2", "O, B-TYPE"),
        ("o", "iob1", "O, B-TYPE"),
        ("", "iob1", "O, B-TYPE"),
    ],
)
def test_a_tag_outside_the_scheme_is_refused(tag: str, scheme: Scheme, allowed: str) -> None:
    with pytest.raises(TagError) as caught:
        to_iob2(["O", tag], scheme)
    assert repr(tag) in str(caught.value)
    assert scheme in str(caught.value)
    assert allowed in str(caught.value)
    assert caught.value.position == 1


@pytest.mark.parametrize(
    ("tags", "position", "named"),
    [
        (["O", "I-A"], 1, "I-A"),
        (["E-A"], 0, "E-A"),
        (["B-A", "O"], 0, "B-A"),
        (["B-A"], 0, "B-A"),
        (["B-A", "I-A", "B-A", "E-A"], 1, "I-A"),
        (["B-A", "E-B"], 1, "E-B"),
        (["S-A", "E-A"], 1, "E-A"),
        (["B-A", "S-A"], 0, "B-A"),
        (["B-A", "E-A", "I-A"], 2, "I-A"),
    ],
)
def test_an_incomplete_bioes_entity_is_refused(tags: list[str], position: int, named: str) -> None:
    with pytest.raises(TagError, match=f"'{named}' is outside the scheme bioes") as caught:
        to_iob2(tags, "bioes")
    assert caught.value.position == position


@pytest.mark.parametrize("labels", [["O", "I-a\nb"], ["B-a\nb", "O"]])
def test_a_message_is_one_line(labels: list[str]) -> None:
    with pytest.raises(TagError) as caught:
        to_iob2(labels, "bioes")
    assert len(str(caught.value).splitlines()) == 1
