"""Controls: oracle checks of the injection paths, and the separate adjustment of controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
from fabricated import ORACLES, SEEDS, VARIANTS, counts_of, read, variant
from fabricated_summaries import summarise, write_comparisons
from posner.commands.ner.compare_variants import CompareVariants
from posner.commands.study.conclude import NER
from posner.config.statistics import Statistics
from posner.corpora.corpus import SPLITS, Provenance, Sentence, write_corpus
from posner.evaluation.stored import predictions_file
from posner.files import Json
from posner.stats.comparison import compare_sources
from posner.stats.conclusions import Verdict
from posner.stats.stages import stage_levels
from posner.summaries.answers import statistics_note
from posner.summaries.oracles import (
    BASELINE_NOT_LEARNED,
    NOT_LEARNED,
    NOT_TESTED,
    RANDOM_HAS_EFFECT,
    gated,
    oracle_checks,
    oracles_sentence,
    random_reasons,
    reasons,
    trusted,
)
from stored_predictions import predictions_table


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
        f"({f1['encoder k=2, embeddings']}): this path was not learned, so all verdicts on it are "
        "inconclusive. "
        "No oracle was run for late, embeddings; encoder earliest, embeddings; late, logits. "
        "Verdicts on encoder earliest, embeddings are inconclusive, too, beside a path that was not learned."
    )
    assert oracles_sentence({}, 0.95) == ""


@pytest.mark.parametrize(
    ("oracle", "learned", "verdict"), [(0.99, True, "helps"), (0.21, False, "inconclusive")], ids=["works", "fails"]
)
def test_verdicts_of_a_path_whose_oracle_fails_are_inconclusive(
    tmp_path: Path, oracle: float, learned: bool, verdict: str
) -> None:
    """A model that cannot even pass the NER labels on was trained too little: its results say nothing about POS."""
    variants = {
        "baseline": variant("none", "none", "none"),
        "late": variant("late", "gold", "one_hot"),
        "deep": variant("encoder", "gold", "one_hot", inject_layer_offset_from_end=2),
        "deep-oracle": variant("encoder", "oracle", "one_hot", (42,), inject_layer_offset_from_end=2),
        "deep-random": variant("encoder", "random", "one_hot", inject_layer_offset_from_end=2),
    }
    f1 = {
        "baseline": dict(zip(SEEDS, (0.80, 0.81, 0.82), strict=True)),
        "late": dict(zip(SEEDS, (0.85, 0.861, 0.872), strict=True)),
        "deep": dict(zip(SEEDS, (0.85, 0.861, 0.872), strict=True)),
        "deep-oracle": {42: oracle},
        "deep-random": dict(zip(SEEDS, (0.80, 0.81, 0.8204), strict=True)),
    }
    write_comparisons(tmp_path, f1, variants, tmp_path)
    compared = read(tmp_path / "ner_comparisons.json")["variants"]
    assert compared["late"]["verdict"] == "helps"
    assert compared["late"]["reason"] is None
    assert compared["deep"]["verdict"] == verdict
    for name in ("deep", "deep-random"):
        assert compared[name]["reason"] == (None if learned else NOT_LEARNED)
        assert compared[name]["verdict"] in get_args(Verdict)
        assert compared[name]["sentence"].endswith("inconclusive (path not learned).") == (not learned)
    table = pd.read_csv(tmp_path / "ner_comparisons.csv").set_index("variant")
    assert table.loc["deep", "verdict"] == verdict
    assert (table["reason"] == NOT_LEARNED).sum() == 2 * (not learned)


def test_the_gate_reaches_every_verdict_answer_and_table(study: Path) -> None:
    """The encoder's oracle of the fabricated study fails, that of late one-hot works."""
    verdict = read(study / "verdict.json")
    gated_variants = {
        "encoder-gold": NOT_LEARNED,
        "encoder-predicted": NOT_LEARNED,
        "encoder_earliest-gold": NOT_TESTED,  # but beside the path that fails
    }
    for name, reason in gated_variants.items():
        for result in (verdict["variants"][name], *filter(None, verdict["propagation"][name].values())):
            assert (result["verdict"], result["reason"]) == ("inconclusive", reason)
            assert result["sentence"].endswith(f"inconclusive ({reason}).")
    assert verdict["variants"]["late-gold-one_hot"]["reason"] is None
    for answer in verdict["answers"].values():
        assert "1 more variant whose input path was not learned is inconclusive" in answer
    for name in ("verdict_variants", "verdict_effects"):
        rows = pd.read_csv(study / "tables" / f"{name}.csv")
        assert set(rows.loc[rows["reason"].notna(), "variant"]) == set(gated_variants)
        assert set(rows.loc[rows["reason"].notna(), "verdict"]) == {"inconclusive"}


