"""What is concluded from the results of one corpus and encoder, in words that the numbers bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pandas as pd

from .comparison import Verdict
from .controls import controls_sentence, oracles
from .labels import POS
from .statistics import points

Json = Mapping[str, Any]

# Questions of posner.propagation.
CORRUPTION = {
    "slope": "Each 10 % of the tags replaced",
    "clustering": "Errors where our tagger makes them, against as many spread evenly",
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
        return help_sentence(pos, [compared[name]["verdict"] for name in chosen if name in compared])

    answers = [
        helped("gold"),
        helped("predicted"),
        errors_sentence(swept, 1 - accuracy["test"]),
        *(propagation_sentence(question, swept) for question in CORRUPTION),
    ]
    notes = [statistics_sentence(comparisons), controls_sentence(by_oracle), helped("random"), ceiling["answer"]]
    return {
        "answer": " ".join(filter(None, answers)),
        "footnote": " ".join(filter(None, notes)),
        "variants": {name: variant_verdict(summary, compared.get(name)) for name, summary in summaries.items()},
        "oracles": by_oracle,
        "propagation": {name: {question: found[question] for question in CORRUPTION} for name, found in swept.items()},
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


def help_sentence(pos: str, verdicts: Sequence[str]) -> str:
    """In how many variants one source of POS has which verdict; empty if there are none."""
    return counted(POS[pos], verdicts)


def propagation_sentence(question: str, swept: Mapping[str, Json]) -> str:
    """In how many variants one question on corrupted tags has which verdict; empty if there are none."""
    return counted(CORRUPTION[question], [found[question]["verdict"] for found in swept.values() if found[question]])


def counted(what: str, verdicts: Sequence[str]) -> str:
    """How often each verdict was reached; empty if none was."""
    found = [f"{word} in {verdicts.count(word)}" for word in get_args(Verdict) if word in verdicts]
    variants = f"{len(verdicts)} variant{'s' if len(verdicts) > 1 else ''}"
    return f"{what} ({variants}): {'; '.join(found)}." if found else ""


def statistics_sentence(comparisons: Json) -> str:
    """How sure the verdicts are, and of what."""
    settings, texts = comparisons["statistics"], comparisons["texts"]
    return (
        f"Verdicts hold at {100 * settings['level']:g} % for all variants together (Holm), over training seeds and the "
        f"{texts['number']} {texts['unit']} of the test set; the margin is {settings['margin']:g} points of F1; for "
        "replaced tags that is the change when all of them are."
    )


def errors_sentence(swept: Mapping[str, Json], tagger_error: float) -> str:
    """What corrupted tags do to test F1, at the rate next to the tagger's own error rate and at the highest rate."""
    curves = [
        [point for point in summary["points"] if point["mode"] == "tagger" and point["level"] > 0]
        for summary in swept.values()
    ]
    if not all(curves) or not curves:
        return ""
    near = min(curves[0], key=lambda point: abs(point["effective_rate"]["mean"] - tagger_error))["level"]
    highest = curves[0][-1]["level"]
    # Rates are the config's, the same in every sweep.
    at = {
        rate: [p["change"]["mean"] for curve in curves for p in curve if p["level"] == rate] for rate in (near, highest)
    }
    return (
        f"Replacing {percent(near)} of the test tags with our tagger's kinds of error (it errs on "
        f"{percent(tagger_error)}) changes test F1 by {span(at[near])} points, replacing {percent(highest)} by "
        f"{span(at[highest])}."
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
