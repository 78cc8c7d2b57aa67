"""Comparisons with the baseline: counts from predictions, comparisons from counts, and verdicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import counts_of
from hypothesis import given
from hypothesis import strategies as st
from posner.arrays import Floats
from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.corpora.corpus import Sentence
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.evaluation.stored import counts_by_unit, read_predictions
from posner.stats.comparison import (
    Comparison,
    compare,
    compare_sources,
)
from posner.stats.conclusions import verdict_on
from posner.stats.pooling import heterogeneity, pool_sources
from posner.stats.resampling import f1
from seqeval.metrics import f1_score
from stored_predictions import predictions_table

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
QUICK = Statistics(resamples=400)

Sentences = list[tuple[list[str], list[str]]]
SENTENCES = st.lists(
    st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=6).map(
        lambda pairs: ([a for a, _ in pairs], [b for _, b in pairs])
    ),
    min_size=1,
    max_size=8,
)


def by_sentence(number: int) -> ResamplingUnits:
    return ResamplingUnits(np.arange(number), "sentences", number)


def table(sentences: Sentences) -> pd.DataFrame:
    """Predictions in the layout of predictions.parquet."""
    return predictions_table(sentences, LABELS)


# --- counts ----------------------------------------------------------------------------------------------------------


@given(SENTENCES)
def test_f1_of_the_counts_is_that_of_seqeval(sentences: Sentences) -> None:
    counts = counts_by_unit(table(sentences), by_sentence(len(sentences)))
    assert counts.shape == (len(sentences), 3)
    gold, predicted = map(list, zip(*sentences, strict=True))
    assert f1(counts.sum(axis=0)) == pytest.approx(f1_score(gold, predicted, zero_division=0))
    for row, (g, p) in zip(counts, sentences, strict=True):
        assert f1(row) == pytest.approx(f1_score([g], [p], zero_division=0))


@given(SENTENCES)
def test_units_have_the_counts_of_their_sentences(sentences: Sentences) -> None:
    of_sentences = counts_by_unit(table(sentences), by_sentence(len(sentences)))
    unit_of = np.arange(len(sentences)) // 2
    of_units = counts_by_unit(table(sentences), ResamplingUnits(unit_of, "documents", unit_of.max() + 1))
    for unit in range(unit_of.max() + 1):
        assert of_units[unit].tolist() == of_sentences[unit_of == unit].sum(axis=0).tolist()


def test_predictions_of_another_corpus_are_refused() -> None:
    with pytest.raises(InputError, match="not those of this corpus"):
        counts_by_unit(table([(["O"], ["O"])]), by_sentence(2))


def test_predictions_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    with pytest.raises(InputError, match=r"predictions\.parquet: no readable"):
        read_predictions(path, "test")
    table([(["O"], ["O"])]).to_parquet(path)
    assert len(read_predictions(path, "test")) == 1
    with pytest.raises(InputError, match="no predictions of validation"):
        read_predictions(path, "validation")


def units_of(*documents: str | None) -> tuple[list[int], str, int]:
    units = ResamplingUnits.of([Sentence(("w",), ("NN",), ("O",), document) for document in documents])
    return units.of_sentence.tolist(), units.kind, units.number


def test_units_are_documents_if_all_are_known_and_there_are_several() -> None:
    assert units_of("b", "b", "a") == ([1, 1, 0], "documents", 2)
    for documents in ((None, None), ("a", None), ("a", "a")):
        assert units_of(*documents) == ([0, 1], "sentences", 2)


# --- comparisons -----------------------------------------------------------------------------------------------------


def counts(**f1_by_seed: list[float]) -> dict[str, dict[int, Floats]]:
    return {name: {seed: counts_of(value) for seed, value in enumerate(values)} for name, values in f1_by_seed.items()}


def compare_all(runs: dict[str, dict[int, Floats]]) -> dict[str, Comparison]:
    """All variants as one family."""
    return compare(runs, "base", [[name for name in runs if name != "base"]], QUICK)


def test_verdicts_on_clear_cases() -> None:
    comparisons = compare_all(
        counts(
            base=[0.80, 0.81, 0.82, 0.81],
            better=[0.85, 0.86, 0.871, 0.86],
            worse=[0.75, 0.76, 0.771, 0.76],
            same=[0.8, 0.8104, 0.82, 0.81],
            unclear=[0.802, 0.818, 0.824, 0.811],
            once=[0.9],
        )
    )
    assert {name: entry.verdict for name, entry in comparisons.items()} == {
        "better": "helps",
        "worse": "hurts",
        "same": "equivalent",
        "unclear": "inconclusive",
        "once": "helps",
    }
    assert compare_all(counts(base=[0.8], once=[0.9]))["once"].verdict == "inconclusive", "nothing is known of seeds"


def test_numbers_are_consistent() -> None:
    many = counts(base=[0.80, 0.81, 0.82], other=[0.80, 0.83, 0.82], third=[0.81, 0.80, 0.85])
    comparisons = compare_all(many)
    values = {name: [f1(by_unit.sum(axis=0)) for by_unit in by_seed.values()] for name, by_seed in many.items()}
    for name, entry in comparisons.items():
        differences = np.array(values[name]) - np.array(values["base"])
        assert entry.difference == pytest.approx(differences.mean())
        assert entry.seed_std == pytest.approx(differences.std(ddof=1))
        assert entry.low is not None
        assert entry.high is not None
        assert entry.low < entry.difference < entry.high
        assert entry.p_difference <= entry.p_difference_adjusted <= 2 * entry.p_difference
        assert (entry.p_difference_adjusted < 0.05) == (entry.low > 0 or entry.high < 0)
        assert entry.bootstrap_low is not None
        assert entry.bootstrap_high is not None
        assert entry.bootstrap_low < entry.difference < entry.bootstrap_high
        assert entry.low < entry.bootstrap_low  # the bootstrap takes too little account of few seeds


def test_variances_over_seeds_are_shared() -> None:
    """The spread of one variant is moderated by that of the others, and one seed is enough beside them."""
    runs = counts(base=[0.80, 0.81, 0.82], one=[0.80, 0.82, 0.82], two=[0.81, 0.80, 0.82], once=[0.84])
    comparisons = compare_all(runs)
    stds = [comparisons[name].seed_std for name in ("one", "two")]
    moderated = {comparisons[name].moderated_std for name in comparisons}
    assert all(min(stds) <= std <= max(stds) for std in moderated)
    assert comparisons["once"].seed_std is None
    assert comparisons["once"].low is not None


def test_the_bootstrap_of_a_variant_is_its_own() -> None:
    runs = counts(base=[0.80, 0.81, 0.82], one=[0.80, 0.82, 0.82], two=[0.71, 0.70, 0.72], once=[0.9])
    together = compare_all(runs)
    for name in ("one", "two"):
        alone = compare_all({"base": runs["base"], name: runs[name]})[name]
        assert together[name].bootstrap_low == pytest.approx(alone.bootstrap_low)
        assert together[name].bootstrap_high == pytest.approx(alone.bootstrap_high)
    assert together["once"].bootstrap_low is None


def test_more_variants_in_a_family_need_larger_effects() -> None:
    runs = counts(base=[0.80, 0.81, 0.82], one=[0.80, 0.82, 0.82], two=[0.81, 0.80, 0.82], three=[0.80, 0.81, 0.83])
    names = ["one", "two", "three"]
    alone = compare(runs, "base", [[name] for name in names], QUICK)["one"]
    among = compare(runs, "base", [names], QUICK)["one"]
    assert alone.moderated_std == among.moderated_std
    assert alone.detectable < among.detectable
    assert alone.p_difference == among.p_difference == alone.p_difference_adjusted < among.p_difference_adjusted


def test_the_families_are_the_sources_of_pos() -> None:
    runs = counts(base=[0.80, 0.81, 0.82], a=[0.85, 0.86, 0.87], b=[0.85, 0.87, 0.87], c=[0.80, 0.81, 0.821], d=[0.99])
    late = {"fusion": "late", "feature": "one_hot"}
    variants = {
        "base": Variant(),
        "a": Variant(pos="gold", **late),
        "b": Variant(pos="gold", **late),
        "c": Variant(pos="random", **late),
        "d": Variant(pos="oracle", **late),
    }
    comparisons = compare_sources(runs, variants, QUICK)
    assert set(comparisons) == {"a", "b", "c"}, "oracles are not compared"
    assert comparisons["c"].p_difference == comparisons["c"].p_difference_adjusted
    assert comparisons["a"].p_difference < comparisons["a"].p_difference_adjusted
    pooled = pool_sources(runs, variants, QUICK)
    assert set(pooled) == {"gold", "random"}
    assert pooled["gold"].variants == ("a", "b")
    assert pooled["gold"].difference == pytest.approx((comparisons["a"].difference + comparisons["b"].difference) / 2)
    assert pooled["gold"].verdict == "helps"
    assert pooled["random"].p_variants is None
    assert pooled["gold"].seed_df > 2, "its variance is moderated with those of the variants"
    assert pool_sources(runs, {}, QUICK) == {}


def test_a_mean_over_variants_leaves_out_those_with_fewer_seeds() -> None:
    runs = counts(base=[0.80, 0.81, 0.82], a=[0.85, 0.86, 0.87], b=[0.85, 0.87])
    late = Variant(fusion="late", pos="gold", feature="one_hot")
    pooled = pool_sources(runs, {"base": Variant(), "a": late, "b": late}, QUICK)
    assert (pooled["gold"].variants, pooled["gold"].seeds) == (("a",), 3)


def test_heterogeneity_is_the_quasi_f_of_an_analysis_of_variance() -> None:
    """Compared with mean squares by their definition; equal effects are rarely rejected, unlike ones often."""
    generator = np.random.default_rng(0)
    rejected = {0.0: 0, 1.0: 0}
    for spread in rejected:
        for _ in range(200):
            effects = spread * np.array([-1.0, 0.0, 1.0])
            values = (
                effects[:, None, None]
                + generator.normal(0, 0.5, (3, 4, 1))
                + generator.normal(0, 3, (3, 1, 40))
                + generator.normal(0, 1, (3, 4, 40))
                + generator.normal(0, 1, (1, 4, 40))
            )
            std, p = heterogeneity(values)
            assert p is not None
            rejected[spread] += p < 0.05
    assert rejected[0.0] <= 20
    assert rejected[1.0] >= 100
    assert std == pytest.approx(1.0, abs=0.7)
    # Variants that respond differently to the documents, and alike to the seeds, do not differ for that.
    stds, p_values = zip(
        *(heterogeneity(generator.normal(0, 2, (4, 1, 40)) + generator.normal(0, 0.1, (4, 3, 40))) for _ in range(200)),
        strict=True,
    )
    assert sum(p is not None and p < 0.05 for p in p_values) <= 20
    assert np.median(stds) < 0.05
    same = np.broadcast_to(generator.normal(0, 1, (1, 4, 40)), (3, 4, 40))
    assert heterogeneity(same)[0] == pytest.approx(0, abs=1e-9)


def test_variants_are_paired_by_seed() -> None:
    few = counts(base=[0.80, 0.81, 0.82], other=[0.80, 0.83, 0.82])
    few["other"] = {1: few["other"][1], 7: few["other"][0]}
    [entry] = compare_all(few).values()
    assert entry.seeds == 1
    assert entry.difference == pytest.approx(0.02, abs=0.005)
    assert compare_all({"base": few["base"], "alone": {9: few["base"][0]}}) == {}


def test_the_same_seed_gives_the_same_comparison() -> None:
    many = counts(base=[0.80, 0.81], other=[0.80, 0.83])
    assert compare_all(many) == compare_all(many)


@pytest.mark.parametrize(
    ("difference", "p_difference", "p_equivalence", "verdict"),
    [
        (0.01, 0.049, 1, "helps"),
        (-0.01, 0.049, 0.001, "hurts"),
        (0.01, 0.05, 0.049, "equivalent"),
        (0.01, 0.05, 0.05, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_the_p_values(
    difference: float, p_difference: float, p_equivalence: float, verdict: str
) -> None:
    assert verdict_on(difference, p_difference, p_equivalence, alpha=0.05) == verdict
