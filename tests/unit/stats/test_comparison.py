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
from posner.corpora.corpus import Sentence
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.evaluation.stored import counts_by_unit, read_predictions
from posner.stats.comparison import compare, verdict_on
from posner.stats.intervals import detectable, seeds_needed
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


def test_verdicts_on_clear_cases() -> None:
    comparisons = compare(
        counts(
            base=[0.80, 0.81, 0.82, 0.81],
            better=[0.85, 0.86, 0.871, 0.86],
            worse=[0.75, 0.76, 0.771, 0.76],
            same=[0.8, 0.8104, 0.82, 0.81],
            unclear=[0.78, 0.84, 0.82, 0.80],
            once=[0.9],
        ),
        "base",
        QUICK,
    )
    assert {name: entry.verdict for name, entry in comparisons.items()} == {
        "better": "helps",
        "worse": "hurts",
        "same": "equivalent",
        "unclear": "inconclusive",
        "once": "inconclusive",
    }


def test_numbers_are_consistent() -> None:
    many = counts(base=[0.80, 0.81, 0.82], other=[0.80, 0.83, 0.82], third=[0.81, 0.80, 0.85])
    comparisons = compare(many, "base", QUICK)
    values = {name: [f1(by_unit.sum(axis=0)) for by_unit in by_seed.values()] for name, by_seed in many.items()}
    for name, entry in comparisons.items():
        differences = np.array(values[name]) - np.array(values["base"])
        assert entry.difference == pytest.approx(differences.mean())
        assert entry.seed_std == pytest.approx(differences.std(ddof=1))
        assert entry.low is not None
        assert entry.high is not None
        assert entry.low < entry.difference < entry.high
        assert entry.p_difference <= entry.p_difference_holm <= 2 * entry.p_difference
        assert entry.bootstrap_low is not None
        assert entry.bootstrap_high is not None
        assert entry.bootstrap_low < entry.difference < entry.bootstrap_high
        assert entry.low < entry.bootstrap_low  # the bootstrap takes too little account of few seeds


def test_more_variants_need_more_seeds() -> None:
    """Power and seed numbers are for verdicts that are adjusted together."""
    runs = counts(base=[0.80, 0.81, 0.82], one=[0.80, 0.82, 0.82], two=[0.81, 0.80, 0.82], three=[0.80, 0.81, 0.83])
    alone = compare({name: runs[name] for name in ("base", "one")}, "base", QUICK)["one"]
    among = compare(runs, "base", QUICK)["one"]
    assert alone.seed_std is not None
    for entry, level in ((alone, 0.95), (among, 1 - 0.05 / 3)):
        assert entry.detectable == detectable(alone.seed_std, alone.unit_std, 3, level)
        assert entry.seeds_needed["0.5"] == seeds_needed(alone.seed_std, alone.unit_std, 0.005, level)
    assert among.detectable is not None
    assert alone.detectable is not None
    assert among.detectable > alone.detectable


def test_variants_are_paired_by_seed() -> None:
    few = counts(base=[0.80, 0.81, 0.82], other=[0.80, 0.83, 0.82])
    few["other"] = {1: few["other"][1], 7: few["other"][0]}
    [entry] = compare(few, "base", QUICK).values()
    assert entry.seeds == 1
    assert entry.difference == pytest.approx(0.02, abs=0.005)
    assert compare({"base": few["base"], "alone": {9: few["base"][0]}}, "base", QUICK) == {}


def test_the_same_seed_gives_the_same_comparison() -> None:
    many = counts(base=[0.80, 0.81], other=[0.80, 0.83])
    assert compare(many, "base", QUICK) == compare(many, "base", QUICK)


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
