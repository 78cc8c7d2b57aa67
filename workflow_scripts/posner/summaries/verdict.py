"""What is concluded from the results of one corpus and encoder, in words that the numbers bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from posner.stats.comparison import Verdict
from posner.stats.spread import points
from posner.summaries.names import POS
from posner.summaries.oracles import controls_sentence, oracles

Json = Mapping[str, Any]

FEW_TEXTS = 20  # with fewer, their resampled spread and a normal quantile are visibly too small

# What verdicts say of their subject.
HELP: Mapping[Verdict, str] = {
    "helps": "helps",
    "hurts": "hurts",
    "no effect larger than the margin": "has no effect larger than the margin",
    "cannot tell": "cannot be told to help or hurt",
}
# Questions of posner.stats.propagation: their subject, and what verdicts say of it.
PROPAGATION: Mapping[str, tuple[str, Mapping[Verdict, str]]] = {
    "slope": ("Every tenth of the test tags that is replaced", HELP),
    "clustering": (
        "Making as many errors where our tagger makes them",
        {
            "helps": "hurts less than to spread them evenly",
            "hurts": "hurts more than to spread them evenly",
            "no effect larger than the margin": "hurts as much as to spread them evenly, within the margin",
            "cannot tell": "cannot be told from spreading them evenly",
        },
    ),
}
# Columns of the main table, from a variant's difference.
DIFFERENCE = {"difference": "mean", "low": "low", "high": "high", "p_difference": "p", "p_equivalence": "p_equivalence"}


def conclude(
    ner: Sequence[Json],
    comparisons: Json,
    corruption: Sequence[Json],
    accuracy: Mapping[str, float],
    ceiling: Json,
) -> dict[str, Any]:
    """What ``verdict.json`` holds.

    Args:
        ner: ``metrics/ner_baseline.json``, ``ner_gold_pos.json``, ``ner_predicted_pos.json`` and ``ner_controls.json``.
        comparisons: ``metrics/ner_comparisons.json``.
        corruption: ``pos_corruption/early_fusion.json`` and ``late_fusion.json``; none where no variant has POS.
        accuracy: the taggers' accuracy in 0..1 by split (train: out of fold).
        ceiling: ``metrics/ner_ceiling.json``.
    """
    compared = comparisons["variants"]
    summaries = {name: summary for group in ner for name, summary in group["variants"].items()}
    by_oracle = oracles(summaries, comparisons["statistics"]["oracle_f1"] / 100)
    swept = {name: summary for group in corruption for name, summary in group["variants"].items()}

    def helped(pos: str) -> str:
        chosen = [name for name, summary in summaries.items() if summary["settings"]["pos"] == pos]
        return counted(POS[pos], HELP, [compared[name] for name in chosen if name in compared], "difference")

    answers = [
        helped("gold"),
        helped("predicted"),
        errors_sentence(swept, 1 - accuracy["test"]),
        *(propagation_sentence(question, swept) for question in PROPAGATION),
    ]
    notes = [statistics_sentence(comparisons), controls_sentence(by_oracle), helped("random"), ceiling["answer"]]
    return {
        "answer": " ".join(filter(None, answers)),
        "footnote": " ".join(filter(None, notes)),
        "variants": {name: variant_verdict(summary, compared.get(name)) for name, summary in summaries.items()},
        "oracles": by_oracle,
        "propagation": {name: {question: found[question] for question in PROPAGATION} for name, found in swept.items()},
        "oracle_f1": comparisons["statistics"]["oracle_f1"] / 100,
        "pos_accuracy": dict(accuracy),
    }


def variant_verdict(summary: Json, comparison: Json | None) -> dict[str, Any]:
    """A variant's test F1 (0..1), its difference to the baseline with its interval, and the word for it."""
    made: dict[str, Any] = {
        "label": summary["label"],
        "seeds": summary["seeds"],
        "f1": summary["summary"]["test"]["f1"],
    }
    if comparison is None:  # the baseline, or a variant that shares no seed with it
        return made | {"difference": None, "verdict": None, "answer": None}
    difference = {
        "mean": comparison["difference"],
        "low": comparison["low"],
        "high": comparison["high"],
        "p": comparison["p_difference_holm"],
        "p_equivalence": comparison["p_equivalence_holm"],
    }
    return made | {"difference": difference, "verdict": comparison["verdict"], "answer": comparison["answer"]}


