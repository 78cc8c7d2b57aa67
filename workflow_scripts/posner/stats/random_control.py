"""Variants against random POS of the same fusion: the effect of what the tags say, not of an additional input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from posner.config.statistics import Estimation
from posner.config.variants import Variant
from posner.stats.comparison import F1Difference, PairedRuns, difference_fields, mean_difference, pair_runs
from posner.stats.intervals import moderate
from posner.stats.joint import UNRELATED, Family
from posner.stats.resampling import RunCounts


@dataclass(frozen=True, kw_only=True)
class RandomDifference(F1Difference):
    """One variant against a variant with random POS, whose F1 is `baseline_f1`, for the seeds that both have.

    Attributes:
        control: the variant with random POS.
    """

    control: str


def control_of(variant: Variant, variants: Mapping[str, Variant]) -> str | None:
    """The variant with random POS that resembles `variant` most: of its fusion, and of its feature and layer if any is.

    ``None`` if no variant of this fusion reads random POS.
    """
    controls = [name for name, v in variants.items() if v.pos == "random" and v.fusion == variant.fusion]

    def likeness(name: str) -> int:
        control = variants[name]
        same_layer = control.inject_layer_offset_from_end == variant.inject_layer_offset_from_end
        return 2 * same_layer + (control.feature == variant.feature)

    return max(controls, key=likeness, default=None)


def compare_with_random(
    counts: RunCounts, variants: Mapping[str, Variant], statistics: Estimation
) -> dict[str, RandomDifference]:
    """The variants with gold or predicted POS against random POS, where both have a common seed.

    The variants of each source of POS are a family, whose differences share no control in general; variances over seeds
    are moderated over all of them.
    """
    controls = {name: control_of(v, variants) for name, v in variants.items() if v.pos in ("gold", "predicted")}
    pairs: dict[str, PairedRuns] = {}
    for name, control in controls.items():
        if control is not None:
            pairs |= pair_runs({control: counts[control], name: counts[name]}, control)
    estimates = moderate({name: mean_difference(pair.values()) for name, pair in pairs.items()})
    members = {name: variants[name].pos for name in pairs}
    return {
        name: RandomDifference.of(
            estimates[name],
            Family(list(members.values()).count(members[name]), UNRELATED),
            statistics.margin / 100,
            statistics.level,
            **difference_fields(pair, estimates[name]),
            control=controls[name],
        )
        for name, pair in pairs.items()
    }