@pytest.mark.parametrize(
    ("baseline", "margin", "learned"), [(0.0, 0.5, False), (0.04, 0.5, False), (0.06, 0.5, True), (0.06, 7, False)]
)
def test_nothing_is_concluded_beside_a_baseline_that_was_not_learned(
    baseline: float, margin: float, learned: bool
) -> None:
    """Models that find nothing are all equivalent, and POS has nothing to do with it."""
    f1 = dict.fromkeys(VARIANTS, baseline) | {"late-oracle-one_hot": 0.99, "encoder-oracle": 0.99}
    because = reasons(VARIANTS, f1, Statistics(margin=margin))
    assert because == ({} if learned else dict.fromkeys(VARIANTS, BASELINE_NOT_LEARNED))
    counts = {name: {seed: counts_of(f1[name]) for seed in SEEDS} for name in VARIANTS}
    compared = gated(compare_sources(counts, VARIANTS, Statistics(resamples=100)), because)
    assert {comparison.verdict for comparison in compared.values()} == {"equivalent" if learned else "inconclusive"}


EFFECT_BASE = {name: 0.8 + 0.0004 * i for i, name in enumerate(VARIANTS)} | ORACLES


@pytest.mark.parametrize(("random_f1", "acts"), [(0.8, False), (0.9, True), (0.7, True)])
def test_random_pos_with_an_effect_makes_its_fusion_inconclusive(random_f1: float, acts: bool) -> None:
    """Random POS of late fusion says nothing about encoder fusion, and gold POS that helps is no reason for doubt."""
    f1 = EFFECT_BASE | {"late-random-one_hot": random_f1, "late-gold-one_hot": 0.95}
    counts = {name: {seed: counts_of(f1[name] + 0.002 * (seed % 3)) for seed in SEEDS} for name in VARIANTS}
    because = random_reasons(compare_sources(counts, VARIANTS, Statistics(resamples=100)), VARIANTS)
    late = {name for name, v in VARIANTS.items() if v.fusion == "late" and v.pos in ("gold", "predicted")}
    assert because == (dict.fromkeys(late, RANDOM_HAS_EFFECT) if acts else {})


def test_the_mean_of_a_source_leaves_out_doubtful_variants() -> None:
    remaining = trusted(VARIANTS, {"encoder-gold": NOT_LEARNED})
    assert set(VARIANTS) - set(remaining) == {"encoder-gold"}
    assert trusted(VARIANTS, dict.fromkeys(VARIANTS, BASELINE_NOT_LEARNED)) == {}


