"""The conclusions on one corpus and encoder: ``verdict.json`` and the tables made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import pandas as pd

from posner.config.statistics import Estimation, Statistics
from posner.config.variants import Variant, baseline_of
from posner.files import Json
from posner.stats.propagation import QUESTIONS, Effect
from posner.summaries.answers import (
    StudyResults,
    extra_test_answer,
    pos_answer,
    statistics_note,
    study_answers,
    study_details,
    undertrained_note,
)
from posner.summaries.oracles import oracle_checks, oracles_sentence, reasons
from posner.summaries.power import more_seeds_sentence
from posner.summaries.sentences import effect_sentence

# Columns of the main table, from a variant's difference.
DIFFERENCE = {
    "baseline_f1": "baseline_f1",
    "difference": "mean",
    "low": "low",
    "high": "high",
    "p_difference": "p",
    "p_equivalence": "p_equivalence",
}
EFFECT_COLUMNS = ("seeds", "change", "low", "high", "step", "reach", "verdict", "reason")
ORACLE_COLUMNS = ("path", "variants", "oracle_f1", "required_f1", "state")
STATES = {True: "works", False: "fails", None: "not tested"}  # of an input path


def conclude(
    ner: Sequence[Json],
    comparisons: Json,
    corruption: Sequence[Json],
    pooled: Json | None,
    extra: Json,
    accuracy: Mapping[str, float],
    ceiling: Json,
) -> dict[str, Any]:
    """The content of ``verdict.json``.

    Args:
        ner: ``metrics/ner_baseline.json``, ``ner_gold_pos.json``, ``ner_predicted_pos.json`` and ``ner_controls.json``.
        comparisons: ``metrics/ner_comparisons.json``.
        corruption: ``pos_corruption/encoder_fusion.json`` and ``late_fusion.json``; none if no variant reads POS.
        pooled: ``pos_corruption/pooled.json``; ``None`` if no variant reads POS.
        extra: ``metrics/ner_extra_tests.json``; empty if the corpus has no extra tests.
        accuracy: the taggers' accuracy in 0..1 by split (train: out of fold).
        ceiling: ``metrics/ner_ceiling.json``.

    Returns:
        `answers`: the answers of :func:`posner.summaries.answers.study_answers`; `details`: a list of further sentences
        on corruption, controls and scorings; `statistics`, `seeds` and `footnote`: notes on the tests, on open
        questions, and on controls; `variants`, `oracles`, `propagation`: the results behind the sentences;
        `oracle_f1`, the F1 in 0..1 that oracles must reach; `pos_accuracy`.
    """
    compared = comparisons["variants"]
    summaries = {name: summary for group in ner for name, summary in group["variants"].items()}
    required = comparisons["statistics"]["oracle_f1"] / 100
    checks = oracle_checks(summaries, required)
    statistics = Statistics.model_validate(comparisons["statistics"])
    settings = {name: Variant.model_validate(summary["settings"]) for name, summary in summaries.items()}
    because = reasons(
        settings,
        {name: summary["summary"]["test"]["f1"]["mean"] for name, summary in summaries.items()},
        statistics,
    )
    stored = {name: summary for group in corruption for name, summary in group["variants"].items()}
    swept = {
        name: gated_effects(stored[name], because[name], statistics) if name in because else stored[name]
        for name in summaries
        if name in stored
    }
    results = StudyResults(summaries, comparisons, swept, pooled or {}, 1 - accuracy["test"])
    notes = [
        oracles_sentence(checks, required),
        pos_answer("random", summaries, comparisons),
        ceiling["sentence"],
        undertrained_note(summaries),
    ]
    return {
        "answers": study_answers(results),
        "details": [
            *study_details(results),
            *filter(None, (extra_test_answer(test, summaries, compared) for test, compared in extra.items())),
        ],
        "statistics": statistics_note(comparisons),
        "seeds": more_seeds_sentence(comparisons, summaries[baseline_of(settings)]["seeds"]),
        "footnote": " ".join(filter(None, notes)),
        "variants": {name: variant_verdict(summary, compared.get(name)) for name, summary in summaries.items()},
        "oracles": checks,
        "propagation": {
            name: {question: summary[question] for question in QUESTIONS} for name, summary in swept.items()
        },
        "oracle_f1": required,
        "pos_accuracy": dict(accuracy),
    }


def gated_effects(summary: Json, reason: str, statistics: Estimation) -> Json:
    """The entry of a swept variant with all verdicts inconclusive, for `reason`."""
    effects: dict[str, Any] = {}
    for question in QUESTIONS:
        if stored := summary[question]:
            effect = Effect(**{field.name: stored[field.name] for field in fields(Effect)})
            effect = replace(effect, verdict="inconclusive", reason=reason)
            sentence = effect_sentence(summary["label"], question, effect, statistics)
            effects[question] = asdict(effect) | {"sentence": sentence}
    return {**summary, **effects}


def variant_verdict(summary: Json, comparison: Json | None) -> dict[str, Any]:
    """A variant's test F1 (0..1), its difference from the baseline with interval, the verdict and a sentence.

    `reason` says why a verdict is inconclusive whatever the tests say (:func:`posner.summaries.oracles.reasons`).
    All but the F1 are ``None`` for the baseline, oracles, and variants that share no seed with the baseline.
    """
    result: dict[str, Any] = {
        "label": summary["label"],
        "seeds": summary["seeds"],
        "f1": summary["summary"]["test"]["f1"],
    }
    if comparison is None:
        return result | {"difference": None, "verdict": None, "reason": None, "sentence": None}
    difference = {
        "baseline_f1": comparison["baseline_f1"],
        "mean": comparison["difference"],
        "low": comparison["low"],
        "high": comparison["high"],
        "p": comparison["p_difference_adjusted"],
        "p_equivalence": comparison["p_equivalence_adjusted"],
    }
    return result | {
        "difference": difference,
        "verdict": comparison["verdict"],
        "reason": comparison["reason"],
        "sentence": comparison["sentence"],
    }


# --- tables ----------------------------------------------------------------------------------------------------------


def is_single(variant: Json) -> bool:
    """Whether a variant's result rests on one training seed and has no interval."""
    difference = variant["difference"]
    return len(variant["seeds"]) == 1 if difference is None else difference["low"] is None


