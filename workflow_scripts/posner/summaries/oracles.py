"""What oracles tell of a null result: whether the way by which POS was given could have carried anything.

An oracle gives the NER labels where a variant gives POS. A way of giving POS in which the oracle does not come near an
F1 of 1 is closed, whatever is sent along it, and that POS did nothing there says nothing of POS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posner.config.variants import Variant
from posner.summaries.names import injection

Json = Mapping[str, Any]


def oracles(summaries: Mapping[str, Json], least: float) -> dict[str, dict[str, Any]]:
    """For each way in which a variant gives POS, what an oracle reached there.

    Args:
        summaries: every variant's part of ``metrics/``, by name.
        least: the F1 in 0..1 that opens a way.

    Returns:
        By way (``late, one-hot``): the variants that use it; `f1`, the oracle's mean F1 in 0..1, and `open`, whether
        that is enough: both ``None`` where no oracle was run.
    """
    settings = {name: Variant.model_validate(summary["settings"]) for name, summary in summaries.items()}
    reached = {
        injection(variant): float(summaries[name]["summary"]["test"]["f1"]["mean"])
        for name, variant in settings.items()
        if variant.pos == "oracle"
    }
    made: dict[str, dict[str, Any]] = {}
    for name, variant in settings.items():
        if variant.pos in ("gold", "predicted"):
            f1 = reached.get(injection(variant))
            way: dict[str, Any] = {"variants": [], "f1": f1, "open": None if f1 is None else f1 >= least}
            made.setdefault(injection(variant), way)["variants"].append(name)
    return made


def controls_sentence(by_way: Mapping[str, Json]) -> str:
    """What the oracles say of the null results, with F1 in points; empty where no variant reads POS."""
    parts = []
    if carrying := {way: found["f1"] for way, found in by_way.items() if found["open"]}:
        low, high = (f"{100 * end(carrying.values()):.1f}" for end in (min, max))
        reached = low if low == high else f"{low} to {high}"
        parts.append(f"Given the NER labels in place of POS, F1 is {reached} by way of {'; '.join(carrying)}.")
    if closed := [f"{way} ({100 * found['f1']:.1f})" for way, found in by_way.items() if found["open"] is False]:
        parts.append(
            f"Even the NER labels hardly arrive by way of {'; '.join(closed)}: a null result there says nothing."
        )
    if untested := [way for way, found in by_way.items() if found["open"] is None]:
        parts.append(f"No oracle was run for {'; '.join(untested)}.")
    return " ".join(parts)