def compare_places(tmp_path: Path, statistics: Statistics) -> Json:
    """Comparisons where every sentence holds one place, which all models but the baseline find: random POS, too."""
    sentences = [Sentence(("Oslo", "is"), ("NN", "VB"), ("B-LOC", "O"), str(i // 2)) for i in range(24)]
    write_corpus(tmp_path / "corpus", dict.fromkeys(SPLITS, sentences), Provenance("made", "up"))
    names = ("baseline", "late-gold-one_hot", "late-random-one_hot")
    for name in names:
        for seed in SEEDS:
            wrong = 12 if name == "baseline" else 2
            labels = [(["B-LOC", "O"], ["O", "O"] if i < wrong - seed % 2 else ["B-LOC", "O"]) for i in range(24)]
            path = predictions_file(tmp_path / "ner", name, seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            predictions_table(labels, ["O", "B-LOC", "I-LOC"]).to_parquet(path)
    CompareVariants(
        variants={name: VARIANTS[name] for name in names},
        statistics=statistics,
        corpus=tmp_path / "corpus",
        ner=tmp_path / "ner",
        output=tmp_path / "comparisons.json",
        table=tmp_path / "comparisons.csv",
    ).execute()
    return read(tmp_path / "comparisons.json")


def test_the_command_considers_random_pos(tmp_path: Path) -> None:
    result = compare_places(tmp_path, Statistics(resamples=100))
    assert result["variants"]["late-random-one_hot"]["verdict"] == "helps"
    gold = result["variants"]["late-gold-one_hot"]
    assert (gold["verdict"], gold["reason"]) == ("inconclusive", RANDOM_HAS_EFFECT)
    assert set(result["pooled"]) == {"random"}, "no variant with gold POS is left"
    control = result["random_control"]["late-gold-one_hot"]
    assert (control["control"], control["difference"], control["reason"]) == ("late-random-one_hot", 0, None)
    scored = {name: entry["variants"]["late-gold-one_hot"] for name, entry in result["scorings"].items()}
    assert {entry["reason"] for entry in scored.values()} == {RANDOM_HAS_EFFECT}
    assert scored["exact"]["difference"] == gold["difference"]


def test_the_command_has_the_level_of_its_stage(tmp_path: Path) -> None:
    plain = compare_places(tmp_path, Statistics(resamples=100))
    stages = (len(SEEDS), 9)
    staged = compare_places(tmp_path, Statistics(resamples=100, stages=stages))
    assert staged["statistics"]["level"] == stage_levels(stages, 0.95)[0]
    for part in ("variants", "pooled"):
        for name, entry in plain[part].items():
            assert staged[part][name]["high"] > entry["high"]
    assert "analysed after 3, 9 seeds" in statistics_note(staged)
    assert "analysed after" not in statistics_note(plain)


def test_the_answers_say_that_the_baseline_was_not_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posner.summaries.oracles.LEARNED_F1", 0.95)
    summarise(tmp_path)
    verdict = read(tmp_path / "verdict.json")
    for answer in verdict["answers"].values():
        assert answer.endswith("has an inconclusive effect on test F1: not even the baseline was learned.")
    effects = [effect for by_question in verdict["propagation"].values() for effect in by_question.values() if effect]
    compared = [variant for variant in verdict["variants"].values() if variant["verdict"]]
    assert {result["reason"] for result in [*effects, *compared]} == {BASELINE_NOT_LEARNED}


def test_controls_do_not_lower_the_power_for_pos() -> None:
    """The p values of POS variants are adjusted for their own number, whatever controls there are."""
    counts = {
        name: {seed: counts_of(0.8 + 0.004 * i + 0.003 * (seed % 3)) for seed in variant.seeds}
        for i, (name, variant) in enumerate(VARIANTS.items())
    }
    statistics = Statistics(resamples=200)
    without = {name: variant for name, variant in VARIANTS.items() if not variant.is_control}
    alone = compare_sources({name: counts[name] for name in without}, without, statistics)
    together = compare_sources(counts, VARIANTS, statistics)
    assert set(together) - set(alone) == {"late-random-one_hot"}
    for name, comparison in alone.items():
        assert together[name].difference == comparison.difference
        assert together[name].seed_df >= comparison.seed_df, "more runs, so that more is known about variances"
        assert together[name].p_difference_adjusted < together[name].p_difference * 8, "of the same family"
