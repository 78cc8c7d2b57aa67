"""Differences under other scorings: they are those of their own counts, and gated as the exact ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fabricated import counts_of
from posner.arrays import Floats
from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.evaluation.scorings import SCORINGS
from posner.files import Json
from posner.stats.comparison import compare_sources, difference_by_source
from posner.stats.pooling import pool_sources
from posner.summaries.scorings import differences_by_scoring, scorings_sentence, scorings_summary, scorings_table

STATISTICS = Statistics(resamples=200)
VARIANTS = {
    "baseline": Variant(),
    "gold": Variant(fusion="late", pos="gold", feature="one_hot"),
    "predicted": Variant(fusion="late", pos="predicted", feature="one_hot"),
}
GAINS = {"baseline": 0.0, "gold": 0.02, "predicted": 0.0}


def scored(scoring_gain: float = 0.05) -> dict[str, dict[int, Floats]]:
    """Counts of three seeds; `gold` gains more by boundaries, and nothing by types."""
    return {
        name: {
            seed: np.stack(
                [
                    counts_of(0.8 + gain + seed / 1000),
                    counts_of(0.85 + gain * scoring_gain / 0.02 + seed / 1000),
                    counts_of(0.9 + seed / 1000),
                    counts_of(0.8 + gain + seed / 1000),
                ]
            )
            for seed in (1, 2, 3)
        }
        for name, gain in GAINS.items()
    }


def exact() -> dict[str, dict[int, Floats]]:
    """The exact counts of :func:`scored`."""
    return {name: {seed: c[0] for seed, c in by_seed.items()} for name, by_seed in scored().items()}


def summary(because: dict[str, str]) -> Json:
    """The stored form of the differences."""
    results = differences_by_scoring(scored(), VARIANTS, because, STATISTICS)
    content = {"statistics": STATISTICS.model_dump(mode="json"), "scorings": scorings_summary(results)}
    return json.loads(json.dumps(content))  # type: ignore[no-any-return]


def test_exact_differences_are_those_of_the_main_comparison() -> None:
    main = compare_sources(exact(), VARIANTS, STATISTICS)
    for name, difference in difference_by_source(exact(), VARIANTS, STATISTICS).items():
        own = {field: getattr(difference, field) for field in type(difference).__dataclass_fields__}
        assert own == {field: getattr(main[name], field) for field in own}


def test_each_scoring_is_compared_by_its_own_counts() -> None:
    results = differences_by_scoring(scored(), VARIANTS, {}, STATISTICS)
    gains = {scoring: results[scoring].variants["gold"].difference for scoring in SCORINGS}
    assert gains["boundaries"] > gains["exact"] > 0
    assert gains["types"] == 0
    assert gains["strict"] == gains["exact"]
    pooled = pool_sources(exact(), VARIANTS, STATISTICS)
    assert results["exact"].pooled == pooled


def test_a_reason_makes_all_scorings_inconclusive() -> None:
    results = differences_by_scoring(scored(), VARIANTS, {"gold": "path not learned"}, STATISTICS)
    for scoring in SCORINGS:
        assert results[scoring].variants["gold"].verdict == "inconclusive"
        assert results[scoring].variants["gold"].reason == "path not learned"
        assert "gold" not in results[scoring].pooled
        assert results[scoring].variants["predicted"].reason is None


def test_the_table_has_a_row_for_each_variant_and_scoring() -> None:
    results = differences_by_scoring(scored(), VARIANTS, {}, STATISTICS)
    table = scorings_table(results, VARIANTS)
    assert table[["variant", "scoring"]].to_numpy().tolist() == [
        [name, scoring] for name in ("gold", "predicted") for scoring in SCORINGS
    ]
    by_scoring = table[table["variant"] == "gold"].set_index("scoring")["f1"]
    assert by_scoring["boundaries"] == pytest.approx(results["boundaries"].variants["gold"].f1)
    alone = scorings_table(
        differences_by_scoring({"baseline": scored()["baseline"]}, {"baseline": Variant()}, {}, STATISTICS), {}
    )
    assert list(alone.columns) == list(table.columns)
    assert alone.empty


def test_the_sentence_has_the_effect_under_each_scoring() -> None:
    text = scorings_sentence("gold", summary({}))
    pooled = summary({})["scorings"]
    boundaries = 100 * pooled["boundaries"]["pooled"]["gold"]["difference"]
    assert text.startswith(
        "Under other definitions of a correct entity, gold POS changes F1 as follows (95 % intervals): boundaries "
        f"alone {boundaries:+.2f} ["
    )
    assert "] points (helps); types alone " in text
    assert "] points (equivalent); strict IOB2 " in text
    assert scorings_sentence("gold", summary({"gold": "path not learned"})) == ""
    assert scorings_sentence("random", summary({})) == ""
