"""Corruption: every mode replaces tags as documented, and a draw is the same for every mode, level and model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posner.config.corruption import Corruption
from posner.pos.corruption import CONTROL_DRAWS, MODES, Draw, TaggedText, Tagging, error_rates, taggings, with_back_off
from posner.pos.donors import DonatedLogits, Donors, OneHot
from posner.pos.features import one_hot_table
from scipy.stats import chisquare, kstest

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


def corrupted(clean: Ids, confusion: Ids, seed: int, draw: int = 0, lengths: Ids | None = None, **levels: float) -> Ids:
    """Tags of one mode at one level: ``tagger=0.5`` and so on."""
    ((mode, level),) = levels.items()
    settings = Corruption(rates=(level if level <= 1 else 1,), scales=(level,), draws=draw + 1, seed=seed)
    text = TaggedText(clean, clean, np.array([len(clean)]) if lengths is None else lengths, confusion)
    [counts] = [each for each in taggings(text, settings) if (each.mode, each.number) == (mode, draw)]
    assert counts.level == level
    return counts.tags


@given(tags, matrices, seeds, st.sampled_from(["tagger", "pooled", "scaled"]), rates, rates)
def test_the_corrupted_set_only_grows(clean: Ids, confusion: Ids, seed: int, mode: str, a: float, b: float) -> None:
    low, high = sorted((a, b))
    few, many = (corrupted(clean, confusion, seed, **{mode: level}) for level in (low, high))
    changed = few != clean
    assert (many[changed] == few[changed]).all(), "a token keeps its replacement"
    assert (changed <= (many != clean)).all()


@given(tags, matrices, seeds)
def test_no_rate_changes_nothing_and_the_full_rate_all_that_can_change(clean: Ids, confusion: Ids, seed: int) -> None:
    for mode in ("tagger", "pooled", "scaled"):
        assert np.array_equal(corrupted(clean, confusion, seed, **{mode: 0}), clean)
    can_change = (clean >= 0) & (errors(confusion).sum(axis=1)[clean] > 0)
    assert np.array_equal(corrupted(clean, confusion, seed, tagger=1) != clean, can_change)


@given(tags, matrices, seeds, rates)
def test_replacements_are_errors_of_the_tagger(clean: Ids, confusion: Ids, seed: int, rate: float) -> None:
    for mode in ("tagger", "scaled"):
        tagged = corrupted(clean, confusion, seed, **{mode: rate})
        changed = tagged != clean
        assert (errors(confusion)[clean[changed], tagged[changed]] > 0).all()
        assert (tagged[clean < 0] == clean[clean < 0]).all(), "a tag that train never had is left alone"


@given(tags, matrices, seeds)
def test_arguments_are_not_modified(clean: Ids, confusion: Ids, seed: int) -> None:
    before, counted = clean.copy(), confusion.copy()
    taggings(TaggedText(clean, clean, np.array([len(clean)]), confusion), Corruption(draws=1, seed=seed))
    assert np.array_equal(clean, before)
    assert np.array_equal(confusion, counted)


def test_the_same_seed_and_number_give_the_same_draw_and_others_differ() -> None:
    for name in ("threshold", "choice", "donor"):
        drawn = {getattr(Draw.of(200, seed, number), name).tobytes() for seed in (1, 2, 1) for number in range(5)}
        assert len(drawn) == 10


def test_the_diagonal_does_not_matter_for_the_rate() -> None:
    clean = np.random.default_rng(0).integers(0, N_TAGS, 500)
    plain, heavy = (
        corrupted(clean, CONFUSION + extra * np.eye(N_TAGS, dtype=int), 1, tagger=0.7) for extra in (0, 1000)
    )
    assert np.array_equal(plain, heavy)


@pytest.mark.parametrize("tag", REPLACEABLE)
def test_replacements_follow_the_off_diagonal_row(tag: int) -> None:
    clean = np.full(20_000, tag)
    counts = np.bincount(corrupted(clean, CONFUSION, 7, tagger=1), minlength=N_TAGS)
    expected = errors(CONFUSION)[tag]
    assert (counts[expected == 0] == 0).all()
    possible = expected > 0
    share = expected[possible] / expected.sum()
    assert possible.sum() == 1 or chisquare(counts[possible], share * len(clean)).pvalue > 0.001


def test_replacements_do_not_depend_on_the_rate_or_on_the_place() -> None:
    clean = np.zeros(40_000, dtype=np.int64)
    draw, replaced = Draw.of(len(clean), 7, 0), corrupted(clean, CONFUSION, 7, tagger=1)
    expected = errors(CONFUSION)[0]
    for part in (draw.threshold < 0.1, draw.threshold > 0.9, np.arange(len(clean)) < 5000):
        counts = np.bincount(replaced[part], minlength=N_TAGS)
        possible = expected > 0
        assert chisquare(counts[possible], expected[possible] / expected.sum() * part.sum()).pvalue > 0.001


@pytest.mark.parametrize("tag", [1, 4, -1], ids=["without errors", "without tokens", "unknown"])
def test_a_tag_without_errors_stays(tag: int) -> None:
    clean = np.full(100, tag)
    assert np.array_equal(corrupted(clean, CONFUSION, 7, tagger=1), clean)
    assert np.array_equal(corrupted(clean, CONFUSION, 7, scaled=100), clean)


def test_the_effective_rate_is_the_rate_of_what_can_change() -> None:
    clean = np.random.default_rng(0).integers(-1, N_TAGS, 30_000)
    can_change = np.isin(clean, REPLACEABLE)
    assert kstest(Draw.of(len(clean), 7, 0).threshold[can_change], "uniform").pvalue > 0.001
    for rate in (0.05, 0.5, 0.9):
        changed = corrupted(clean, CONFUSION, 7, tagger=rate) != clean
        assert changed[can_change].mean() == pytest.approx(rate, abs=0.01)
        assert changed.mean() == pytest.approx(rate * can_change.mean(), abs=0.01)


def test_a_huge_count_is_drawn_without_overflow() -> None:
    confusion = np.array([[0, 2**40, 2**40], [1, 0, 0], [1, 0, 0]])
    replaced = corrupted(np.zeros(1000, dtype=np.int64), confusion, 0, tagger=1)
    assert set(replaced.tolist()) == {1, 2}


# --- the other modes -------------------------------------------------------------------------------------------------


def test_pooled_differs_for_tags_without_errors_only() -> None:
    clean = np.random.default_rng(0).integers(-1, N_TAGS, 60_000)
    own, pooled = (corrupted(clean, CONFUSION, 7, **{mode: 0.5}) for mode in ("tagger", "pooled"))
    has_errors = np.isin(clean, [*REPLACEABLE, -1])
    assert np.array_equal(own[has_errors], pooled[has_errors])
    for tag in (1, 4):  # tags without errors: the errors on all tags, except those predicted as themselves
        drawn = pooled[clean == tag]
        assert (drawn != tag).mean() == pytest.approx(0.5, abs=0.02)
        expected = np.array([sum(row[j] for i, row in enumerate(CONFUSION) if i != j) for j in range(N_TAGS)])
        expected[tag] = 0
        counts = np.bincount(drawn[drawn != tag], minlength=N_TAGS)
        possible = expected > 0
        assert chisquare(counts[possible], expected[possible] / expected.sum() * counts.sum()).pvalue > 0.001


def test_without_any_errors_pooled_changes_nothing() -> None:
    assert not with_back_off(errors(np.diag([3, 4]))).any()
    assert with_back_off(errors(np.array([[5, 2], [0, 9]]))).tolist() == [[0, 2], [0, 0]], "no tag is its own error"


def test_scaled_by_one_has_the_taggers_confusions() -> None:
    """In expectation train has the tagger's confusion matrix; errors grow with the scale up to a probability of 1."""
    tag_counts = CONFUSION.sum(axis=1)
    clean = np.repeat(np.arange(N_TAGS), tag_counts * 200)
    for scale in (0.5, 1, 2):
        tagged = corrupted(clean, CONFUSION, 3, scaled=scale)
        counts = np.zeros((N_TAGS, N_TAGS))
        np.add.at(counts, (clean, tagged), 1 / 200)
        off = errors(CONFUSION).astype(float)
        expected = off * np.minimum(scale, tag_counts / np.maximum(off.sum(axis=1), 1))[:, None]
        expected += np.diag(tag_counts - expected.sum(axis=1))
        deviation = np.sqrt(np.maximum(expected, 1) / 200)
        assert (np.abs(counts - expected) < 4 * deviation).all()
        assert (counts[expected == 0] == 0).all()


