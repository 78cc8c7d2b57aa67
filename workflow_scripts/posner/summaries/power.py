"""What a study will be able to conclude, in sentences and as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from posner.config.statistics import Power
from posner.errors import InputError
from posner.files import Json
from posner.stats.planning import ASSUMED_UNITS, Assumptions, PlannedVerdict
from posner.summaries.names import POS

POWER_COLUMNS = (
    *("pos", "kind", "variants", "seeds", "detectable", "margin"),
    *("equivalence_power", "seeds_for_margin", "seeds_for_equivalence"),
)
MOST_SEEDS = 15  # of the curves
MOST_LISTED_SEEDS = 12  # in a sentence


def assumptions_of(power: Power, pilot: Json | None) -> Assumptions:
    """The standard deviations of a pilot, root mean squares over its variants; without a pilot, those that are stated.

    Variants of the pilot without an interval are left out.

    Args:
        pilot: content of ``ner_comparisons.json``.
    """
    try:
        known = [v for v in (pilot["variants"].values() if pilot else ()) if v["moderated_std"] is not None]
    except KeyError:
        raise InputError(
            f"power.pilot: {power.pilot} has no moderated_std; compare the pilot's variants again"
        ) from None
    if not pilot or not known:
        return Assumptions(power.seed_std / 100, power.unit_std / 100, ASSUMED_UNITS)
    seed_std, unit_std = (
        float(np.sqrt(np.mean([v[name] ** 2 for v in known]))) for name in ("moderated_std", "unit_std")
    )
    return Assumptions(seed_std, unit_std, max(int(pilot["units"]["number"]), 2))


def power_table(verdicts: Sequence[PlannedVerdict]) -> pd.DataFrame:
    """A row for each source of POS and kind of verdict, with the configured seeds."""
    return pd.DataFrame(
        [{name: getattr(verdict, name) for name in POWER_COLUMNS} for verdict in verdicts], columns=POWER_COLUMNS
    )


def power_curves(verdicts: Sequence[PlannedVerdict]) -> pd.DataFrame:
    """:func:`power_table` for 2 to :data:`MOST_SEEDS` seeds, without those that no curve can be computed for."""
    curves = [v.with_seeds(seeds) for v in verdicts if v.design for seeds in range(2, MOST_SEEDS + 1)]
    return power_table(curves)[list(POWER_COLUMNS[:7])]


def power_sentences(verdicts: Sequence[PlannedVerdict]) -> list[str]:
    """What each kind of verdict can show, and how many seeds it needs."""
    return [power_sentence(verdict) for verdict in verdicts]


def power_sentence(planned: PlannedVerdict) -> str:
    """``Gold POS, mean of 4 variants, 3 seeds: effects above 0.69 points are detected; ...``."""
    number = f"{planned.variants} variant{'s' if planned.variants > 1 else ''}"
    subject = f"mean of {number}" if planned.kind == "answer" else f"each of {number}"
    start = f"{POS[planned.pos]}, {subject}, {seeds_phrase(planned.seeds)}"
    if planned.detectable is None:
        return f"{start}: one seed has no interval; give the baseline and some variants several."
    margin = f"{100 * planned.margin:g}"
    return (
        f"{start}: effects above {100 * planned.detectable:.2f} points are detected ({margin} points: "
        f"{seeds_phrase(planned.seeds_for_margin)}); no effect is shown to be within {margin} points in "
        f"{100 * planned.equivalence_power:.0f} % of studies (80 %: {seeds_phrase(planned.seeds_for_equivalence)})."
    )


def seeds_phrase(seeds: int | None) -> str:
    """``8 seeds``, or that no number is enough."""
    return "no number of seeds" if seeds is None else "1 seed" if seeds == 1 else f"{seeds} seeds"


def power_warning(verdicts: Sequence[PlannedVerdict]) -> str | None:
    """One line if a verdict is out of reach with the configured seeds; else ``None``."""
    short = [v for v in verdicts if v.detectable is None or v.detectable > v.margin or v.equivalence_power < 0.8]
    if not short:
        return None
    answers, single = ([v for v in short if v.kind == kind] for kind in ("answer", "variants"))
    parts = [f"{name}: {worst_phrase(own)}" for name, own in (("answers", answers), ("single variants", single)) if own]
    return f"config: study.seeds: {'; '.join(parts)}. See target `power`."


def worst_phrase(verdicts: Sequence[PlannedVerdict]) -> str:
    """``with 3 seeds, effects above 0.9 points; for 0.5 points, 12 seeds``, of the verdict that needs most seeds."""
    worst = max(verdicts, key=lambda v: np.inf if v.detectable is None else v.detectable)
    if worst.detectable is None:
        return "one seed, no interval"
    needed = [worst.seeds_for_margin, worst.seeds_for_equivalence]
    most = None if None in needed else max(number for number in needed if number is not None)
    detectable, margin = (f"{100 * effect:.2g} points" for effect in (worst.detectable, worst.margin))
    return f"with {seeds_phrase(worst.seeds)}, effects above {detectable}; for {margin}, {seeds_phrase(most)}"


# --- after a study ---------------------------------------------------------------------------------------------------


def more_seeds_sentence(comparisons: Json, seeds: Sequence[int]) -> str:
    """Open questions with the number of seeds that would settle effects of the observed size; empty without any.

    Args:
        comparisons: content of ``ner_comparisons.json``.
        seeds: training seeds of the baseline.
    """
    answers = {f"{POS[pos]} (mean)": pooled for pos, pooled in comparisons["pooled"].items()}
    needed = {
        name: max(result["seeds_to_conclude"], result["seeds"] + 1)
        for name, result in {**answers, **comparisons["variants"]}.items()
        if result["verdict"] == "inconclusive" and not result["reason"] and result["seeds_to_conclude"]
    }
    if not needed:
        return ""
    enough = max((number for name, number in needed.items() if name in answers), default=min(needed.values()))
    added = list(range(max(seeds) + 1, max(seeds) + 1 + max(enough - len(seeds), 1)))
    return (
        "Seeds that would settle what is inconclusive, if effects are as large as observed: "
        f"{', '.join(f'{name} {number}' for name, number in needed.items())}. "
        f"With study.seeds: {seeds_text([*seeds, *added])}, only the new ones are trained. Error rates hold if the "
        "number of seeds was planned; for seeds that are added because of the results, only if statistics.stages was "
        "set before the first analysis."
    )


def seeds_text(seeds: Sequence[int]) -> str:
    """A list of seeds as in the config; of many, the first ones, the last one and their number."""
    if len(seeds) <= MOST_LISTED_SEEDS:
        return str(list(seeds))
    first = ", ".join(map(str, seeds[: MOST_LISTED_SEEDS // 2]))
    return f"[{first}, ..., {seeds[-1]}] ({len(seeds)} seeds)"
