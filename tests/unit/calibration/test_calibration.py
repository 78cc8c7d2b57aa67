"""Calibration: error rates and coverage, checked on simulated replicates with known effects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fabricated import read
from posner.arrays import WordLogits
from posner.calibration.reliability import (
    VERDICTS,
    proportion,
    reliability,
    reliability_sentences,
    sizes,
    with_coverage,
)
from posner.calibration.replicates import refuse_leaked_labels, tagger_guesses
from posner.commands.calibration.plot_coverage import PlotCoverage
from posner.commands.calibration.plot_power import PlotPower
from posner.commands.calibration.summarise_calibration import SummariseCalibration
from posner.commands.corpus.prepare_corpus import PrepareCorpus
from posner.commands.ner.compare_variants import CompareVariants
from posner.commands.project.fill_docs import calibration_table
from posner.config.corpora import GeneratedCorpus
from posner.config.statistics import Statistics
from posner.config.variants import SeededVariant, Variant
from posner.corpora import grammar
from posner.corpora.corpus import SPLITS, Sentence, read_card, read_split
from posner.evaluation.scores import ner_scores
from posner.files import write_json, write_table
from posner.pos.merging import LeakageError
from posner.pos.predicted import PredictedPos
from posner.pos.tagger_output import TaggerOutput, write_predicted
from posner.stats.comparison import verdict_on
from posner.stats.intervals import Estimate
from scipy import stats

CHECKOUT = Path(__file__).parents[3]
STYLE = CHECKOUT / "resources/styles/posner.mplstyle"
LEVEL, MARGIN = 0.95, 0.005
TRUTH = {"gold": {0.0: 0.0, 0.1: 0.04}, "predicted": {0.0: 0.0, 0.1: 0.0}, "again": {0.0: 0.0, 0.1: 0.0}}
SEED_STD, UNIT_STD = 0.004, 0.006


def replicate(contrast: str, ambiguity: float, number: int, generator: np.random.Generator) -> dict[str, Any]:
    """A study of three seeds with normal errors."""
    truth = TRUTH[contrast][ambiguity]
    values = truth + generator.normal(0, SEED_STD, 3) + generator.normal(0, UNIT_STD)
    result = Estimate(float(values.mean()), 3, float(values.std(ddof=1)), UNIT_STD)
    low, high = result.interval(LEVEL) or (0, 0)
    best = 1 - ambiguity / 2
    return {
        "corpus": f"planted-{number}",
        "ambiguity": ambiguity,
        "contrast": contrast,
        "tests": 1,
        "baseline_best": best,
        "baseline_f1": best - 0.02,
        "variant_best": 1.0 if contrast == "gold" else best,
        "variant_f1": best - 0.02 + result.mean,
        "seeds": 3,
        "difference": result.mean,
        "low": low,
        "high": high,
        "bootstrap_low": result.mean - SEED_STD,
        "bootstrap_high": result.mean + SEED_STD,
        "seed_std": result.seed_std,
        "unit_std": result.unit_std,
        "verdict": verdict_on(result.mean, result.p_difference(), result.p_equivalence(MARGIN), 1 - LEVEL),
    }


def replicates(number: int) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return with_coverage(
        pd.DataFrame(
            replicate(contrast, ambiguity, i, generator)
            for contrast, by_size in TRUTH.items()
            for ambiguity in by_size
            for i in range(number)
        )
    )


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    return replicates(100)


# --- truth and coverage ----------------------------------------------------------------------------------------------


def test_the_true_value_is_estimated_from_the_other_replicates() -> None:
    """Errors are distances to the mean of the others, scaled to the variance of distances to the true value."""
    rows = replicates(5)
    selected = rows[(rows["contrast"] == "gold") & (rows["ambiguity"] == 0.1)]
    for place, row in selected.iterrows():
        others = selected["difference"].drop(place)
        assert row["error"] == pytest.approx((row["difference"] - others.mean()) * np.sqrt(4 / 5))
        truth = row["difference"] - row["error"]
        assert row["covers"] == (row["low"] <= truth <= row["high"])


def test_errors_are_as_large_as_those_from_the_truth(many: pd.DataFrame) -> None:
    rows = many[many["contrast"] == "gold"]
    real = rows["difference"] - [TRUTH["gold"][ambiguity] for ambiguity in rows["ambiguity"]]
    assert replicates(3).query("contrast != 'again'")["error"].std() == pytest.approx(real.std(), rel=0.6)
    assert rows["error"].std() == pytest.approx(real.std(), rel=0.03)


def test_the_true_value_of_the_baseline_with_other_seeds_is_zero(many: pd.DataFrame) -> None:
    again = many[many["contrast"] == "again"]
    assert (again["error"] == again["difference"]).all()
    assert (again["covers"] == ((again["low"] <= 0) & (again["high"] >= 0))).all()


def test_coverage_of_good_and_of_short_intervals(many: pd.DataFrame) -> None:
    actual = reliability(many, MARGIN)
    for contrast, part in actual["coverage"].items():
        assert part["of"] == 200
        assert 0.92 < part["count"] / part["of"] < 0.99, contrast
    assert all(part["high"] < 0.8 for part in actual["bootstrap_coverage"].values())


def test_intervals_that_are_too_short_are_detected(many: pd.DataFrame) -> None:
    """Intervals that ignore the variance over units: the error that this calibration is there to find."""
    middle, half = many["difference"], 4.3 * many["seed_std"] / np.sqrt(3)
    actual = reliability(with_coverage(many.assign(low=middle - half, high=middle + half)), MARGIN)
    assert all(part["high"] < LEVEL for part in actual["coverage"].values())


# --- claims ----------------------------------------------------------------------------------------------------------


def test_false_claims_are_counted_where_nothing_was_planted(many: pd.DataFrame) -> None:
    false = reliability(many, MARGIN)["false_claims"]
    assert {name: part["of"] for name, part in false.items()} == {"gold": 100, "predicted": 200, "again": 200}
    assert all(part["count"] / part["of"] < 0.07 for part in false.values())
    always = reliability(many.assign(verdict="hurts"), MARGIN)["false_claims"]
    assert all(part["count"] == part["of"] for part in always.values())


def test_false_nulls_are_counted_where_there_is_an_effect(many: pd.DataFrame) -> None:
    blind = many.assign(verdict="equivalent")
    nulls = reliability(blind, MARGIN)["false_nulls"]
    assert nulls["gold"] == proportion([True] * 100)
    assert "again" not in nulls
    assert reliability(many, MARGIN)["false_nulls"]["gold"]["count"] == 0


def test_sizes_have_planted_and_measured_effects(many: pd.DataFrame) -> None:
    table = sizes(many, LEVEL).set_index(["contrast", "ambiguity"])
    gold = table.loc[("gold", 0.1)]
    assert gold["planted"] == pytest.approx(0.05)
    assert gold["difference"] == pytest.approx(0.04, abs=0.001)
    assert gold["observed_std"] == pytest.approx(gold["stated_std"], rel=0.1)
    assert gold["helps"] / gold["replicates"] == pytest.approx(gold["power"], abs=0.1)
    assert table.loc[("predicted", 0.1), "planted"] == 0
    assert (table[list(VERDICTS)].sum(axis=1) == table["replicates"]).all()


def test_adjustment_for_more_tests_lowers_the_power(many: pd.DataFrame) -> None:
    one, two = (sizes(many.assign(tests=tests), LEVEL)["power"] for tests in (1, 2))
    assert (two < one).all()


def test_shares_have_exact_intervals() -> None:
    actual = proportion([True] * 3 + [False] * 17)
    assert (actual["count"], actual["of"]) == (3, 20)
    assert stats.binom.sf(2, 20, actual["low"]) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 20, actual["high"]) == pytest.approx(0.025)


def test_the_sentences_have_counts() -> None:
    parts = {"gold": proportion([True, False]), "again": proportion([False] * 3)}
    actual = {"statistics": Statistics().model_dump(), "false_claims": parts, "coverage": parts, "false_nulls": {}}
    assert reliability_sentences(actual) == (
        "Where no effect was planted, an effect was claimed in 1 of 5 comparisons (nominal: 5 %): gold POS 1 of 2, the "
        "baseline with other seeds 0 of 3. The 95 % intervals covered the true value in 1 of 5 comparisons: gold POS "
        "1 of 2, the baseline with other seeds 0 of 3."
    )


# --- the taggers' guesses --------------------------------------------------------------------------------------------


def predicted_of(knowing: float) -> dict[str, list[bool]]:
    """Guesses of taggers that were trained on a share of the train sentences."""
    splits, facts = grammar.generate(
        GeneratedCorpus(source="generated", train=400, validation=50, test=300, ambiguity=0.5)
    )
    tags = tuple(sorted({tag for sentence in splits["train"] for tag in sentence.pos}))
    generator = np.random.default_rng(0)
    ids = {}
    for split, sentences in splits.items():
        gold = np.array([tags.index(tag) for sentence in sentences for tag in sentence.pos])
        guessed = generator.choice([tags.index("NNP"), tags.index("NN")], len(gold))
        knows = generator.random(len(gold)) < (knowing if split == "train" else 0)
        ids[split] = np.where(grammar.undecidable(sentences) & ~knows, guessed, gold)
    result = tagger_guesses(splits, PredictedPos(tags, ids, {}))
    assert {split: len(right) for split, right in result.items()} == facts["ambiguous_candidates"]
    return result


def test_taggers_that_have_to_guess_are_right_half_of_the_time() -> None:
    result = predicted_of(knowing=0)
    assert all(0.4 < np.mean(right) < 0.6 for right in result.values())
    refuse_leaked_labels(result)


def test_taggers_with_leaked_labels_are_refused() -> None:
    with pytest.raises(LeakageError, match="ambiguous candidates of train"):
        refuse_leaked_labels(predicted_of(knowing=0.5))


# --- replicates as they are stored -----------------------------------------------------------------------------------

VARIANTS = {
    "baseline": SeededVariant(seeds=(1, 2, 3, 10)),
    "gold": SeededVariant(fusion="late", pos="gold", feature="one_hot", seeds=(1, 2)),
    "predicted": SeededVariant(fusion="late", pos="predicted", feature="one_hot", seeds=(1, 2)),
}
MISSED = {"baseline": 0.3, "gold": 0.1, "predicted": 0.3}  # share of words that are not called entities


def write_replicate(folder: Path, number: int) -> None:
    """A corpus, predicted POS, NER predictions and comparisons, fabricated without a model."""
    corpus = folder.parent / "corpus"
    kind = GeneratedCorpus(source="generated", train=40, validation=10, test=60, ambiguity=0.5, seed=number)
    PrepareCorpus(corpus=kind, output=corpus).execute()
    sentences = {split: read_split(corpus / f"{split}.parquet") for split in SPLITS}
    write_tagged(folder / "pos", sentences, read_card(corpus / "corpus.json").pos_tags)
    for name, variant in VARIANTS.items():
        for seed in variant.seeds:
            write_run(folder / "ner" / name / f"seed-{seed}", variant, seed, sentences["test"], MISSED[name])
    CompareVariants(
        variants=VARIANTS, statistics=Statistics(resamples=200), corpus=corpus, ner=folder / "ner",
        output=folder / "metrics" / "ner_comparisons.json", table=folder / "tables" / "ner_comparisons.csv",
    ).execute()  # fmt: skip


def write_tagged(folder: Path, sentences: dict[str, list[Sentence]], tags: tuple[str, ...]) -> None:
    """A tagger that predicts the first tag for every word."""
    words = {
        split: [WordLogits(np.zeros((len(s), len(tags)), np.float32), np.ones(len(s), dtype=bool)) for s in result]
        for split, result in sentences.items()
    }
    places = {split: list(range(len(result))) for split, result in sentences.items()}
    output = TaggerOutput("final", tags, 0, frozenset(), places, words)
    write_predicted(folder / "predicted.parquet", output)


def write_run(folder: Path, variant: Variant, seed: int, sentences: list[Sentence], missed: float) -> None:
    """Predictions that miss some words, and their F1."""
    generator = np.random.default_rng(seed)
    gold = [list(s.ner) for s in sentences]
    actual = [["O" if generator.random() < missed else label for label in labels] for labels in gold]
    labels = pd.CategoricalDtype(sorted({label for item in gold for label in item}))
    rows = [(i, *pair) for i, pairs in enumerate(zip(gold, actual, strict=True)) for pair in zip(*pairs, strict=True)]
    frame = pd.DataFrame(rows, columns=["sentence", "gold", "predicted"]).assign(split="test")
    folder.mkdir(parents=True)
    frame.astype({"gold": labels, "predicted": labels}).to_parquet(folder / "predictions.parquet")
    f1 = ner_scores(gold, actual, truncated=0)["f1"]
    write_json(folder / "metrics.json", {"seed": seed, "variant": variant.model_dump(mode="json"), "test": {"f1": f1}})


def f1_of(folder: Path, *seeds: int) -> float:
    return float(np.mean([read(folder / f"seed-{seed}" / "metrics.json")["test"]["f1"] for seed in seeds]))


def test_a_calibration_is_read_from_the_results_of_a_study(tmp_path: Path) -> None:
    results = tmp_path / "results"
    for number in (1, 2):
        write_replicate(results / f"planted-{number}" / "tiny", number)
    write_json(tmp_path / "plan.json", {"corpora": {"planted-1": {}, "planted-2": {}}})
    SummariseCalibration(plan=tmp_path / "plan.json", results=results, output=tmp_path / "made").execute()
    rows = pd.read_csv(tmp_path / "made" / "replicates.csv").set_index(["corpus", "contrast"])
    ner = results / "planted-1" / "tiny" / "ner"
    compared = read(results / "planted-1" / "tiny" / "metrics" / "ner_comparisons.json")["variants"]
    gold, predicted, again = (rows.loc[("planted-1", contrast)] for contrast in ("gold", "predicted", "again"))
    assert gold["difference"] == pytest.approx(compared["gold"]["difference"])
    assert gold["difference"] == pytest.approx(f1_of(ner / "gold", 1, 2) - f1_of(ner / "baseline", 1, 2))
    assert (gold["tests"], predicted["tests"], again["tests"]) == (2, 2, 1)
    # Seeds in the order of their numbers: the last ones are those that no variant with POS has.
    assert again["difference"] == pytest.approx(f1_of(ner / "baseline", 3, 10) - f1_of(ner / "baseline", 1, 2))
    facts = read_card(results / "planted-1" / "corpus" / "corpus.json").provenance.facts
    assert gold["variant_best"] == facts["best_f1_with_pos"]["test"] == 1
    assert predicted["variant_best"] == again["variant_best"] == gold["baseline_best"]
    assert gold["baseline_best"] == facts["best_f1_without_pos"]["test"] < 1
    actual = read(tmp_path / "made" / "calibration.json")
    assert (actual["replicates"], actual["trainings"]) == (2, 16)
    assert actual["false_claims"]["predicted"]["of"] == actual["false_claims"]["again"]["of"] == 2
    assert actual["guesses"]["train"]["of"] > 20
    table = calibration_table(tmp_path / "made").splitlines()
    assert table[0] == f"> {actual['sentence']}"
    assert len([line for line in table if line.startswith("| +")]) == 1, "one size of planted effect"


# --- figures, and what is committed ----------------------------------------------------------------------------


def test_the_published_calibration_keeps_its_levels() -> None:
    """No proportion is significantly worse than its nominal value."""
    actual = read(CHECKOUT / "results/published/calibration/calibration.json")
    level = actual["statistics"]["level"]
    assert all(part["low"] <= 1 - level for part in actual["false_claims"].values())
    assert all(part["high"] >= level for part in actual["coverage"].values())
    refuse_leaked_labels(
        {
            split: [True] * part["count"] + [False] * (part["of"] - part["count"])
            for split, part in actual["guesses"].items()
        }
    )


def test_figures_are_drawn_from_the_tables(tmp_path: Path) -> None:
    rows = replicates(4)
    write_table(tmp_path / "replicates.csv", rows)
    write_table(tmp_path / "sizes.csv", sizes(rows, LEVEL))
    write_json(tmp_path / "calibration.json", {"statistics": {"level": LEVEL}})
    PlotCoverage(replicates=tmp_path / "replicates.csv", style=STYLE, output=tmp_path / "coverage.png").execute()
    PlotPower(
        sizes=tmp_path / "sizes.csv",
        calibration=tmp_path / "calibration.json",
        style=STYLE,
        output=tmp_path / "power.png",
    ).execute()
    drawn = PlotCoverage(replicates=tmp_path / "replicates.csv", style=STYLE, output=tmp_path / "x.png").draw()
    covered = {name: int(rows[rows["contrast"] == name]["covers"].sum()) for name in TRUTH}
    for axes, count in zip(drawn.axes, covered.values(), strict=True):
        assert f"{count} of 8 cover the truth" in axes.get_title()
    assert (tmp_path / "power.svg").exists()
