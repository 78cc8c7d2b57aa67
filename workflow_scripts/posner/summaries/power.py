"""What a study will be able to conclude, in sentences and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from posner.files import Json
from posner.stats.planning import PlannedVerdict
from posner.summaries.names import POS

POWER_COLUMNS = (
    *("pos", "kind", "variants", "seeds", "detectable", "margin"),
    *("equivalence_power", "seeds_for_margin", "seeds_for_equivalence"),
)
MOST_LISTED_SEEDS = 12  # in a sentence


def power_table(verdicts: Sequence[PlannedVerdict]) -> pd.DataFrame:
    """A row for each source of POS and kind of verdict, with the configured seeds."""
    return pd.DataFrame(
        [{name: getattr(verdict, name) for name in POWER_COLUMNS} for verdict in verdicts], columns=POWER_COLUMNS
    )


def power_curves(plans: Iterable[Sequence[PlannedVerdict]]) -> pd.DataFrame:
    """:func:`power_table` of the same study with other numbers of seeds."""
    return power_table([verdict for plan in plans for verdict in plan])[list(POWER_COLUMNS[:7])]


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
    """One line if a verdict on a source of POS is out of reach with the configured seeds; else ``None``."""
    sources = [verdict for verdict in verdicts if verdict.pos != "random"]
    short = [v for v in sources if not (v.detects_margin and v.shows_equivalence)]
    if not short:
        return None
    answers, single = ([v for v in short if v.kind == kind] for kind in ("answer", "variants"))
    parts = [f"{name}: {worst_phrase(own)}" for name, own in (("answers", answers), ("single variants", single)) if own]
    return f"config: study.seeds: {'; '.join(parts)}. See target `power`."


def worst_phrase(verdicts: Sequence[PlannedVerdict]) -> str:
    """``with 3 seeds, effects above 0.9 points are detected, ...; 0.5 points need 12``, of the worst verdict."""
    worst = max(verdicts, key=lambda v: np.inf if v.detectable is None else v.detectable)
    if worst.detectable is None:
        return "one seed, no interval"
    needed = [worst.seeds_for_margin, worst.seeds_for_equivalence]
    enough = [number for number in needed if number is not None]
    detectable, margin = (f"{100 * effect:.2g} points" for effect in (worst.detectable, worst.margin))
    return (
        f"with {seeds_phrase(worst.seeds)}, effects above {detectable} are detected, and equivalence in "
        f"{100 * worst.equivalence_power:.0f} % of studies without an effect; "
        + (f"no number of seeds is enough for {margin}" if None in needed else f"{margin} need {max(enough)} seeds")
    )


# --- after a study ---------------------------------------------------------------------------------------------------


def more_seeds_sentence(comparisons: Json, seeds: Sequence[int]) -> str:
    """Open questions with the number of seeds that would settle effects of the observed size; empty without any.

    Args:
        comparisons: content of ``ner_comparisons.json``.
        seeds: training seeds of the baseline.
    """
    answers = {f"{POS[pos]} (mean)": pooled for pos, pooled in comparisons["pooled"].items()}
    results = {**answers, **comparisons["variants"]}
    needed = {
        name: max(result["seeds_to_conclude"], result["seeds"] + 1)
        for name, result in results.items()
        if result["verdict"] == "inconclusive" and not result["reason"] and result["seeds_to_conclude"]
    }
    if not needed:
        return ""
    stages = comparisons["statistics"]["stages"]
    at_level = " at the level of this stage" if stages else ""
    listed = ", ".join(f"{name} {number}" for name, number in needed.items())
    start = f"Seeds that would settle what is inconclusive{at_level}, if effects are as large as observed: {listed}."
    fewer = [name for name in needed if results[name]["seeds"] < len(seeds)]
    if fewer:
        return (
            f"{start} {', '.join(fewer)} {'has' if len(fewer) == 1 else 'have'} fewer seeds than the baseline: with "
            "its seeds as variants.NAME.seeds, only the new ones are trained."
        )
    return f"{start} {added_seeds_advice(needed, answers, stages, seeds)}"


def added_seeds_advice(
    needed: Mapping[str, int], answers: Mapping[str, Json], stages: Sequence[int], seeds: Sequence[int]
) -> str:
    """Which seeds to add to those that all variants have: enough for the answers, else for the nearest verdict.

    Args:
        needed: numbers of seeds by name of what is inconclusive.
        answers: those of the names that are answers.
        stages: planned numbers of seeds.
    """
    if stages and len(seeds) >= stages[-1]:
        return "The last planned stage is reached."
    enough = max((number for name, number in needed.items() if name in answers), default=min(needed.values()))
    enough = max(enough, len(seeds) + 1)
    number = next((stage for stage in stages if stage > len(seeds)), enough)
    added = range(max(seeds) + 1, max(seeds) + 1 + number - len(seeds))
    advice = f"With study.seeds: {seeds_text([*seeds, *added])}, only the new ones are trained."
    if stages:
        return f"{advice} This is the next planned stage{', which may be too early' if number < enough else ''}."
    return (
        f"{advice} Error rates hold if the number of seeds was planned; for seeds that are added because of the "
        "results, only if statistics.stages was set before the first analysis."
    )


def seeds_text(seeds: Sequence[int]) -> str:
    """A list of seeds as in the config; of many, the first ones, the last one and their number."""
    if len(seeds) <= MOST_LISTED_SEEDS:
        return str(list(seeds))
    first = ", ".join(map(str, seeds[: MOST_LISTED_SEEDS // 2]))
    return f"[{first}, ..., {seeds[-1]}] ({len(seeds)} seeds)"
