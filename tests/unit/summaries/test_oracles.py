"""Controls: what an oracle tells of a null result, and that controls keep to themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fabricated import VARIANTS, counts_of, read
from posner.commands.study.conclude import NER
from posner.config.statistics import Statistics
from posner.stats.comparison import compare_families
from posner.summaries.oracles import controls_sentence, oracles


@pytest.fixture
def by_way(study: Path) -> dict[str, dict[str, Any]]:
    groups = [read(study / "metrics" / f"{name}.json") for name in NER]
    return oracles({name: summary for group in groups for name, summary in group["variants"].items()}, 0.95)


def test_an_oracle_speaks_for_the_variants_that_give_pos_in_its_way(by_way: dict[str, dict[str, Any]]) -> None:
    assert {way: found["open"] for way, found in by_way.items()} == {
        "late, one-hot": True,
        "late, embeddings": None,
        "encoder k=2, embeddings": False,
        "encoder earliest, embeddings": None,
        "late, logits": None,
    }
    assert by_way["late, one-hot"]["variants"] == ["late-gold-one_hot", "late-predicted-one_hot"]
    assert by_way["late, one-hot"]["f1"] == pytest.approx(0.99, abs=0.01)


def test_the_sentence_says_which_null_results_count(by_way: dict[str, dict[str, Any]]) -> None:
    f1 = {way: f"{100 * found['f1']:.1f}" for way, found in by_way.items() if found["f1"]}
    assert controls_sentence(by_way) == (
        f"Given the NER labels in place of POS, F1 is {f1['late, one-hot']} by way of late, one-hot. "
        f"Even the NER labels hardly arrive by way of encoder k=2, embeddings ({f1['encoder k=2, embeddings']}): "
        "a null result there says nothing. "
        "No oracle was run for late, embeddings; encoder earliest, embeddings; late, logits."
    )
    assert controls_sentence({}) == ""


def test_controls_do_not_make_the_question_harder() -> None:
    """The p values of POS variants are adjusted for their own number, whatever controls there are."""
    counts = {
        name: {seed: counts_of(0.8 + 0.004 * i + 0.003 * (seed % 3)) for seed in variant.seeds or ()}
        for i, (name, variant) in enumerate(VARIANTS.items())
    }
    statistics = Statistics(resamples=200)
    without = {name: variant for name, variant in VARIANTS.items() if not variant.is_control}
    alone = compare_families({name: counts[name] for name in without}, without, statistics)
    together = compare_families(counts, VARIANTS, statistics)
    assert set(together) - set(alone) == {"late-random-one_hot"}
    assert {name: together[name] for name in alone} == alone
