"""Calibrations of studies: the check of the taggers' guesses, replicates read from results, and the published one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import read
from posner.arrays import WordLogits
from posner.calibration.replicates import refuse_leaked_labels, tagger_guesses
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
from posner.files import write_json
from posner.pos.merging import LeakageError
from posner.pos.predicted import PredictedPos
from posner.pos.tagger_output import TaggerOutput, write_predicted
from posner.workflow.command import run

CHECKOUT = Path(__file__).parents[3]


# --- the taggers' guesses --------------------------------------------------------------------------------------------


def simulated_guesses(knowing: float) -> dict[str, list[bool]]:
    """Guesses of taggers that were trained on a share of the train sentences."""
    splits, facts = grammar.generate(
        GeneratedCorpus(source="generated", train=400, validation=50, test=300, ambiguity=0.5)
    )
    tags = tuple(sorted({tag for sentence in splits["train"] for tag in sentence.pos}))
    generator = np.random.default_rng(0)
    ids = {}
    for split, sentences in splits.items():
        gold = np.array([tags.index(tag) for sentence in sentences for tag in sentence.pos])
        either = generator.choice([tags.index("NNP"), tags.index("NN")], len(gold))
        knows = generator.random(len(gold)) < (knowing if split == "train" else 0)
        ids[split] = np.where(grammar.undecidable(sentences) & ~knows, either, gold)
    guesses = tagger_guesses(splits, PredictedPos(tags, ids, {}))
    assert {split: len(right) for split, right in guesses.items()} == facts["ambiguous_candidates"]
    return guesses


def test_taggers_that_have_to_guess_are_right_half_of_the_time() -> None:
    guesses = simulated_guesses(knowing=0)
    assert all(0.4 < np.mean(right) < 0.6 for right in guesses.values())
    refuse_leaked_labels(guesses)


def test_taggers_with_leaked_labels_are_refused() -> None:
    with pytest.raises(LeakageError, match="ambiguous candidates of train"):
        refuse_leaked_labels(simulated_guesses(knowing=0.5))


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
    generated = GeneratedCorpus(source="generated", train=40, validation=30, test=60, ambiguity=0.5, seed=number)
    PrepareCorpus(corpus=generated, output=corpus).execute()
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
    lengths = {split: [len(s) for s in part] for split, part in sentences.items()}
    words = {
        split: WordLogits(np.zeros((sum(sizes), len(tags)), np.float32), np.ones(sum(sizes), dtype=bool))
        for split, sizes in lengths.items()
    }
    places = {split: list(range(len(part))) for split, part in sentences.items()}
    output = TaggerOutput("final", tags, 0, frozenset(), places, lengths, words)
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
    f1 = ner_scores(gold, actual, truncated=0, without_pieces=0)["f1"]
    write_json(folder / "metrics.json", {"seed": seed, "variant": variant.model_dump(mode="json"), "test": {"f1": f1}})


def f1_of(folder: Path, *seeds: int) -> float:
    return float(np.mean([read(folder / f"seed-{seed}" / "metrics.json")["test"]["f1"] for seed in seeds]))


def test_a_calibration_is_read_from_the_results_of_a_study(tmp_path: Path) -> None:
    results = tmp_path / "results"
    for number in (1, 2):
        write_replicate(results / f"planted-{number}" / "tiny", number)
    write_json(results / "plan.json", {"corpora": {"planted-1": {}, "planted-2": {}}})
    run(SummariseCalibration, [f"--plan={results / 'plan.json'}", f"--output={results}"])  # as the rule does
    rows = pd.read_csv(results / "replicates.csv").set_index(["corpus", "contrast"])
    ner = results / "planted-1" / "tiny" / "ner"
    compared = read(results / "planted-1" / "tiny" / "metrics" / "ner_comparisons.json")["variants"]
    gold, predicted, again = (rows.loc[("planted-1", contrast)] for contrast in ("gold", "predicted", "again"))
    assert gold["difference"] == pytest.approx(compared["gold"]["difference"])
    assert gold["difference"] == pytest.approx(f1_of(ner / "gold", 1, 2) - f1_of(ner / "baseline", 1, 2))
    assert (gold["tests"], predicted["tests"], again["tests"]) == (1, 1, 1)
    # Seeds in the order of their numbers: the last ones are those that no variant with POS has.
    assert again["difference"] == pytest.approx(f1_of(ner / "baseline", 3, 10) - f1_of(ner / "baseline", 1, 2))
    facts = read_card(results / "planted-1" / "corpus" / "corpus.json").provenance.facts
    assert gold["variant_best"] == facts["best_f1_with_pos"]["test"] == 1
    assert predicted["variant_best"] == again["variant_best"] == gold["baseline_best"]
    assert gold["baseline_best"] == facts["best_f1_without_pos"]["test"] < 1
    actual = read(results / "calibration.json")
    assert (actual["replicates"], actual["trainings"]) == (2, 16)
    assert actual["false_claims"]["predicted"]["of"] == actual["false_claims"]["again"]["of"] == 2
    assert actual["guesses"]["train"]["of"] > 20
    table = calibration_table(results).splitlines()
    assert table[0] == f"> {actual['sentence']}"
    assert len([line for line in table if line.startswith("| +")]) == 1, "one size of planted effect"


# --- what is published ------------------------------------------------------------------------------------------------


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
