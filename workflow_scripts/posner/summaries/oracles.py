"""Oracle controls: can each input path transmit information at all?

An oracle feeds the NER labels through the input path of a variant. If even the oracle's F1 stays below `oracle_f1`,
the path was not learned, and no result on that path says anything about POS: its verdicts are *inconclusive*, with
:data:`NOT_LEARNED` as the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from posner.config.variants import Variant
from posner.files import Json
from posner.stats.comparison import Comparison, seed_mean_f1
from posner.stats.resampling import RunCounts
from posner.summaries.names import injection

NOT_LEARNED = "path not learned"


def oracle_checks(summaries: Mapping[str, Json], required: float) -> dict[str, dict[str, Any]]:
    """The oracle check of each input path that a POS variant uses.

    Args:
        summaries: ``metrics/variants/{variant}.json`` by variant.
        required: the F1 in 0..1 that an oracle must reach.

    Returns:
        By path (``late, one-hot``): the variants that use it; `f1`, the oracle's mean test F1 in 0..1, and `works`,
        whether that is at least `required`. Both are ``None`` where no oracle was run.
    """
    settings = {name: Variant.model_validate(summary["settings"]) for name, summary in summaries.items()}
    f1_of_paths = oracle_f1(
        settings, {name: summary["summary"]["test"]["f1"]["mean"] for name, summary in summaries.items()}
    )
    checks: dict[str, dict[str, Any]] = {}
    for name, variant in settings.items():
        if variant.pos in ("gold", "predicted"):
            path = injection(variant)
            f1 = f1_of_paths.get(path)
            check: dict[str, Any] = {"variants": [], "f1": f1, "works": None if f1 is None else f1 >= required}
            checks.setdefault(path, check)["variants"].append(name)
    return checks


def oracle_f1(variants: Mapping[str, Variant], f1: Mapping[str, float]) -> dict[str, float]:
    """Test F1 in 0..1 of the oracle of each input path.

    Args:
        f1: mean test F1 of each variant.
    """
    return {injection(variant): float(f1[name]) for name, variant in variants.items() if variant.pos == "oracle"}


def failed_paths(variants: Mapping[str, Variant], counts: RunCounts, required: float) -> set[str]:
    """The input paths whose oracle stays below the `required` F1 in 0..1, from entity counts of all runs."""
    f1 = {name: seed_mean_f1(np.stack(list(by_seed.values()))) for name, by_seed in counts.items()}
    return {path for path, value in oracle_f1(variants, f1).items() if value < required}


def unlearned_paths(variants: Mapping[str, Variant], compared: Mapping[str, Json]) -> set[str]:
    """The input paths that were not learned, from the `variants` of ``ner_comparisons.json``."""
    return {injection(variant) for name, variant in variants.items() if compared.get(name, {}).get("reason")}


def gated(
    comparisons: Mapping[str, Comparison], variants: Mapping[str, Variant], failed: Collection[str]
) -> dict[str, Comparison]:
    """The comparisons; those of variants with a path among the `failed` ones are inconclusive, with the reason."""
    return {
        name: replace(comparison, verdict="inconclusive", reason=NOT_LEARNED)
        if injection(variants[name]) in failed
        else comparison
        for name, comparison in comparisons.items()
    }


def oracles_sentence(checks: Mapping[str, Json], required: float) -> str:
    """The result of the oracle checks, with F1 in points; empty if no variant reads POS."""
    parts = []
    if works := {path: check["f1"] for path, check in checks.items() if check["works"]}:
        low, high = (f"{100 * end(works.values()):.1f}" for end in (min, max))
        f1 = low if low == high else f"{low} to {high}"
        parts.append(
            f"Oracle check: with the NER labels in place of POS, F1 reaches {f1} through {'; '.join(works)}, so "
            f"{'these paths' if len(works) > 1 else 'this path'} can transmit the information."
        )
    if failed := [f"{path} ({100 * check['f1']:.1f})" for path, check in checks.items() if check["works"] is False]:
        parts.append(
            f"Even the NER labels do not bring F1 to {100 * required:.1f} through {'; '.join(failed)}: "
            f"{'these paths were' if len(failed) > 1 else 'this path was'} not learned, so all verdicts on "
            f"{'them' if len(failed) > 1 else 'it'} are inconclusive."
        )
    if untested := [path for path, check in checks.items() if check["works"] is None]:
        parts.append(f"No oracle was run for {'; '.join(untested)}.")
    return " ".join(parts)