def intervals_first(variants: Mapping[str, Json]) -> dict[str, Json]:
    """The variants, those of :func:`is_single` after all others."""
    return dict(sorted(variants.items(), key=lambda item: is_single(item[1])))


def variants_table(verdict: Json) -> pd.DataFrame:
    """A row for each variant: test F1, difference from the baseline and verdict; F1 in 0..1.

    Variants without an interval come last. `baseline_f1` is the baseline's mean over the seeds that both have.
    """
    return pd.DataFrame(
        {"variant": name, "label": variant["label"], "seeds": len(variant["seeds"])}
        | {"f1_mean": variant["f1"]["mean"], "f1_std": variant["f1"]["std"]}
        | {column: (variant["difference"] or {}).get(key) for column, key in DIFFERENCE.items()}
        | {"verdict": variant["verdict"], "reason": variant["reason"]}
        for name, variant in intervals_first(verdict["variants"]).items()
    )


def effects_table(verdict: Json) -> pd.DataFrame:
    """A row for each question on corrupted tags and variant: change of test F1 in 0..1, interval and verdict.

    The cost of the tagger's real errors comes first, and variants without an interval last.
    """
    rows = [
        {"variant": name, "label": verdict["variants"][name]["label"], "question": question}
        | {column: effects[question][column] for column in EFFECT_COLUMNS}
        for question in QUESTIONS
        for name, effects in verdict["propagation"].items()
        if effects[question]
    ]
    table = pd.DataFrame(rows, columns=["variant", "label", "question", *EFFECT_COLUMNS])
    order = table["question"].map({question: i for i, question in enumerate(QUESTIONS)})
    return table.assign(order=order, single=table["low"].isna()).sort_values(["order", "single"], kind="stable")[
        list(table.columns)
    ]


def oracles_table(verdict: Json) -> pd.DataFrame:
    """A row for each input path: the oracle's F1 and the required F1 (0..1), and whether the path works."""
    rows = [
        {"path": path, "variants": ", ".join(check["variants"]), "oracle_f1": check["f1"]}
        | {"required_f1": verdict["oracle_f1"], "state": STATES[check["works"]]}
        for path, check in verdict["oracles"].items()
    ]
    return pd.DataFrame(rows, columns=list(ORACLE_COLUMNS))  # a study without POS has the columns only
