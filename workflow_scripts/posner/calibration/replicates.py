"""One replicate of a calibration: what a small study of a generated corpus concluded, beside what is true of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from posner.config.statistics import Statistics
from posner.corpora.corpus import SPLITS, Sentence, read_card, read_split
from posner.corpora.documents import texts_of
from posner.corpora.grammar import undecidable
from posner.errors import InputError
from posner.evaluation.stored import entity_counts, read_predictions
from posner.files import read_json
from posner.pos.predicted import LeakageError, PredictedPos, read_predicted
from posner.stats.comparison import Comparison, compare
from posner.stats.resampling import Array

SPLIT = "test"
SURPRISING = 1e-4  # a chance at which luck is not believed
NAMES = ("NNP", "NNPS")  # tags of an ambiguous candidate that is a name
TOLD = tuple(name for name in Comparison.__dataclass_fields__ if name != "seeds_needed")


@dataclass(frozen=True)
class Trained:
    """One NER training: where its POS came from, and its test F1 in 0..1."""

    folder: Path
    variant: str
    seed: int
    pos: str
    f1: float


def read_replicate(folder: Path) -> list[dict[str, Any]]:
    """A row for each contrast (see :mod:`posner.calibration.reliability`) of ``results/{corpus}/{encoder}``."""
    corpus = folder.parent / "corpus"
    facts = read_card(corpus / "corpus.json").provenance.facts
    made = read_json(folder / "metrics" / "ner_comparisons.json", ["statistics", "variants"])
    runs = trained(folder / "ner")
    baseline = [run for run in runs if run.pos == "none"]
    first, others = baseline[: len(baseline) // 2], baseline[len(baseline) // 2 :]
    told = {run.pos: made["variants"][run.variant] for run in runs if run.pos != "none"}
    again = compare_again(corpus, first, others, Statistics.model_validate(made["statistics"]))
    best = {pos: facts[f"best_f1_{pos}_pos"][SPLIT] for pos in ("with", "without")}
    return [
        {
            "corpus": folder.parent.name,
            "ambiguity": facts["ambiguity"],
            "contrast": contrast,
            "tests": tests,
            "baseline_best": best["without"],
            "baseline_f1": mean_f1(first),
            "variant_best": best["with" if contrast == "gold" else "without"],
            "variant_f1": mean_f1(others if contrast == "again" else [run for run in runs if run.pos == contrast]),
            **{name: found[name] for name in TOLD},
        }
        for contrast, tests, found in [*((pos, len(told), found) for pos, found in told.items()), ("again", 1, again)]
    ]


def trained(ner: Path) -> list[Trained]:
    """All NER trainings of a replicate, by variant and seed."""
    made = []
    for path in ner.glob("*/seed-*/metrics.json"):
        record = read_json(path, ["seed", "variant", SPLIT])
        made.append(Trained(path.parent, path.parts[-3], record["seed"], record["variant"]["pos"], record[SPLIT]["f1"]))
    return sorted(made, key=lambda run: (run.variant, run.seed))


def mean_f1(runs: Sequence[Trained]) -> float:
    """Mean test F1."""
    return float(np.mean([run.f1 for run in runs]))


def compare_again(
    corpus: Path, first: Sequence[Trained], others: Sequence[Trained], settings: Statistics
) -> dict[str, Any]:
    """The baseline's other seeds against its first ones, as if they were a variant.

    Raises:
        InputError: there are not as many of them.
    """
    if len(first) != len(others):
        raise InputError(f"{corpus.parent}: the baseline needs an even number of seeds")
    text_of, _ = texts_of([sentence.document for sentence in read_split(corpus / f"{SPLIT}.parquet")])

    def counts(runs: Sequence[Trained]) -> dict[int, Array]:
        files = (run.folder / "predictions.parquet" for run in runs)
        return {i: entity_counts(read_predictions(file, SPLIT), text_of) for i, file in enumerate(files)}

    found = compare({"baseline": counts(first), "again": counts(others)}, "baseline", settings)
    return asdict(found["again"])


def guesses(sentences: Mapping[str, Sequence[Sentence]], predicted: PredictedPos) -> dict[str, list[bool]]:
    """For each split, where taggers had to guess, whether they guessed right.

    Whether an ambiguous candidate is a name was decided by a fair coin that left no trace in the text. Who did not
    learn from a sentence is right half of the time, whatever the rule; who did can know.
    """
    names = np.isin(predicted.tags, NAMES)
    right = {}
    for split, made in sentences.items():
        chosen = undecidable(made)
        is_name = np.isin([tag for sentence in made for tag in sentence.pos], NAMES)
        right[split] = (is_name == names[predicted.ids[split]])[chosen].tolist()
    return right


def read_guesses(folder: Path) -> dict[str, list[bool]]:
    """:func:`guesses` of ``results/{corpus}/{encoder}``."""
    corpus = folder.parent / "corpus"
    sentences = {split: read_split(corpus / f"{split}.parquet") for split in SPLITS}
    tags = read_card(corpus / "corpus.json").pos_tags
    return guesses(sentences, read_predicted(folder / "pos" / "predicted.parquet", tags))


def refuse_known_coins(right: Mapping[str, Sequence[bool]]) -> None:
    """Raise if taggers were right more often than chance allows where they had to guess.

    A tagger's record may say that it did not learn from a sentence. This shows whether it did.

    Args:
        right: see :func:`guesses`.

    Raises:
        LeakageError: on some split they knew.
    """
    for split, made in right.items():
        if made and stats.binomtest(sum(made), len(made), alternative="greater").pvalue < SURPRISING:
            raise LeakageError(
                f"taggers are right about {sum(made)} of {len(made)} ambiguous candidates of {split}, which no text"
                " tells: they learned from the sentences that they predict"
            )
