"""Summary over seeds of what POS-based rules could correct (:mod:`posner.evaluation.ceiling`), with a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from posner.stats.spread import Spread

RULE_KEY = ["pos", "window", "learned_on"]
RULE_SCORES = ("errors", "corrected", "broken", "share", "baseline_f1", "f1")


def ceiling_summary(rows: pd.DataFrame) -> dict[str, Any]:
    """The content of ``ner_ceiling.json``: means and standard deviations over seeds, and a sentence.

    Args:
        rows: of :func:`posner.evaluation.ceiling.rule_effects` for every `seed`.
    """
    rules = [
        dict(zip(RULE_KEY, key, strict=True)) | {name: asdict(Spread.of(group[name].tolist())) for name in RULE_SCORES}
        for key, group in rows.groupby(RULE_KEY, sort=False)
    ]
    return {"seeds": sorted(set(rows["seed"].tolist())), "rules": rules, "sentence": ceiling_sentence(rules)}


def ceiling_sentence(rules: Sequence[Mapping[str, Any]]) -> str:
    """The share of the baseline's errors that rules on the corpus's POS tags correct."""
    share = {(r["window"], r["learned_on"]): f"{100 * r['share']['mean']:.1f} %" for r in rules if r["pos"] == "gold"}
    return (
        "A lookup rule on the baseline's label and the gold POS tag, learned on validation, corrects "
        f"{share[0, 'validation']} of the baseline's wrong test labels; the best such rule, learned on test itself, "
        f"{share[0, 'test']}. With the tags of both neighbours, the figures are {share[1, 'validation']} and "
        f"{share[1, 'test']}, where the latter includes overfitting."
    )