def test_a_probability_is_at_most_one() -> None:
    clean = np.random.default_rng(0).integers(0, N_TAGS, 500)
    assert np.array_equal(corrupted(clean, CONFUSION, 7, scaled=1000), corrupted(clean, CONFUSION, 7, tagger=1))
    assert error_rates(CONFUSION).tolist() == [0.1, 0, 4 / 74, 4 / 5, 0]


@given(tags, seeds, st.integers(1, 5))
def test_shuffling_keeps_each_sentence_and_permuting_the_text(clean: Ids, seed: int, longest: int) -> None:
    lengths = np.diff([*range(0, len(clean), longest), len(clean)])
    shuffled, permuted = (corrupted(clean, CONFUSION, seed, lengths=lengths, **{m: 1}) for m in ("shuffle", "permute"))
    ends = np.cumsum(lengths)[:-1]
    for before, after in zip(np.split(clean, ends), np.split(shuffled, ends), strict=True):
        assert sorted(before) == sorted(after)
    assert sorted(clean) == sorted(permuted)


def test_orders_are_equally_likely() -> None:
    clean, lengths = np.tile([0, 1, 2], 6000), np.full(6000, 3)
    shuffled = corrupted(clean, CONFUSION, 1, lengths=lengths, shuffle=1).reshape(-1, 3)
    assert chisquare(np.unique(shuffled @ [9, 3, 1], return_counts=True)[1]).pvalue > 0.001
    permuted = corrupted(clean, CONFUSION, 1, lengths=lengths, permute=1).reshape(-1, 3)
    assert len(np.unique(permuted @ [9, 3, 1])) == 27, "tags cross the bounds of sentences"


