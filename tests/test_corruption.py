"""Corruption: the tagger's own errors, more of them at every rate and never other ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from workflow_scripts.posner.corruption import Donors, Draw, PosSource, draw_corruption
from workflow_scripts.posner.pos_features import one_hot_table

Ids = npt.NDArray[np.int64]
N_TAGS = 5

# Row 1 has no errors, row 2 has one kind, row 4 was never seen at all.
CONFUSION = np.array(
    [
        [90, 6, 3, 0, 1],
        [0, 50, 0, 0, 0],
        [0, 0, 70, 4, 0],
        [1, 1, 1, 1, 1],
        [0, 0, 0, 0, 0],
    ]
)
REPLACEABLE = [0, 2, 3]

tags = st.lists(st.integers(-1, N_TAGS - 1), min_size=1, max_size=30).map(np.array)
counts = st.integers(0, 9)
matrices = st.lists(st.lists(counts, min_size=N_TAGS, max_size=N_TAGS), min_size=N_TAGS, max_size=N_TAGS).map(np.array)
rates = st.floats(0, 1)
seeds = st.integers(0, 1000)


def errors(confusion: Ids) -> Ids:
    return confusion * (1 - np.eye(len(confusion), dtype=np.int64))


@given(tags, matrices, seeds, rates, rates)
def test_the_corrupted_set_only_grows_with_the_rate(clean: Ids, confusion: Ids, seed: int, a: float, b: float) -> None:
    low, high = sorted((a, b))
    draw = draw_corruption(clean, confusion, seed, 0)
    few, many = draw.tags(clean, low), draw.tags(clean, high)
    changed = few != clean
    assert (many[changed] == few[changed]).all(), "a token keeps its replacement"
    assert (changed <= (many != clean)).all()


@given(tags, matrices, seeds)
def test_no_rate_changes_nothing_and_the_full_rate_all_that_can_change(clean: Ids, confusion: Ids, seed: int) -> None:
    draw = draw_corruption(clean, confusion, seed, 1)
    assert np.array_equal(draw.tags(clean, 0), clean)
    can_change = (clean >= 0) & (errors(confusion).sum(axis=1)[clean] > 0)
    assert np.array_equal(draw.tags(clean, 1) != clean, can_change)


@given(tags, matrices, seeds, rates)
def test_a_tag_becomes_only_what_the_tagger_mistakes_it_for(clean: Ids, confusion: Ids, seed: int, rate: float) -> None:
    tagged = draw_corruption(clean, confusion, seed, 0).tags(clean, rate)
    changed = tagged != clean
    assert (errors(confusion)[clean[changed], tagged[changed]] > 0).all()
    assert (tagged[clean < 0] == clean[clean < 0]).all(), "a tag that train never had is left alone"


@given(tags, matrices, seeds)
def test_the_same_seed_and_draw_give_the_same_corruption(clean: Ids, confusion: Ids, seed: int) -> None:
    first, again = (draw_corruption(clean.copy(), confusion.copy(), seed, 3) for _ in range(2))
    for name in ("threshold", "replacement", "donor"):
        assert np.array_equal(getattr(first, name), getattr(again, name))


@given(tags, matrices, seeds)
def test_nothing_that_is_given_is_changed(clean: Ids, confusion: Ids, seed: int) -> None:
    before, counted = clean.copy(), confusion.copy()
    draw_corruption(clean, confusion, seed, 0).tags(clean, 0.5)
    assert np.array_equal(clean, before)
    assert np.array_equal(confusion, counted)


def test_the_diagonal_does_not_matter() -> None:
    clean = np.random.default_rng(0).integers(0, N_TAGS, 500)
    plain, heavy = (draw_corruption(clean, CONFUSION + extra * np.eye(N_TAGS, dtype=int), 1, 0) for extra in (0, 1000))
    assert np.array_equal(plain.replacement, heavy.replacement)
    assert np.array_equal(plain.threshold, heavy.threshold)


def test_draws_differ() -> None:
    clean = np.zeros(200, dtype=np.int64)
    made = {draw_corruption(clean, CONFUSION, seed, draw).threshold.tobytes() for seed in (1, 2) for draw in range(5)}
    assert len(made) == 10


@pytest.mark.parametrize("tag", REPLACEABLE)
def test_replacements_follow_the_off_diagonal_row(tag: int) -> None:
    clean = np.full(20_000, tag)
    replaced = draw_corruption(clean, CONFUSION, 7, 0).tags(clean, 1)
    expected = errors(CONFUSION)[tag]
    found = np.bincount(replaced, minlength=N_TAGS)
    assert (found[expected == 0] == 0).all()
    possible = expected > 0
    share = expected[possible] / expected.sum()
    assert possible.sum() == 1 or chisquare(found[possible], share * len(clean)).pvalue > 0.001


def test_replacements_do_not_depend_on_the_rate_or_on_the_place() -> None:
    clean = np.zeros(40_000, dtype=np.int64)
    draw = draw_corruption(clean, CONFUSION, 7, 0)
    expected = errors(CONFUSION)[0]
    for part in (draw.threshold < 0.1, draw.threshold > 0.9, np.arange(len(clean)) < 5000):
        found = np.bincount(draw.replacement[part], minlength=N_TAGS)
        possible = expected > 0
        assert chisquare(found[possible], expected[possible] / expected.sum() * part.sum()).pvalue > 0.001


@pytest.mark.parametrize("tag", [1, 4, -1], ids=["without errors", "without tokens", "unknown"])
def test_a_tag_without_errors_stays(tag: int) -> None:
    clean = np.full(100, tag)
    assert np.array_equal(draw_corruption(clean, CONFUSION, 7, 0).tags(clean, 1), clean)


def test_the_effective_rate_is_the_rate_of_what_can_change() -> None:
    clean = np.random.default_rng(0).integers(-1, N_TAGS, 30_000)
    can_change = np.isin(clean, REPLACEABLE)
    draw = draw_corruption(clean, CONFUSION, 7, 0)
    assert kstest(draw.threshold[can_change], "uniform").pvalue > 0.001
    for rate in (0.05, 0.5, 0.9):
        changed = draw.tags(clean, rate) != clean
        assert changed[can_change].mean() == pytest.approx(rate, abs=0.01)
        assert changed.mean() == pytest.approx(rate * can_change.mean(), abs=0.01)


def test_a_huge_count_is_drawn_without_overflow() -> None:
    confusion = np.array([[0, 2**40, 2**40], [1, 0, 0], [1, 0, 0]])
    clean = np.zeros(1000, dtype=np.int64)
    replaced = draw_corruption(clean, confusion, 0, 0).tags(clean, 1)
    assert set(replaced.tolist()) == {1, 2}


# --- donors of logits ------------------------------------------------------------------------------------------------


@st.composite
def taggings(draw: st.DrawFn) -> tuple[Ids, Ids]:
    pairs = draw(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), min_size=1, max_size=40))
    if all(gold < 0 for gold, _ in pairs):
        pairs.append((0, 0))
    gold, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    return gold, predicted


# A tag that train never had is not replaced: such a token has no wanted tag either.
pairs_of_tags = st.one_of(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.just((-1, -1)))


@given(taggings(), st.lists(st.tuples(pairs_of_tags, st.floats(0, 1, exclude_max=True)), min_size=1, max_size=20))
def test_a_donor_has_the_same_true_and_the_wanted_tag(
    train: tuple[Ids, Ids], wanted: list[tuple[tuple[int, int], float]]
) -> None:
    gold, predicted = train
    donors = Donors(gold, predicted, 4)
    true, looks_like = (np.array(column) for column in zip(*(pair for pair, _ in wanted), strict=True))
    where = np.array([place for _, place in wanted])
    chosen = donors.choose(true, looks_like, where)
    missing = 0
    for g, t, i in zip(true, looks_like, chosen, strict=True):
        same_pair = np.flatnonzero((gold == g) & (predicted == t)) if g >= 0 else np.array([])
        same_tag = np.flatnonzero(predicted == t)
        missing += len(same_pair) == 0
        assert 0 <= i < len(gold)
        if len(same_pair):
            assert i in same_pair
        elif len(same_tag):
            assert i in same_tag
    assert donors.fallbacks == missing


def test_every_donor_of_a_pool_is_as_likely() -> None:
    generator = np.random.default_rng(0)
    gold, predicted = generator.integers(0, 3, (2, 300))
    donors = Donors(gold, predicted, 3)
    n = 30_000
    chosen = donors.choose(np.full(n, 1), np.full(n, 2), generator.random(n))
    pool = np.flatnonzero((gold == 1) & (predicted == 2))
    found = np.bincount(chosen, minlength=300)
    assert found.sum() == found[pool].sum() == n
    assert chisquare(found[pool]).pvalue > 0.001
    assert donors.fallbacks == 0


@given(taggings(), seeds, rates, rates)
def test_a_token_keeps_its_donor_while_its_tag_stays(train: tuple[Ids, Ids], seed: int, a: float, b: float) -> None:
    gold, predicted = train
    clean = gold.copy()
    draw = draw_corruption(clean, np.ones((4, 4), dtype=np.int64), seed, 0)
    source = PosSource(np.zeros((len(gold), 4), np.float32), Donors(gold, predicted, 4))
    one, other = (draw.tags(clean, rate) for rate in (a, b))
    same = one == other
    assert np.array_equal(source.rows(clean, one, draw)[same], source.rows(clean, other, draw)[same])


def test_without_donors_a_row_is_a_tag() -> None:
    clean = np.array([0, 3, -1])
    draw = Draw(np.zeros(3), clean, np.zeros(3))
    source = PosSource(one_hot_table(4), None)
    rows = source.table[source.rows(clean, clean, draw)]
    assert rows.tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
