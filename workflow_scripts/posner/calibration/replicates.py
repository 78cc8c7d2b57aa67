"""One replicate of a calibration: the results of a small study of a generated corpus, and the planted effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from posner.arrays import Floats
from posner.config.statistics import Estimation, Statistics
from posner.corpora.corpus import SPLITS, Sentence, read_card, read_split
from posner.corpora.documents import ResamplingUnits
from posner.corpora.grammar import undecidable
from posner.errors import InputError
from posner.evaluation.stored import counts_by_unit, read_predictions
from posner.files import read_json
from posner.pos.merging import LeakageError
from posner.pos.predicted import PredictedPos, read_predicted
from posner.stats.comparison import Comparison, compare

SIGNIFICANCE = 1e-4  # of the test for leaked labels, which is run on many splits
NAME_TAGS = ("NNP", "NNPS")  # tags of an ambiguous candidate that is a name
REPORTED = tuple(name for name in Comparison.__dataclass_fields__ if name != "seeds_needed")


@dataclass(frozen=True)
class NerRun:
    """One NER training: its folder, the source of its POS, and its test F1 in 0..1."""

    folder: Path
    variant: str
    seed: int
    pos: str
    f1: float


def read_replicate(folder: Path) -> list[dict[str, Any]]:
    """A row for each contrast (see :mod:`posner.calibration.reliability`) of ``results/{corpus}/{encoder}``.

    Raises:
        InputError: a result is missing or damaged, or the baseline has an odd number of seeds.
    """
    corpus = folder.parent / "corpus"
    facts = read_card(corpus / "corpus.json").provenance.facts
    metrics = read_json(folder / "metrics" / "ner_comparisons.json", ["statistics", "units", "variants"])
    runs = read_ner_runs(folder / "ner")
    baseline = [run for run in runs if run.pos == "none"]
    first, others = baseline[: len(baseline) // 2], baseline[len(baseline) // 2 :]
    compared = {run.pos: metrics["variants"][run.variant] for run in runs if run.pos != "none"}
    again = compare_seeds(corpus, first, others, Statistics.model_validate(metrics["statistics"]))
    best = {pos: facts[f"best_f1_{pos}_pos"]["test"] for pos in ("with", "without")}
    return [
        {
            "corpus": folder.parent.name,
            "ambiguity": facts["ambiguity"],
            "contrast": contrast,
            "tests": 1,  # gold and predicted POS are families of one variant each
            "units": metrics["units"]["number"],
            "baseline_best": best["without"],
            "baseline_f1": mean_f1(first),
            "variant_best": best["with" if contrast == "gold" else "without"],
            "variant_f1": mean_f1(others if contrast == "again" else [run for run in runs if run.pos == contrast]),
            **{name: comparison[name] for name in REPORTED},
        }
        for contrast, comparison in (*compared.items(), ("again", again))
    ]


def read_ner_runs(ner: Path) -> list[NerRun]:
    """All NER trainings of a replicate, sorted by variant and seed."""
    runs = []
    for path in ner.glob("*/seed-*/metrics.json"):
        record = read_json(path, ["seed", "variant", "test"])
        runs.append(NerRun(path.parent, path.parts[-3], record["seed"], record["variant"]["pos"], record["test"]["f1"]))
    return sorted(runs, key=lambda run: (run.variant, run.seed))


def mean_f1(runs: Sequence[NerRun]) -> float:
    """Mean test F1, in 0..1."""
    return float(np.mean([run.f1 for run in runs]))


def compare_seeds(
    corpus: Path, first: Sequence[NerRun], others: Sequence[NerRun], statistics: Estimation
) -> dict[str, Any]:
    """Compare two halves of the baseline's seeds as if the second were a variant: a comparison without an effect.

    Raises:
        InputError: the halves differ in size.
    """
    if len(first) != len(others):
        raise InputError(f"{corpus.parent}: the baseline must have an even number of seeds")
    units = ResamplingUnits.of(read_split(corpus / "test.parquet"))

    def counts(runs: Sequence[NerRun]) -> dict[int, Floats]:
        files = (run.folder / "predictions.parquet" for run in runs)
        return {i: counts_by_unit(read_predictions(file, "test"), units) for i, file in enumerate(files)}

    comparisons = compare({"baseline": counts(first), "again": counts(others)}, "baseline", [["again"]], statistics)
    return asdict(comparisons["again"])


def tagger_guesses(sentences: Mapping[str, Sequence[Sentence]], predicted: PredictedPos) -> dict[str, list[bool]]:
    """For each split, whether the tagger was right about each undecidable candidate.

    The generator decides by a fair coin whether an ambiguous candidate is a name, and the text does not show the
    result. A tagger that was not trained on the sentence is right half of the time; one that was can know the result.
    """
    is_name_tag = np.isin(predicted.tags, NAME_TAGS)
    guesses = {}
    for split, rows in sentences.items():
        is_name = np.isin([tag for sentence in rows for tag in sentence.pos], NAME_TAGS)
        guesses[split] = (is_name == is_name_tag[predicted.ids[split]])[undecidable(rows)].tolist()
    return guesses


def read_guesses(folder: Path) -> dict[str, list[bool]]:
    """:func:`tagger_guesses` of ``results/{corpus}/{encoder}``."""
    corpus = folder.parent / "corpus"
    sentences = {split: read_split(corpus / f"{split}.parquet") for split in SPLITS}
    tags = read_card(corpus / "corpus.json").pos_tags
    return tagger_guesses(sentences, read_predicted(folder / "pos" / "predicted.parquet", tags))


def refuse_leaked_labels(guesses: Mapping[str, Sequence[bool]]) -> None:
    """Refuse taggers that are right about undecidable candidates significantly more often than half of the time.

    This tests for leakage independently of the records of which sentences a tagger was trained on.

    Args:
        guesses: of :func:`tagger_guesses`.

    Raises:
        LeakageError: on some split, the taggers must have been trained on the sentences that they tag.
    """
    for split, right in guesses.items():
        if right and stats.binomtest(sum(right), len(right), alternative="greater").pvalue < SIGNIFICANCE:
            raise LeakageError(
                f"the taggers are right about {sum(right)} of {len(right)} ambiguous candidates of {split}, which the "
                "text does not decide: they were trained on sentences that they tag"
            )
