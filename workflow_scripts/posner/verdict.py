"""What is concluded from the results of one corpus and encoder, in words that the numbers bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .labels import POS
from .statistics import points

Json = Mapping[str, Any]


def conclude(ner: Sequence[Json], corruption: Sequence[Json], accuracy: Mapping[str, float]) -> dict[str, Any]:
    """What ``verdict.json`` holds.

    Args:
        ner: ``metrics/ner_baseline.json``, ``ner_gold_pos.json`` and ``ner_predicted_pos.json``.
        corruption: ``pos_corruption/early_fusion.json`` and ``late_fusion.json``; none where no variant has POS.
        accuracy: the taggers' accuracy in 0..1 by split (train: out of fold).
    """
    variants = {name: variant_verdict(summary) for group in ner for name, summary in group["variants"].items()}
    swept = {name: summary for group in corruption for name, summary in group["variants"].items()}
    answers = [
        *(help_sentence(pos, group["variants"].values()) for group in ner if (pos := group["pos"]) != "none"),
        errors_sentence(swept, 1 - accuracy["test"]),
    ]
    return {
        "answer": " ".join(filter(None, answers)),
        "variants": variants,
        "pos_accuracy": dict(accuracy),
    }


def variant_verdict(summary: Json) -> dict[str, Any]:
    """A variant's test F1 (0..1), its paired difference to the baseline, and the conclusion from it."""
    return {
        "label": summary["label"],
        "seeds": summary["seeds"],
        "f1": summary["summary"]["test"]["f1"],
        "difference": summary["difference"] and summary["difference"]["test"]["f1"],
        "verdict": summary["verdict"],
        "answer": summary["answer"],
    }


def help_sentence(pos: str, summaries: Sequence[Json]) -> str:
    """In how many variants one source of POS helps; empty if there are none."""
    verdicts = [summary["verdict"] for summary in summaries]
    if not verdicts:
        return ""
    unknown = verdicts.count("cannot tell")
    single = sum(summary["difference"]["test"]["f1"]["std"] is None for summary in summaries)
    text = f"{POS[pos]} helps in {verdicts.count('helps')} of {len(verdicts)} variants"
    text += f" and hurts in {verdicts.count('hurts')}"
    if unknown:
        text += f"; in {unknown} the seeds cannot tell"
    if single:
        text += f" ({single} with fewer than two seeds to compare)"
    return f"{text}."


def errors_sentence(swept: Mapping[str, Json], tagger_error: float) -> str:
    """What corrupted tags do to test F1, at the rate next to the tagger's own error rate and at the highest rate."""
    curves = [
        [point for point in summary["rates"] if point["rate"] > 0 and point["drop"] is not None]
        for summary in swept.values()
    ]
    if not all(curves) or not curves:
        return ""
    near = min(curves[0], key=lambda point: abs(point["effective_rate"]["mean"] - tagger_error))["rate"]
    highest = curves[0][-1]["rate"]
    # Rates are the config's, the same in every sweep.
    at = {
        rate: [-p["drop"]["mean"] for curve in curves for p in curve if p["rate"] == rate] for rate in (near, highest)
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
