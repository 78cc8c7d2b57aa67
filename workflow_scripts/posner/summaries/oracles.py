"""Oracle controls: can each input path transmit information at all?

An oracle feeds the NER labels through the input path of a variant. If even the oracle's F1 stays below `oracle_f1`,
the path fails, and a null result for POS on that path is uninformative.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posner.config.variants import Variant
from posner.files import Json
from posner.summaries.names import injection


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
    oracle_f1 = {
        injection(variant): float(summaries[name]["summary"]["test"]["f1"]["mean"])
        for name, variant in settings.items()
        if variant.pos == "oracle"
    }
    checks: dict[str, dict[str, Any]] = {}
    for name, variant in settings.items():
        if variant.pos in ("gold", "predicted"):
            path = injection(variant)
            f1 = oracle_f1.get(path)
            check: dict[str, Any] = {"variants": [], "f1": f1, "works": None if f1 is None else f1 >= required}
            checks.setdefault(path, check)["variants"].append(name)
    return checks


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
            f"Even the NER labels do not bring F1 to {100 * required:.1f} through {'; '.join(failed)}: null results on "
            f"{'these paths' if len(failed) > 1 else 'this path'} are uninformative."
        )
    if untested := [path for path, check in checks.items() if check["works"] is None]:
        parts.append(f"No oracle was run for {'; '.join(untested)}.")
    return " ".join(parts)
