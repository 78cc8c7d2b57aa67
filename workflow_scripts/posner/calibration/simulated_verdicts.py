"""How often the verdicts of simulated studies are right, for single variants and for the answer on a source of POS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from posner.arrays import Floats
from posner.calibration.plan import SimulationPlan
from posner.calibration.simulation import SimulatedDesign, designs
from posner.config.statistics import Estimation
from posner.stats.comparison import mean_difference
from posner.stats.components import pseudo_values
from posner.stats.conclusions import verdict_on
from posner.stats.intervals import Estimate, moderate
from posner.stats.joint import ALONE, SHARED_BASELINE, Family
from posner.stats.planning import VerdictKind
from posner.stats.pooling import pooled_estimate

VERDICT_KINDS: tuple[VerdictKind, ...] = ("variants", "answer")


def simulate(plan: SimulationPlan, statistics: Estimation, seed: int) -> pd.DataFrame:
    """Simulate all studies of a plan; two rows for each design, one for each of :data:`VERDICT_KINDS`.

    Columns: `spreads`, `units`, `seeds`, `kind`, `studies`, `false_claims` (share of the studies that claim an effect
    of predicted POS, on any variant), `coverage` (of the intervals of a family, all at once), `power` (share of the
    verdicts on gold POS that are *helps*), `equivalent` (share of the verdicts on predicted POS), `false_nulls` (share
    of the studies in which gold POS is *equivalent*, on any variant), and `half_width`, the mean in F1 of 0..1.
    """
    rows: list[dict[str, Any]] = []
    for number, design in enumerate(designs(plan)):
        generator = np.random.default_rng([seed, number])
        outcomes = [judge(design, design.counts(generator), statistics) for _ in range(plan.studies)]
        size = {"spreads": design.spreads, "units": design.units, "seeds": design.seeds}
        for kind in VERDICT_KINDS:
            means = pd.DataFrame(outcome[kind] for outcome in outcomes).mean()
            rows.append({**size, "kind": kind, "studies": plan.studies, **means})
    return pd.DataFrame(rows)


def judge(design: SimulatedDesign, counts: Mapping[str, Floats], statistics: Estimation) -> dict[str, dict[str, float]]:
    """Outcomes of one study (columns of :func:`simulate`), by kind of verdict."""
    baseline = pseudo_values(counts["baseline"])
    values = {name: pseudo_values(counts[name]) - baseline for name in design.truth}
    alone = {name: mean_difference(own) for name, own in values.items()}
    single = moderate(alone)
    family = Family(design.plan.variants, SHARED_BASELINE)
    members = {pos: [name for name, own in design.names.items() if own == pos] for pos in ("gold", "predicted")}
    pooled = {pos: pooled_estimate(np.stack([values[name] for name in members[pos]]), alone) for pos in members}
    truth = {pos: design.truth[names[0]] for pos, names in members.items()}
    variants = {pos: [single[name] for name in names] for pos, names in members.items()}
    return {
        "variants": outcomes(variants, truth, family, statistics),
        "answer": outcomes({pos: [estimate] for pos, estimate in pooled.items()}, truth, ALONE, statistics),
    }


def outcomes(
    estimates: Mapping[str, list[Estimate]], truth: Mapping[str, float], family: Family, statistics: Estimation
) -> dict[str, float]:
    """Outcomes of one study for one kind of verdict, from estimates by source of POS."""
    verdicts, covers, widths = {}, [], []
    for pos, own in estimates.items():
        verdicts[pos] = np.array([verdict(estimate, family, statistics) for estimate in own])
        ends = np.array([estimate.interval(statistics.level, family) for estimate in own])
        covers.append(((ends[:, 0] <= truth[pos]) & (truth[pos] <= ends[:, 1])).all())
        widths.append((ends[:, 1] - ends[:, 0]).mean() / 2)
    gold, predicted = verdicts["gold"], verdicts["predicted"]
    return {
        "false_claims": float(np.isin(predicted, ("helps", "hurts")).any()),
        "coverage": float(np.mean(covers)),
        "power": float((gold == "helps").mean()),
        "equivalent": float((predicted == "equivalent").mean()),
        "false_nulls": float((gold == "equivalent").any()),
        "half_width": float(np.mean(widths)),
    }


def verdict(estimate: Estimate, family: Family, statistics: Estimation) -> str:
    """The verdict on one estimate."""
    p_difference = estimate.p_difference(family)
    p_equivalence = estimate.p_equivalence(statistics.margin / 100, family)
    return verdict_on(estimate.mean, p_difference, p_equivalence, 1 - statistics.level)


def simulation_sentence(rows: pd.DataFrame, plan: SimulationPlan, statistics: Estimation) -> str:
    """The error rates, coverage and power of all designs in plain sentences.

    Args:
        rows: of :func:`simulate`.
    """
    largest = rows[rows["units"] == max(plan.units)]
    by_kind = 100 * largest.groupby("kind")[["false_claims", "coverage"]].mean()
    claims, coverage = (by_kind[name] for name in ("false_claims", "coverage"))
    alike = largest[largest["spreads"] == plan.spreads[0]].set_index(["seeds", "kind"])
    detected, equivalent = (100 * alike[name] for name in ("power", "equivalent"))
    by_seeds = "; ".join(
        f"with {seeds} seeds, {detected[seeds, 'answer']:.0f} % ({detected[seeds, 'variants']:.0f} %) and "
        f"{equivalent[seeds, 'answer']:.0f} % ({equivalent[seeds, 'variants']:.0f} %)"
        for seeds in plan.seeds
    )
    designs = len(rows) // len(VERDICT_KINDS)
    points = "1 point" if plan.effect == 1 else f"{plan.effect:g} points"
    return (
        f"In {designs * plan.studies:,} simulated studies of {designs} designs, verdicts are on the answer on a source "
        "of POS (in parentheses: on its variants, all together). "
        f"On {max(plan.units)} documents, {claims['answer']:.1f} % ({claims['variants']:.1f} %) claim an effect of POS "
        f"that has none (nominal: at most {100 * (1 - statistics.level):g} %; {100 * rows['false_claims'].max():.1f} % "
        f"in the worst of all designs), and intervals cover the true value in {coverage['answer']:.1f} % "
        f"({coverage['variants']:.1f} %; {100 * rows['coverage'].min():.1f} % in the worst design). An effect of "
        f"{points} is detected, and POS without an effect is shown to be equivalent: {by_seeds}."
    )
