"""Differences from random POS: of the closest control, over common seeds, as a comparison with a baseline would be."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from fabricated import counts_of
from posner.arrays import Floats
from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.stats.comparison import compare, mean_difference, pair_runs
from posner.stats.intervals import moderate
from posner.stats.joint import Family
from posner.stats.random_control import compare_with_random, control_of

STATISTICS = Statistics(resamples=200)
VARIANTS = {
    "baseline": Variant(),
    "late-gold": Variant(fusion="late", pos="gold", feature="one_hot"),
    "late-gold-embed": Variant(fusion="late", pos="gold", feature="trainable_embed"),
    "encoder-gold": Variant(fusion="encoder", pos="gold", feature="trainable_embed", inject_layer_offset_from_end=2),
    "early-gold": Variant(
        fusion="encoder", pos="gold", feature="trainable_embed", inject_layer_offset_from_end="earliest"
    ),
    "late-random": Variant(fusion="late", pos="random", feature="one_hot"),
    "encoder-random": Variant(
        fusion="encoder", pos="random", feature="trainable_embed", inject_layer_offset_from_end=2
    ),
    "early-random": Variant(
        fusion="encoder", pos="random", feature="trainable_embed", inject_layer_offset_from_end="earliest"
    ),
}


def runs(seeds: tuple[int, ...] = (1, 2, 3)) -> dict[str, dict[int, Floats]]:
    """Counts in which gold POS gains two points on random POS, which loses one."""
    level = {"none": 0.8, "gold": 0.81, "random": 0.79}
    return {name: {seed: counts_of(level[v.pos] + seed / 1000) for seed in seeds} for name, v in VARIANTS.items()}


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("late-gold", "late-random"),
        ("late-gold-embed", "late-random"),
        ("encoder-gold", "encoder-random"),
        ("early-gold", "early-random"),
    ],
)
def test_the_control_is_the_closest_of_the_fusion(name: str, control: str) -> None:
    assert control_of(VARIANTS[name], VARIANTS) == control
    others = {name: v for name, v in VARIANTS.items() if v.fusion != VARIANTS[control].fusion or v.pos != "random"}
    assert control_of(VARIANTS[name], others) is None


def test_a_single_variant_is_compared_as_with_a_baseline() -> None:
    counts = {name: own for name, own in runs().items() if name in ("baseline", "late-gold", "late-random")}
    variants = {name: VARIANTS[name] for name in counts}
    [difference] = compare_with_random(counts, variants, STATISTICS).values()
    expected = compare(counts, "late-random", [["late-gold"]], STATISTICS)["late-gold"]
    own = asdict(difference)
    assert own.pop("control") == "late-random"
    assert own == {field: getattr(expected, field) for field in own}
    assert difference.difference == pytest.approx(0.02, abs=0.01)


def test_families_are_the_variants_of_a_source() -> None:
    several = compare_with_random(runs(), VARIANTS, STATISTICS)
    assert set(several) == {name for name, v in VARIANTS.items() if v.pos == "gold"}
    pairs = {}
    for name, difference in several.items():
        pairs |= pair_runs({difference.control: runs()[difference.control], name: runs()[name]}, difference.control)
    estimates = moderate({name: mean_difference(pair.values()) for name, pair in pairs.items()})
    for name, difference in several.items():  # with controls of their own, they share nothing
        assert (difference.low, difference.high) == estimates[name].interval(0.95, Family(4, 0.0))
    few = {name: VARIANTS[name] for name in ("baseline", "late-gold", "late-random")}
    alone = compare_with_random({name: runs()[name] for name in few}, few, STATISTICS)
    assert alone["late-gold"].p_difference_adjusted == pytest.approx(alone["late-gold"].p_difference)
    assert several["late-gold"].p_difference_adjusted >= several["late-gold"].p_difference


def test_variants_without_a_control_or_a_common_seed_are_left_out() -> None:
    without = {name: v for name, v in VARIANTS.items() if v.pos != "random"}
    assert compare_with_random({name: runs()[name] for name in without}, without, STATISTICS) == {}
    counts = {**runs(), "late-gold": runs((7,))["late-gold"], "late-gold-embed": runs((2, 9))["late-gold-embed"]}
    compared = compare_with_random(counts, VARIANTS, STATISTICS)
    assert "late-gold" not in compared
    assert compared["late-gold-embed"].seeds == 1
