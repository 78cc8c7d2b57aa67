"""Scores by slice, compared with brute force over seqeval's entities and with scores of the whole test set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import VARIANTS, counts_of
from hypothesis import given, settings
from hypothesis import strategies as st
from posner.commands.ner.score_slices import ScoreSlices
from posner.config.statistics import Statistics
from posner.corpora.corpus import Provenance, Sentence, write_corpus
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.evaluation.slices import Slicer, is_in_capitals, with_mentions
from posner.evaluation.stored import counts_by_unit, predictions_file
from posner.stats.comparison import compare
from posner.summaries.slices import slice_runs_table, slice_summary_table, slice_totals
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from stored_predictions import predictions_table, write_predicted

LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
WORDS = ("Ann", "ANN", "Lee", "Rome", "ROME", "of", "-", "7")
QUICK = Statistics(resamples=200)

Row = tuple[str, str, str, bool]  # word, true label, predicted label, whether the tagger was wrong
TEXTS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(WORDS), st.sampled_from(LABELS), st.sampled_from(LABELS), st.booleans()),
        min_size=1,
        max_size=7,
    ),
    min_size=1,
    max_size=6,
)
TRAIN = [
    Sentence(("Ann", "Lee", "of", "Rome"), ("X",) * 4, ("B-PER", "I-PER", "O", "B-LOC")),
    Sentence(("Lee", "Ann", "ROME"), ("X",) * 3, ("B-LOC", "B-PER", "B-PER")),
]
SEEN = {("PER", "Ann Lee"), ("LOC", "Rome"), ("LOC", "Lee"), ("PER", "Ann"), ("PER", "ROME")}
SEEN_WORDS = {"PER": {"Ann", "Lee", "ROME"}, "LOC": {"Rome", "Lee"}}


def slicer_of(texts: list[list[Row]]) -> Slicer:
    test = [Sentence(tuple(w for w, *_ in rows), ("X",) * len(rows), ("O",) * len(rows)) for rows in texts]
    return Slicer(TRAIN, test, LABELS, np.array([wrong for rows in texts for *_, wrong in rows]))


def predictions_of(texts: list[list[Row]]) -> pd.DataFrame:
    return predictions_table([([g for _, g, _, _ in rows], [p for _, _, p, _ in rows]) for rows in texts], LABELS)


def units_of(of_sentence: np.ndarray) -> ResamplingUnits:
    return ResamplingUnits(of_sentence, "documents", int(of_sentence.max()) + 1)


def slices_of(mention: tuple[str, int, int], rows: list[Row]) -> set[tuple[str, str]]:
    """The slices of one mention, in plain words."""
    kind, first, last = mention
    part = rows[first : last + 1]
    words = [word for word, *_ in part]
    letters = [letter for word, *_ in rows for letter in word if letter.isalpha()]
    if (kind, " ".join(words)) in SEEN:
        novelty = "seen"
    else:
        novelty = "partly seen" if any(word in SEEN_WORDS[kind] for word in words) else "new"
    return {
        ("all", "all mentions"),
        ("novelty", novelty),
        ("type", kind),
        ("length", str(len(words)) if len(words) < 3 else "3+"),
        ("sentence", "in capitals" if letters and all(map(str.isupper, letters)) else "in mixed case"),
        ("tagging", "tagger wrong" if any(wrong for *_, wrong in part) else "tagger right"),
    }


# --- counts ----------------------------------------------------------------------------------------------------------


@given(TEXTS)
@settings(deadline=None)
def test_counts_are_those_of_a_brute_force(texts: list[list[Row]]) -> None:
    slicer = slicer_of(texts)
    actual = slicer.counts(predictions_of(texts), units_of(np.arange(len(texts))))
    assert actual.shape == (len(slicer.slices), len(texts), 3)
    for text, rows in enumerate(texts):
        true, predicted = (set(get_entities([row[column] for row in rows])) for column in (1, 2))
        for place, mentions in enumerate((true & predicted, predicted, true)):
            expected = Counter(which for mention in mentions for which in slices_of(mention, rows))
            assert {which: actual[i, text, place] for i, which in enumerate(slicer.slices)} == {
                which: expected[which] for which in slicer.slices
            }


@given(TEXTS)
@settings(deadline=None)
def test_the_slices_of_a_kind_add_up_to_the_test_set(texts: list[list[Row]]) -> None:
    slicer, units = slicer_of(texts), units_of(np.arange(len(texts)) // 2)
    actual = slicer.counts(predictions_of(texts), units)
    whole = counts_by_unit(predictions_of(texts), units)
    for kind in slicer.values:
        selected = [i for i, (of, _) in enumerate(slicer.slices) if of == kind]
        assert actual[selected].sum(axis=0).tolist() == whole.tolist()


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")  # seqeval's macro mean of no types
@given(TEXTS)
@settings(deadline=None)
def test_scores_by_type_are_those_of_seqeval(texts: list[list[Row]]) -> None:
    slicer, predictions = slicer_of(texts), predictions_of(texts)
    counts = {"baseline": {42: slicer.counts(predictions, units_of(np.arange(len(texts))))}}
    table = slice_runs_table(counts, slicer.slices, {"baseline": VARIANTS["baseline"]}).set_index(["slice", "value"])
    true, predicted = ([[row[column] for row in rows] for rows in texts] for column in (1, 2))
    report = classification_report(true, predicted, output_dict=True, zero_division=0)
    rows = {("type", kind): report[kind] for kind in ("LOC", "PER") if kind in report}
    for which, expected in (rows | {("all", "all mentions"): report["micro avg"]}).items():
        row = table.loc[which]
        assert row["support"] == expected["support"]
        assert row[["precision", "recall", "f1"]].tolist() == pytest.approx(
            [expected["precision"], expected["recall"], expected["f1-score"]]
        )


def test_slices_without_mentions_are_left_out() -> None:
    counts = {name: {seed: np.ones((3, 2, 3), int) for seed in (1, 2)} for name in ("baseline", "late-gold-one_hot")}
    for by_seed in counts.values():
        for actual in by_seed.values():
            actual[1, :, 2] = 0  # predicted there, but never true
    kept, slices = with_mentions(counts, [("all", "a"), ("length", "3+"), ("type", "LOC")])
    assert slices == [("all", "a"), ("type", "LOC")]
    assert {actual.shape for by_seed in kept.values() for actual in by_seed.values()} == {(2, 2, 3)}


def test_mentions_are_compared_with_those_of_their_type() -> None:
    rows = [("Rome", "B-LOC", "B-PER", False), ("Lee", "O", "I-PER", False), ("ROME", "B-LOC", "O", False)]
    slicer = slicer_of([rows])
    counts = dict(
        zip(slicer.slices, slice_totals(slicer.counts(predictions_of([rows]), units_of(np.zeros(1, int)))), strict=True)
    )
    assert counts["novelty", "seen"] == (0, 0, 1), "Rome is a place in train"
    assert counts["novelty", "partly seen"] == (0, 1, 0), "Rome Lee is no person there, but Lee is part of one"
    assert counts["novelty", "new"] == (0, 0, 1), "ROME is a person there, and no place"


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [(["SOCCER", "-", "7"], True), (["U.S."], True), (["SOCCER", "o"], False), (["7", "-"], False), (["東京"], False)],
)
def test_sentences_in_capitals(tokens: list[str], expected: bool) -> None:
    assert is_in_capitals(Sentence(tuple(tokens), ("X",) * len(tokens), ("O",) * len(tokens))) is expected


def test_predictions_of_other_sentences_are_refused() -> None:
    rows: list[Row] = [("Ann", "O", "O", False)]
    with pytest.raises(InputError, match="not those of this corpus"):
        slicer_of([rows]).counts(predictions_of([rows * 2]), units_of(np.zeros(1, int)))


# --- tables ----------------------------------------------------------------------------------------------------------

SLICES = [("all", "all mentions"), ("type", "LOC")]
NAMES = {name: VARIANTS[name] for name in ("baseline", "late-gold-one_hot", "late-predicted-logits")}


def two_slices(**f1: dict[int, float]) -> dict[str, dict[int, np.ndarray]]:
    """Counts of two slices, of which the second has F1 lower by 0.2."""
    return {
        name: {seed: np.stack([counts_of(value), counts_of(value - 0.2)]) for seed, value in by_seed.items()}
        for name, by_seed in f1.items()
    }


COUNTS = two_slices(
    **{
        "baseline": {42: 0.80, 43: 0.81, 44: 0.82},
        "late-gold-one_hot": {42: 0.85, 43: 0.82, 44: 0.9},
        "late-predicted-logits": {42: 0.7, 99: 0.3},
    }
)


def test_differences_are_to_the_baseline_of_the_same_seed() -> None:
    table = slice_runs_table(COUNTS, SLICES, NAMES)
    f1 = table.set_index(["variant", "seed", "slice"])["f1"]
    for row in table.to_dict("records"):
        if row["variant"] == "baseline" or row["seed"] == 99:
            assert pd.isna(row["difference"])
        else:
            reference = f1["baseline", row["seed"], row["slice"]]
            assert row["difference"] == pytest.approx(row["f1"] - reference)
            assert np.sign(row["difference"]) == (1 if row["variant"] == "late-gold-one_hot" else -1)


def test_the_summary_of_a_slice_is_the_comparison_of_its_counts() -> None:
    """Variances over seeds are moderated over the same variants; only an interval of one variant is not adjusted."""
    table = slice_summary_table(COUNTS, SLICES, NAMES, QUICK)
    assert len(table) == 4
    for i, (kind, value) in enumerate(SLICES):
        expected = compare(
            {n: {s: c[i] for s, c in by.items()} for n, by in COUNTS.items()},
            "baseline",
            [[name] for name in COUNTS if name != "baseline"],
            QUICK,
        )
        for name, comparison in expected.items():
            [row] = table[(table["variant"] == name) & (table["slice"] == kind)].to_dict("records")
            assert row["value"] == value
            assert row["seeds"] == comparison.seeds
            for column in ("difference", "low", "high", "seed_std", "unit_std"):
                bound = getattr(comparison, column)
                assert row[column] == pytest.approx(np.nan if bound is None else bound, nan_ok=True), column
            assert row["f1"] - row["baseline_f1"] == pytest.approx(row["difference"])


def score_slices(tmp_path: Path, seeds: tuple[int, ...], statistics: Statistics) -> Path:
    """Tables of runs in which one variant finds the place that the baseline misses, which is new and mistagged."""
    test = [
        Sentence(("Ann", "saw", "Oslo"), ("NN", "VB", "NN"), ("B-PER", "O", "B-LOC"), "a"),
        Sentence(("ROME",), ("NN",), ("O",), "b"),
    ]
    pos = ("NN", "VB")
    train = [Sentence(("Ann", "saw", "Rome"), ("NN", "VB", "NN"), ("B-PER", "O", "B-LOC"))]
    write_corpus(tmp_path / "corpus", {"train": train, "validation": train, "test": test}, Provenance("made", "up"))
    ids = {"train": [0, 1, 0], "validation": [0, 1, 0], "test": [0, 1, 1, 0]}
    write_predicted(tmp_path / "predicted.parquet", pos, ids)
    variants = {name: VARIANTS[name].model_copy(update={"seeds": seeds}) for name in ("baseline", "late-gold-one_hot")}
    true = [sentence.ner for sentence in test]
    labels = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    for name, actual in zip(variants, (["B-PER", "O", "O"], ["B-PER", "O", "B-LOC"]), strict=True):
        for seed in seeds:
            path = predictions_file(tmp_path / "ner", name, seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            predictions_table(list(zip(true, [actual, ["O"]], strict=True)), labels).to_parquet(path)
    ScoreSlices(
        variants=variants, statistics=statistics, corpus=tmp_path / "corpus", predicted=tmp_path / "predicted.parquet",
        ner=tmp_path / "ner", tables=tmp_path / "tables",
    ).execute()  # fmt: skip
    return tmp_path / "tables"


def test_the_command_reads_stored_predictions(tmp_path: Path) -> None:
    tables = score_slices(tmp_path, (1,), QUICK)
    table = pd.read_csv(tables / "ner_slices.csv").query("variant != 'baseline'")
    differences = table.set_index(["slice", "value"])["difference"]
    where = {("novelty", "new"), ("type", "LOC"), ("tagging", "tagger wrong")}
    assert {which for which in differences.index if differences[which] == 1} == where
    assert differences["all", "all mentions"] == pytest.approx(1 - 2 / 3)
    assert differences["type", "PER"] == differences["novelty", "seen"] == 0
    summary = pd.read_csv(tables / "ner_slices_summary.csv")
    assert summary["low"].isna().all()
    assert len(summary) == len(table)


def test_a_stage_has_wider_intervals(tmp_path: Path) -> None:
    widths = []
    for stages in ((), (3, 9)):
        tables = score_slices(tmp_path, (1, 2, 3), QUICK.model_copy(update={"stages": stages}))
        summary = pd.read_csv(tables / "ner_slices_summary.csv")
        widths.append(summary["high"] - summary["low"])
    plain, staged = np.array(widths)
    assert (plain > 0).any()
    assert (staged[plain > 0] > plain[plain > 0]).all()
