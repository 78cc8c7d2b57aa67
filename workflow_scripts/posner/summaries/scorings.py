"""Differences from the baseline under other scorings than exact F1: boundaries, types, valid sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd

from posner.config.statistics import Estimation, Statistics
from posner.config.variants import Variant
from posner.evaluation.scorings import SCORINGS, Scoring
from posner.files import Json
from posner.stats.comparison import F1Difference, Source, difference_by_source
from posner.stats.pooling import Pooled, pool_sources
from posner.stats.resampling import RunCounts
from posner.summaries.comparisons import as_dicts
from posner.summaries.names import IDENTITY, identity, within_sentence
from posner.summaries.oracles import gated, trusted
from posner.summaries.sentences import confidence, signed_points

# How a sentence calls each scoring; the exact one is that of the main comparison.
SCORED: Mapping[Scoring, str] = {
    "boundaries": "boundaries alone",
    "types": "types alone",
    "strict": "strict IOB2",
}


@dataclass(frozen=True)
class ScoredDifferences:
    """The differences from the baseline under one scoring: of each variant, and by source of POS."""

    variants: Mapping[str, F1Difference]
    pooled: Mapping[Source, Pooled]


def differences_by_scoring(
    counts: RunCounts, variants: Mapping[str, Variant], because: Mapping[str, str], statistics: Estimation
) -> dict[Scoring, ScoredDifferences]:
    """The differences under each scoring.

    Args:
        counts: ``[scorings, units, 3]`` by variant and seed.
        because: why verdicts on variants are inconclusive whatever the tests say.
    """
    results = {}
    for i, scoring in enumerate(SCORINGS):
        scored = {name: {seed: c[i] for seed, c in by_seed.items()} for name, by_seed in counts.items()}
        own = gated(difference_by_source(scored, variants, statistics), because)
        results[scoring] = ScoredDifferences(own, pool_sources(scored, trusted(variants, because), statistics))
    return results


def scorings_summary(results: Mapping[Scoring, ScoredDifferences]) -> dict[str, Any]:
    """The content of `scorings` in ``ner_comparisons.json``."""
    return {
        scoring: {
            "pooled": as_dicts(differences.pooled),
            "variants": as_dicts(differences.variants),
        }
        for scoring, differences in results.items()
    }


def scorings_table(results: Mapping[Scoring, ScoredDifferences], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each variant and scoring; a study of the baseline alone has the columns only."""
    rows = [
        identity(name, variants) | {"scoring": scoring} | asdict(differences.variants[name])
        for name in variants
        for scoring, differences in results.items()
        if name in differences.variants
    ]
    columns = [*IDENTITY, "scoring", *(field.name for field in fields(F1Difference))]
    return pd.DataFrame(rows, columns=None if rows else columns)


def scorings_sentence(pos: Source, comparisons: Json) -> str:
    """What a source of POS changes under the other scorings; empty if no variant reads it, or none has an interval."""
    statistics = Statistics.model_validate(comparisons["statistics"])
    scored = {scoring: comparisons["scorings"][scoring]["pooled"].get(pos) for scoring in SCORED}
    known = {name: mean for name, mean in scored.items() if mean and mean["low"] is not None}
    if not known:
        return ""
    clauses = "; ".join(f"{SCORED[name]} {pooled_clause(mean)}" for name, mean in known.items())
    subject = within_sentence(pos)
    return (
        f"Under other definitions of a correct entity, {subject} changes F1 as follows ({confidence(statistics)} "
        f"intervals): {clauses}."
    )


def pooled_clause(mean: Json) -> str:
    """``+1.20 [+0.80, +1.60] points (helps)``."""
    interval = f"[{signed_points(mean['low'])}, {signed_points(mean['high'])}]"
    return f"{signed_points(mean['difference'])} {interval} points ({mean['verdict']})"