def propagation_sentence(question: str, swept: Mapping[str, Json]) -> str:
    """In how many variants one question on corrupted tags has which verdict; empty if there are none."""
    return counted(*PROPAGATION[question], [found[question] for found in swept.values() if found[question]], "change")


def counted(subject: str, says: Mapping[Verdict, str], found: Sequence[Json], change: str) -> str:
    """In how many variants each verdict on a subject was reached, and with what changes; empty if none was.

    Args:
        says: what each verdict says of the subject.
        found: an estimate for each variant, with its ``verdict``.
        change: name of the estimate's change of F1, in 0..1.
    """
    parts: list[str] = []
    for verdict, words in says.items():
        if changes := [each[change] for each in found if each["verdict"] == verdict]:
            of_all = "" if parts else f" of {len(found)} variants"
            share = f" in {len(changes)}{of_all}" if len(found) > 1 else ""
            parts.append(f"{words}{share} ({span(changes)} points)")
    return f"{subject} {', '.join(parts)}." if parts else ""


def statistics_sentence(comparisons: Json) -> str:
    """How sure the verdicts are, and of what."""
    settings, texts = comparisons["statistics"], comparisons["texts"]
    few = ", which are too few for intervals as long as they should be" if texts["number"] < FEW_TEXTS else ""
    return (
        f"Each kind of verdict holds at {100 * settings['level']:g} % for all variants together, for controls apart "
        f"(Holm), over training seeds and the {texts['number']} {texts['unit']} of the test set{few}; the margin is "
        f"{settings['margin']:g} points of F1; for replaced tags that is the change when all of them are. "
        "Intervals are for one variant by itself."
    )


def errors_sentence(swept: Mapping[str, Json], tagger_error: float) -> str:
    """What corrupted tags do to test F1, at the rate next to the tagger's own error rate and at the highest rate."""
    curves = [
        [point for point in summary["points"] if point["mode"] == "tagger" and point["level"] > 0]
        for summary in swept.values()
    ]
    if not all(curves) or not curves:
        return ""
    near = min(curves[0], key=lambda point: abs(point["effective_rate"]["mean"] - tagger_error))
    # Rates are the config's, and every sweep reads the same tags.
    told = [
        (percent(point["effective_rate"]["mean"]), span([p["change"]["mean"] for p in of_rate]))
        for point in (near, curves[0][-1])
        for of_rate in [[p for curve in curves for p in curve if p["level"] == point["level"]]]
    ]
    (few, by_few), (most, by_most) = told
    return (
        f"Replacing {few} of the test tags with our tagger's kinds of error (it errs on {percent(tagger_error)}) "
        f"changes test F1 by {by_few} points, replacing {most} by {by_most}."
    )


def percent(share: float) -> str:
    """A share of 0..1 to three digits: ``4.52 %``."""
    return f"{100 * share:.3g} %"


def span(changes: Sequence[float]) -> str:
    """Lowest to highest of some differences, in points."""
    low, high = points(min(changes)), points(max(changes))
    return low if low == high else f"{low} to {high}"


# --- tables ----------------------------------------------------------------------------------------------------------


def variants_table(verdict: Json) -> pd.DataFrame:
    """The main table: a row a variant, with its test F1, its difference to the baseline and the verdict; F1 in 0..1."""
    return pd.DataFrame(
        {"variant": name, "label": found["label"], "seeds": len(found["seeds"])}
        | {"f1_mean": found["f1"]["mean"], "f1_std": found["f1"]["std"]}
        | {part: (found["difference"] or {}).get(key) for part, key in DIFFERENCE.items()}
        | {"verdict": found["verdict"]}
        for name, found in verdict["variants"].items()
    )


def oracles_table(verdict: Json) -> pd.DataFrame:
    """A row for each way of giving POS: the oracle's F1 (0..1), the F1 that opens a way, and the word for it."""
    words = {True: "open", False: "closed", None: "not run"}
    return pd.DataFrame(
        (
            {"way": way, "variants": ", ".join(found["variants"]), "oracle_f1": found["f1"]}
            | {"needed_f1": verdict["oracle_f1"], "state": words[found["open"]]}
            for way, found in verdict["oracles"].items()
        ),
        columns=["way", "variants", "oracle_f1", "needed_f1", "state"],  # also of a study without POS
    )
