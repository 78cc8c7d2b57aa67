"""Controls: oracle checks of the injection paths, and the separate adjustment of controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fabricated import VARIANTS, counts_of, read
from posner.commands.study.conclude import NER
from posner.config.statistics import Statistics
from posner.stats.comparison import compare_families
from posner.summaries.oracles import oracle_checks, oracles_sentence


@pytest.fixture
def checks(study: Path) -> dict[str, dict[str, Any]]:
    groups = [read(study / "metrics" / f"{name}.json") for name in NER]
    return oracle_checks({name: summary for group in groups for name, summary in group["variants"].items()}, 0.95)


def test_an_oracle_checks_the_path_of_the_variants_that_use_it(checks: dict[str, dict[str, Any]]) -> None:
    assert {path: check["works"] for path, check in checks.items()} == {
        "late, one-hot": True,
        "late, embeddings": None,
        "encoder k=2, embeddings": False,
        "encoder earliest, embeddings": None,
        "late, logits": None,
    }
    assert checks["late, one-hot"]["variants"] == ["late-gold-one_hot", "late-predicted-one_hot"]
    assert checks["late, one-hot"]["f1"] == pytest.approx(0.99, abs=0.01)


def test_the_sentence_says_which_null_results_are_informative(checks: dict[str, dict[str, Any]]) -> None:
    f1 = {path: f"{100 * check['f1']:.1f}" for path, check in checks.items() if check["f1"]}
    assert oracles_sentence(checks, 0.95) == (
        f"Oracle check: with the NER labels in place of POS, F1 reaches {f1['late, one-hot']} through late, one-hot, "
        "so this path can transmit the information. "
        "Even the NER labels do not bring F1 to 95.0 through encoder k=2, embeddings "
        f"({f1['encoder k=2, embeddings']}): null results on this path are uninformative. "
        "No oracle was run for late, embeddings; encoder earliest, embeddings; late, logits."
    )
    assert oracles_sentence({}, 0.95) == ""


def test_controls_do_not_lower_the_power_for_pos() -> None:
    """The p values of POS variants are adjusted for their own number, whatever controls there are."""
    counts = {
        name: {seed: counts_of(0.8 + 0.004 * i + 0.003 * (seed % 3)) for seed in variant.seeds}
        for i, (name, variant) in enumerate(VARIANTS.items())
    }
    statistics = Statistics(resamples=200)
    without = {name: variant for name, variant in VARIANTS.items() if not variant.is_control}
    alone = compare_families({name: counts[name] for name in without}, without, statistics)
    together = compare_families(counts, VARIANTS, statistics)
    assert set(together) - set(alone) == {"late-random-one_hot"}
    assert {name: together[name] for name in alone} == alone