def test_random_tags_are_any_other_tag() -> None:
    clean = np.full(20_000, 1)
    counts = np.bincount(corrupted(clean, CONFUSION, 7, random_tag=1), minlength=N_TAGS)
    assert counts[1] == 0
    assert chisquare(counts[[0, 2, 3, 4]]).pvalue > 0.001


def test_the_constant_is_the_most_frequent_tag_of_train_and_zero_is_none() -> None:
    clean = np.array([1, 2, -1, 4])
    assert corrupted(clean, CONFUSION, 0, constant=1).tolist() == [0] * 4
    assert corrupted(clean, CONFUSION, 0, zero=1).tolist() == [-1] * 4


def test_a_sweep_has_every_mode_level_and_draw() -> None:
    clean, predicted = np.arange(4), np.array([0, 0, 2, 2])
    settings = Corruption(rates=(1, 0, 0.5), scales=(2, 1), draws=5)
    plan = taggings(TaggedText(clean, predicted, np.array([4]), CONFUSION), settings)
    assert list(dict.fromkeys(each.mode for each in plan)) == list(MODES)
    levels = {mode: [(each.number, each.level) for each in plan if each.mode == mode] for mode in MODES}
    assert levels["clean"] == [(draw, 0) for draw in range(5)]
    assert levels["tagger"] == levels["pooled"] == [(draw, rate) for draw in range(5) for rate in (0, 0.5, 1)]
    assert levels["scaled"] == [(draw, scale) for draw in range(5) for scale in (1, 2)]
    for mode in ("random_tag", "shuffle", "permute"):
        assert levels[mode] == [(draw, 1) for draw in range(CONTROL_DRAWS)]
    for mode in ("anchor", "constant", "zero"):
        assert levels[mode] == [(0, 1)]
    [anchor] = [each for each in plan if each.mode == "anchor"]
    assert np.array_equal(anchor.tags, predicted)


# --- donors of logits ------------------------------------------------------------------------------------------------


