"""Oracle controls: can each input path transmit information at all? And was the baseline learned?

An oracle feeds the NER labels through the input path of a variant. If even the oracle's F1 stays below `oracle_f1`,
the path was not learned, and no result on that path says anything about POS: its verdicts are *inconclusive*, with
:data:`NOT_LEARNED` as the reason. So are those on a path without an oracle where another path of the same fusion failed
(:data:`NOT_TESTED`), and all of them where the baseline was not learned (:data:`BASELINE_NOT_LEARNED`): models that
find nothing are equivalent to each other. Random POS is a control, too: where it changes F1 through some path of a
fusion, an effect of POS through this fusion need not be due to what the tags say (:data:`RANDOM_HAS_EFFECT`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from posner.config.statistics import Estimation, Statistics
from posner.config.variants import Variant, baseline_of
from posner.files import Json
from posner.stats.comparison import Comparison, F1Difference, seed_mean_f1
from posner.stats.resampling import RunCounts
from posner.summaries.names import injection

AnyDifference = TypeVar("AnyDifference", bound=F1Difference)

NOT_LEARNED = "path not learned"
NOT_TESTED = "path not tested"
BASELINE_NOT_LEARNED = "baseline not learned"
RANDOM_HAS_EFFECT = "random POS has an effect"
# F1 in 0..1 of a baseline that has learned anything: labels drawn at random with the frequencies of CoNLL-2003 reach
# about 0.02. It has to reach the margin, too, since no variant could be worse by the margin otherwise.
LEARNED_F1 = 0.05


def oracle_checks(summaries: Mapping[str, Json], required: float) -> dict[str, dict[str, Any]]:
    """The oracle check of each input path that a POS variant uses.

    Args:
        summaries: ``metrics/variants/{variant}.json`` by variant.
        required: the F1 in 0..1 that an oracle must reach.

    Returns:
        By path (``late, one-hot``): the `variants` that use it; their `fusion`; `f1`, the oracle's mean test F1 in
        0..1, and `works`, whether that is at least `required`. Both are ``None`` where no oracle was run.
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
            works = None if f1 is None else f1 >= required
            check: dict[str, Any] = {"variants": [], "fusion": variant.fusion, "f1": f1, "works": works}
            checks.setdefault(path, check)["variants"].append(name)
    return checks


def oracle_f1(variants: Mapping[str, Variant], f1: Mapping[str, float]) -> dict[str, float]:
    """Test F1 in 0..1 of the oracle of each input path.

    Args:
        f1: mean test F1 of each variant.
    """
    return {injection(variant): float(f1[name]) for name, variant in variants.items() if variant.pos == "oracle"}


def f1_over_seeds(counts: RunCounts) -> dict[str, float]:
    """Mean F1 in 0..1 over the seeds of each variant, from entity counts of all runs."""
    return {name: float(seed_mean_f1(np.stack(list(by_seed.values())))) for name, by_seed in counts.items()}


def reasons(variants: Mapping[str, Variant], f1: Mapping[str, float], statistics: Statistics) -> dict[str, str]:
    """Why verdicts are inconclusive whatever the tests say, by variant; without the variants that the tests decide on.

    Args:
        f1: mean test F1 in 0..1 of each variant.
    """
    if overall := baseline_reasons(variants, f1, statistics):
        return overall
    tested = oracle_f1(variants, f1)
    failed = {path for path, value in tested.items() if value < statistics.oracle_f1 / 100}
    doubtful = {variant.fusion for variant in variants.values() if injection(variant) in failed}
    return {
        name: NOT_LEARNED if injection(variant) in failed else NOT_TESTED
        for name, variant in variants.items()
        if injection(variant) in failed or (injection(variant) not in tested and variant.fusion in doubtful)
    }


def baseline_reasons(
    variants: Mapping[str, Variant], f1: Mapping[str, float], statistics: Estimation
) -> dict[str, str]:
    """As :func:`reasons`, as far as they follow from the baseline: all variants, or none."""
    learned = f1[baseline_of(variants)] >= max(LEARNED_F1, statistics.margin / 100)
    return {} if learned else dict.fromkeys(variants, BASELINE_NOT_LEARNED)


def random_reasons(comparisons: Mapping[str, Comparison], variants: Mapping[str, Variant]) -> dict[str, str]:
    """The reason :data:`RANDOM_HAS_EFFECT` for the variants that read POS by a fusion through which random POS acts."""
    acting = {
        variants[name].fusion
        for name, comparison in comparisons.items()
        if variants[name].pos == "random" and comparison.verdict in ("helps", "hurts")
    }
    doubtful = (name for name, v in variants.items() if v.fusion in acting and v.pos in ("gold", "predicted"))
    return dict.fromkeys(doubtful, RANDOM_HAS_EFFECT)


def trusted(variants: Mapping[str, Variant], because: Mapping[str, str]) -> dict[str, Variant]:
    """The variants without a reason to doubt them, and the baseline; none if that was not learned."""
    return {name: variant for name, variant in variants.items() if name not in because}


def gated(comparisons: Mapping[str, AnyDifference], because: Mapping[str, str]) -> dict[str, AnyDifference]:
    """The comparisons; those of variants with a reason are inconclusive, with the reason."""
    return {
        name: replace(comparison, verdict="inconclusive", reason=because[name]) if name in because else comparison
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
    doubtful = {check["fusion"] for check in checks.values() if check["works"] is False}
    if unknown := [path for path in untested if checks[path]["fusion"] in doubtful]:
        parts.append(f"Verdicts on {'; '.join(unknown)} are inconclusive, too, beside a path that was not learned.")
    return " ".join(parts)