@st.composite
def taggings_of_train(draw: st.DrawFn) -> tuple[Ids, Ids]:
    pairs = draw(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), min_size=1, max_size=40))
    if all(gold < 0 for gold, _ in pairs):
        pairs.append((0, 0))
    gold, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    return gold, predicted


pairs_of_tags = st.tuples(st.integers(-1, 3), st.integers(-1, 3))  # true tag and replacement


@given(
    taggings_of_train(), st.lists(st.tuples(pairs_of_tags, st.floats(0, 1, exclude_max=True)), min_size=1, max_size=20)
)
def test_a_donor_has_the_same_true_tag_and_the_replacement_as_prediction(
    train: tuple[Ids, Ids], replacements: list[tuple[tuple[int, int], float]]
) -> None:
    gold, predicted = train
    donors = Donors(gold, predicted, 4)
    true, tags_now = (np.array(column) for column in zip(*(pair for pair, _ in replacements), strict=True))
    positions = np.array([place for _, place in replacements])
    donor_of, fallbacks = donors.choose(true, tags_now, positions)
    missing = 0
    for g, t, i in zip(true, tags_now, donor_of, strict=True):
        same_pair = np.flatnonzero((gold == g) & (predicted == t)) if g >= 0 else np.array([])
        same_tag = np.flatnonzero(predicted == t)
        missing += t >= 0 and len(same_pair) == 0
        if t < 0:
            assert i == -1, "no tag, no donor"
        elif len(same_pair):
            assert i in same_pair
        elif len(same_tag):
            assert i in same_tag
        else:
            assert 0 <= i < len(gold)
    assert fallbacks == missing


def test_donors_of_a_pool_are_equally_likely() -> None:
    generator = np.random.default_rng(0)
    gold, predicted = generator.integers(0, 3, (2, 300))
    n = 30_000
    donor_of, fallbacks = Donors(gold, predicted, 3).choose(np.full(n, 1), np.full(n, 2), generator.random(n))
    pool = np.flatnonzero((gold == 1) & (predicted == 2))
    counts = np.bincount(donor_of, minlength=300)
    assert counts.sum() == counts[pool].sum() == n
    assert chisquare(counts[pool]).pvalue > 0.001
    assert fallbacks == 0


@given(taggings_of_train(), seeds, rates, rates)
def test_a_token_keeps_its_donor_while_its_tag_stays(train: tuple[Ids, Ids], seed: int, a: float, b: float) -> None:
    gold, predicted = train
    clean, draw = gold.copy(), Draw.of(len(gold), seed, 0)
    source = DonatedLogits(np.zeros((2 * len(gold) + 1, 4), np.float32), Donors(gold, predicted, 4))
    one, other = (corrupted(clean, np.ones((4, 4), dtype=np.int64), seed, tagger=rate) for rate in (a, b))
    same = one == other
    read = [source.rows(clean, Tagging("tagger", 1, 0, tags, draw))[0][same] for tags in (one, other)]
    assert np.array_equal(*read)


def test_the_anchor_reads_the_taggers_own_logits_and_no_tag_reads_zeros() -> None:
    gold, predicted, clean = np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([1, 0])
    table = np.arange(12, dtype=np.float32).reshape(6, 2)  # of three train tokens, two of test, and none
    source, draw = DonatedLogits(table, Donors(gold, predicted, 2)), Draw.of(2, 0, 0)
    rows, fallbacks = source.rows(clean, Tagging("anchor", 1, 0, np.array([0, 0]), draw))
    assert (source.table[rows].tolist(), fallbacks) == ([[6, 7], [8, 9]], 0)
    rows, fallbacks = source.rows(clean, Tagging("zero", 1, 0, np.array([-1, -1]), draw))
    assert (source.table[rows].tolist(), fallbacks) == ([[10, 11], [10, 11]], 0)


def test_without_donors_a_row_is_a_tag() -> None:
    tags, source = np.array([0, 3, -1]), OneHot(one_hot_table(4))
    rows, fallbacks = source.rows(tags, Tagging("tagger", 0, 0, tags, Draw.of(3, 0, 0)))
    assert source.table[rows].tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert fallbacks == 0
